#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondctl and netbondd together on the real driver: by the private socket, by a system bus, and
as nobody."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import time

import yaml

import lab
from lab import NETBONDCTL, NETBONDD, bonds, check, clean, in_kernel, links, same, wait_for

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
RUN = "/tmp/run"
CONFIG = "/tmp/config"


def write(config, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(config if isinstance(config, str) else json.dumps(config))
    return path


class Daemon:
    """netbondd with a folder of its own; @where: how netbondctl finds it."""

    def __init__(self, config, where=("--runtime-dir", RUN), **env):
        shutil.rmtree(CONFIG, ignore_errors=True)
        os.makedirs(CONFIG)
        self.declare(config)
        self.where = where
        self.env = {**os.environ, **env}
        self.log = open("/tmp/netbondd.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [NETBONDD, "--config-dir", CONFIG, "--runtime-dir", RUN], env=self.env,
            stdout=self.log, stderr=self.log)
        self.ready = wait_for(lambda: self("status")[0] != 1, 20)

    @staticmethod
    def declare(config):
        write(config, CONFIG + "/bond.yaml")

    def __enter__(self):
        check(self.ready, "the daemon answers", self.told())
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        shutil.rmtree(RUN, ignore_errors=True)

    def told(self):
        self.log.seek(0)
        return self.log.read()

    def argv(self, *args):
        return [NETBONDCTL, *args, *self.where]

    def __call__(self, *args, text="", prefix=()):
        """(status, stdout, stderr)"""
        done = subprocess.run([*prefix, *self.argv(*args)], input=text, capture_output=True,
                              text=True, env=self.env, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def doc(self, *args):
        status, out, err = self(*args, "-o", "json")
        return json.loads(out) if out else {"status": status, "error": err}

    def bond(self, name):
        return self.doc("show", name)["bonds"][0]


TWO = bonds(bond0={"mode": "active-backup", "slaves": ["a0", "a1"], "miimon": 50,
                   "addresses": ["192.0.2.1/24"]},
            bond1={"mode": "802.3ad", "slaves": ["d0"], "lacp-rate": "slow"})


def cables():
    lab.cables("far", {"a0": "b0", "a1": "b1"})
    lab.partner_bridge("far", "br0", ["b0", "b1"])
    lab.dummies("d0", "d1")


def gone():
    clean("bond0", "bond1", "bond2", "a0", "a1", "d0", "d1")
    lab.ip("netns del far")


def alone():
    for verb in (["status"], ["plan"], ["apply"], ["reload"], ["watch"], ["snapshot"],
                 ["show", "bond0"], ["pause", "bond0"], ["failover", "bond0", "d0"],
                 ["wait-online"]):
        status, out, err = lab.run(NETBONDCTL, *verb)
        check(status == 1 and not out and "netbondd does not run" in err
              and "netbondd --once" in err and len(err.splitlines()) == 1,
              f"{verb[0]} without a daemon says what to do", out, err)


def show_and_status(daemon):
    status, out, err = daemon("status")
    lines = out.splitlines()
    check(status == 2 and not err and lines[1].startswith("bond1 ")
          and lines[2].startswith("bond0 "), "status puts the bond without partner first, exit 2",
          out, err)
    row = next(line for line in lines if line.startswith("bond0 ")).split()
    same(row[1:4] + row[5:6], ["active-backup", "up", "a0", "2/2"],
         "the line has mode, state, active slave and slaves", out)
    same(daemon("status", "bond0")[0], 0, "status of a bond in order: exit status 0")
    bond = daemon.bond("bond0")
    kernel = links()["bond0"]
    same([bond["ifindex"], bond["mac"], bond["mtu"]], [kernel.index, kernel.mac, kernel.mtu],
         "show has what the kernel has")
    wrong = {name: value for name, value in bond["options"].items() if name in kernel.bond
             and not isinstance(value, (dict, list)) and value != ""
             and in_kernel(name, value) != kernel.bond[name]}
    check(not wrong and len(bond["options"]) > 15, "every option found is the kernel's", wrong)
    same(bond["wanted"]["miimon"], 50, "what is wanted stands beside")
    same([s["name"] for s in bond["slave-links"]], ["a0", "a1"], "its slaves are there")
    status, out, _ = daemon("show", "bond*")
    check(status == 0 and "OPTION" in out and "a1 " in out and "differs" not in out,
          "show as text; nothing differs, hidden values neither", out)


def drift(daemon):
    daemon("pause", "bond0", "10m")
    status, out, _ = daemon("status", "bond0")
    check("paused for" in out, "status tells of the pause, and how long it lasts", out)
    lab.ip("link set bond0 type bond miimon 200")
    check(wait_for(lambda: daemon("status", "bond0")[0] == 2), "drift of a paused bond is shown",
          daemon("status", "bond0")[1])
    _, out, _ = daemon("show", "bond0")
    line = next((text for text in out.splitlines() if text.startswith("miimon")), "")
    same(line.split(), ["miimon", "50", "ms", "200", "ms", "differs"],
         "show marks what differs", out)
    _, out, _ = daemon("status", "bond0")
    check("held: bond0: miimon" in out, "status says what is left alone", out)
    status, out, _ = daemon("pause", "bond0", "off")
    check(status == 0 and wait_for(lambda: links()["bond0"].bond["miimon"] == 50),
          "the end of the pause mends it", out)
    check(wait_for(lambda: daemon("status", "bond0")[0] == 0), "then all is well again")


def plan_and_apply(daemon):
    fast = bonds(bond1={"mode": "802.3ad", "slaves": ["d0"], "lacp-rate": "fast"})
    path = write(fast, "/tmp/fast.yaml")
    online = daemon("plan", path, "--allow", "down")
    offline = lab.run(NETBONDCTL, "plan", "--offline", "--runtime-dir", RUN, "--allow", "down", path)
    same(online, offline, "plan says the same with and without the daemon")
    same(daemon("plan", path, "--allow", "down", "-o", "json"),
         lab.run(NETBONDCTL, "plan", "--offline", "--runtime-dir", RUN, "--allow", "down", "-o",
                 "json", path), "so does its document")
    status, out, err = daemon("apply", path)
    check(status == 2 and "--allow down" in out and "\nheld: " in out
          and links()["bond1"].bond["lacp-rate"] == 0, "without --allow it is held, exit status 2",
          out, err)
    check("released by --allow down" in daemon("status", "bond1")[1]
          or "--allow down" in daemon("status", "bond1")[1], "status names what releases it",
          daemon("status", "bond1")[1])
    status, out, err = daemon("apply", "-", "--allow", "down", text=json.dumps(fast))
    steps = re.findall(r"^operation (\d+) of (\d+): ", out, re.M)
    n = int(re.search(r"^plan: (\d+) operation", out, re.M)[1])
    check(status == 0 and links()["bond1"].bond["lacp-rate"] == 1
          and steps == [(str(i + 1), str(n)) for i in range(n)]
          and "converged: " in out and "not kept over a reboot" in out,
          "apply from standard input: each operation is told, then the end", out, err)
    status, out, err = daemon("apply", path)
    check(status == 0 and "nothing to do" in out, "once more: nothing to do", out, err)
    status, out, err = daemon("plan", write("bonds: {bond0: {mimon: 5}}", "/tmp/bad.yaml"))
    check(status == 1 and not out and "/tmp/bad.yaml:1:" in err and "did you mean 'miimon'" in err,
          "a problem comes back with its place", err)
    status, out, err = daemon("apply", "/tmp/bad.yaml")
    check(status == 1 and not out and "/tmp/bad.yaml:1:" in err, "for apply as well", err)


def question(daemon):
    """On a terminal."""
    slow = write(bonds(bond1={"mode": "802.3ad", "slaves": ["d0"], "lacp-rate": "slow"}),
                 "/tmp/slow.yaml")
    for typed, rate in ((b"n\n", 1), (b"y\n", 0)):
        leader, follower = pty.openpty()
        process = subprocess.Popen(daemon.argv("apply", "--allow", "down", slow), stdin=follower,
                                   stdout=follower, stderr=follower, env=daemon.env)
        os.close(follower)
        os.write(leader, typed)
        seen = b""
        while True:
            try:
                seen += os.read(leader, 65536)
            except OSError:
                break
        os.close(leader)
        process.wait()
        check(b"[y/N]" in seen and links()["bond1"].bond["lacp-rate"] == rate,
              f"the answer {typed!r} on a terminal is heeded", seen.decode())


def reload(daemon):
    daemon.declare({**TWO, "bonds": {**TWO["bonds"], "bond2": {"slaves": ["d1"]}}})
    status, out, err = daemon("reload")
    check(status == 0 and "bond2" in links() and "converged" in out, "reload makes the new bond",
          out, err)
    daemon.declare("bonds: {bond0: {mimon: 5}}")
    status, out, err = daemon("reload")
    check(status == 1 and "bond.yaml:1:" in err and "bond2" in links(),
          "a file with an error changes nothing and is told with its place", out, err)
    status, out, _ = daemon("status")
    check(status == 2 and "not in force" in out, "status says that the files are not in force", out)
    daemon.declare(TWO)
    status, out, err = daemon("apply", "--allow", "rebuild")
    check(status == 0 and "bond2" not in links() and "reboot" not in out,
          "apply without FILE takes the folder; the bond it lost goes", out, err)
    same(daemon("status", "bond0")[0], 0, "then all is in force again")


def failover(daemon):
    with open("/tmp/watch", "w", encoding="utf-8") as out:
        watch = subprocess.Popen(daemon.argv("watch", "-o", "json"), stdout=out, env=daemon.env)
    text = subprocess.Popen(daemon.argv("watch"), stdout=subprocess.PIPE, text=True,
                            env=daemon.env)
    time.sleep(1)
    status, out, err = daemon("failover", "bond0", "a1")
    check(status == 0 and wait_for(lambda: daemon.bond("bond0")["active-slave"] == "a1"),
          "failover makes the other slave the active one", out, err)

    def events():
        with open("/tmp/watch", encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    found = wait_for(lambda: [e for e in events() if e["signal"] == "FailedOver"])
    same([(e["bond"], e["from"], e["to"], e["reason"]) for e in found],
         [("bond0", "a0", "a1", "asked for")], "watch -o json tells of it, with the cause", events())
    lab.ip("link set b1 down", "far")
    found = wait_for(lambda: [e for e in events() if e["signal"] == "FailedOver"][1:])
    check(found and found[0]["to"] == "a0" and found[0]["reason"] == "a1 has no carrier",
          "so it does when a cable is pulled, with the cause", events())
    lab.ip("link set b1 up", "far")
    for process in (watch, text):
        process.send_signal(signal.SIGINT)
    lines = text.communicate()[0]
    same([watch.wait(), text.returncode], [0, 0], "Ctrl-C ends both with status 0")
    check("bond0: active slave a0 -> a1 (asked for)" in lines, "watch has it as a line", lines)
    status, out, err = daemon("failover", "bond0", "d1")
    check(status == 1 and "no slave of bond0" in err, "a link that is no slave is refused", err)
    status, out, err = daemon("failover", "bond9", "d1")
    check(status == 1 and "no bond 'bond9'" in err, "so is a bond that is not there", err)
    status, out, err = daemon("failover", "bond1", "d0")
    check(status == 1 and "802.3ad" in err, "so is a mode without an active slave", err)
    check(wait_for(lambda: daemon("status", "bond0")[0] == 0), "with the cable back all is well")


def online(daemon):
    status, out, err = daemon("wait-online", "bond0")
    check(status == 0 and not out and not err, "a bond in order is online", err)
    status, out, err = daemon("wait-online", "--timeout", "1s")
    check(status == 1 and re.search("^bond1 .*has heard no LACP partner$", err, re.M)
          and not re.search("^bond0 ", err, re.M), "one without a partner is not, and it says why",
          err)
    lab.ip("link set b0 down", "far")
    lab.ip("link set b1 down", "far")
    check(wait_for(lambda: daemon("wait-online", "--timeout", "0", "bond0")[0] == 1),
          "no cable: not online")
    waiting = subprocess.Popen(daemon.argv("wait-online", "bond0"), env=daemon.env)
    lab.ip("link set b1 up", "far")
    same(waiting.wait(60), 0, "it waits until a cable is back")
    status, out, err = daemon("status", "bond0")
    check(status == 2 and " degraded " in out and " 1/2" in out, "status: degraded, 1/2", out)
    lab.ip("link set b0 up", "far")
    check(wait_for(lambda: daemon("status", "bond0")[0] == 0), "both back: all is well")


def snapshot(daemon):
    status, out, err = daemon("snapshot")
    tree = yaml.load(out, yaml.BaseLoader)
    check(status == 0 and {"bond0", "bond1"} <= set(tree["bonds"]) and "links" in tree,
          "snapshot has the bonds and the links", err)
    doc = daemon.doc("snapshot")
    same(set(doc["bonds"]), set(tree["bonds"]), "the same as JSON")


def nobody(daemon):
    for verb in (["status"], ["show", "bond0"], ["plan"], ["snapshot"]):
        status, out, err = daemon(*verb, prefix=NOBODY)
        check(status in (0, 2) and out and not err, f"nobody may {verb[0]}", err)
    before = {name: link.bond for name, link in links().items()}
    for verb in (["apply", "/tmp/fast.yaml"], ["reload"], ["failover", "bond0", "a1"],
                 ["pause", "bond0"]):
        status, out, err = daemon(*verb, prefix=NOBODY)
        check(status == 1 and "root" in err, f"nobody may not {verb[0]}, and is told why", err)
    same({name: link.bond for name, link in links().items()}, before, "nothing changed")


def all_verbs(daemon):
    for part in (show_and_status, plan_and_apply, question, drift, reload, failover, online,
                 snapshot, nobody):
        print(f"# {part.__name__}", flush=True)
        part(daemon)


def private_socket():
    cables()
    with Daemon(TWO) as daemon:
        wait_for(lambda: daemon("status", "bond0")[0] == 0)
        all_verbs(daemon)
    check("bond0" in links(), "the daemon ended, the bonds stay")
    status, _, err = lab.run(NETBONDCTL, "status", "--runtime-dir", RUN)
    check(status == 1 and "does not run in /tmp/run" in err, "then nobody answers", err)
    gone()


POLICY = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/tmp/system-bus</listen>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true"/><allow receive_type="signal"/>
<allow receive_type="method_call"/><allow receive_requested_reply="true"
 receive_type="method_return"/><allow receive_requested_reply="true" receive_type="error"/></policy>
</busconfig>"""


def system_bus():
    """netbondctl without any option finds the daemon on the bus."""
    write(POLICY, "/tmp/bus.conf")
    bus = subprocess.Popen(["dbus-daemon", "--config-file=/tmp/bus.conf", "--nofork", "--nopidfile"])
    wait_for(lambda: os.path.exists("/tmp/system-bus"))
    cables()
    address = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/tmp/system-bus"}
    with Daemon(TWO, where=(), **address) as daemon:
        wait_for(lambda: daemon("status", "bond0")[0] == 0)
        os.unlink(RUN + "/bus")     # the bus alone can answer
        all_verbs(daemon)
        watch = subprocess.Popen(daemon.argv("watch"), stderr=subprocess.PIPE, text=True,
                                 stdout=subprocess.DEVNULL, env=daemon.env)
        time.sleep(1)
        daemon.process.kill()
        err = watch.communicate(timeout=60)[1]
        check(watch.returncode == 1 and "netbondd went away" in err,
              "watch notices that the daemon left the bus", err)
    gone()
    bus.terminate()
    bus.wait()


for part in (alone, private_socket, system_bus):
    print(f"# {part.__name__}", flush=True)
    part()
lab.finish()
