# SPDX-License-Identifier: LGPL-2.1-or-later
"""Parts of systemd.py: who may do what with the service, with polkit and without."""

import os

from lab import check, links, run, same, wait_for
from service import NOBODY, TAIL, UNIT, ctl, identity, pid

RULES = "/etc/polkit-1/rules.d/10-netbond-test.rules"
RULE = """polkit.addRule(function(action, subject) {
	if (action.id == "org.netbond1.failover" && subject.user == "nobody")
		return polkit.Result.YES;
});
"""
READS = (("status",), ("show", "bond0"), ("plan",), ("snapshot",), ("status", "-o", "json"),
         ("show", "b*", "-o", "yaml"))
CHANGES = (("reload",), ("apply",), ("failover", "bond0", "d1"), ("pause", "bond0", "5m"))
CALLS = {"Reload": (), "Failover": ("bond0", "d1", "false"), "Pause": ("bond0", "60000000")}


def nobody(*argv):
    return run(*NOBODY, "netbondctl", *argv)


def call(member, *argv):
    """What a client that is not ours is told, with the error's name. Return: (status, text)"""
    status, out, err = run(*NOBODY, "gdbus", "call", "--system", "--dest", "org.netbond1",
                           "--object-path", "/org/netbond1", "--method",
                           f"org.netbond1.Manager.{member}", *argv)
    return status, out + err


def changes_refused(when, error, words):
    before = identity(("bond0", "d0", "d1")), links()["bond0"].bond["active-slave"], pid()
    for argv in CHANGES:
        status, out, err = nobody(*argv)
        check(status == 1 and words in err, f"{when}: {argv[0]} is refused to user nobody, with "
              "what to do", out, err)
    wrong = {member: text for member, argv in CALLS.items() for status, text in [call(member, *argv)]
             if status == 0 or error not in text}
    same(wrong, {}, f"{when}: the error on the bus is {error}")
    same((identity(("bond0", "d0", "d1")), links()["bond0"].bond["active-slave"], pid()), before,
         f"{when}: nothing changed")


def unprivileged():
    for argv in READS:
        status, out, err = nobody(*argv)
        check(status in (0, 2) and out and "netbondctl:" not in err,
              f"user nobody may read: {' '.join(argv)}", status, out, err)
    status, out, err = run(*NOBODY, "busctl", "introspect", "org.netbond1", "/org/netbond1")
    check(status == 0 and ".Reload" in out, "and introspect", err)
    check(run(*NOBODY, "cat", "/run/netbond/applied.yaml")[0] != 0,
          "but not the applied configuration, as little as the files it is made of")


def polkit():
    """The real one: it is started by the bus when it is asked."""
    changes_refused("polkit without a rule",
                    "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "run it as root")
    os.makedirs(os.path.dirname(RULES), exist_ok=True)
    with open(RULES, "w", encoding="ascii") as rules:
        rules.write(RULE)
    ctl("restart", "polkit.service")
    status, out, err = nobody("failover", "bond0", "d1")
    check(status == 0 and wait_for(lambda: links()["bond0"].bond["active-slave"] ==
                                   links()["d1"].index, 10),
          "polkit with a rule for failover: user nobody may do that", out, err, TAIL)
    status, out, err = nobody("pause", "bond0", "5m")
    check(status == 1 and "run it as root" in err, "and nothing else", out, err)
    os.unlink(RULES)
    ctl("stop", "polkit.service")
    ctl("mask", "--runtime", "polkit.service")
    changes_refused("polkit masked", "org.freedesktop.DBus.Error.AccessDenied", "run it as root")
    status, out, err = run("netbondctl", "failover", "bond0", "d0")
    same(status, 0, "polkit masked: root may", out, err)
    ctl("unmask", "--runtime", "polkit.service")
    same(ctl("show", "--value", "-p", "NRestarts", UNIT).strip(), "0", "the daemon lived on")
