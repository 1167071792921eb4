#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --systemd --timeout 900
# run: long
"""netbondd as an installed unit under systemd: its user and rights, its sandbox, what it tells the
service manager and the journal, and that no way to end and start it touches a bond."""

import json
import os
import re
import shutil
import signal
import time

import lab
import rtnl
from lab import check, ip, links, must, run, same, wait_for

UNIT = "netbondd.service"
FOLDER = "/etc/netbond"
APPLIED = "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c01"
DRIFT = "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c02"
BAD_CONFIG = "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c04"
WORST_SCORE = 1.1
MODES = {"balance-rr": "m0", "active-backup": "m1", "balance-xor": "m2", "broadcast": "m3",
         "802.3ad": "m4", "balance-tlb": "m5", "balance-alb": "m6"}
BOND0 = {"mode": "active-backup", "slaves": ["d0", "d1"], "miimon": 100,
         "addresses": ["192.0.2.1/24", "2001:db8::1/64"],
         "routes": [{"to": "203.0.113.0/24", "via": "192.0.2.254"}]}


def bonds(**more):
    found = {f"b-{slave}": {"mode": mode, "slaves": [slave]} for mode, slave in MODES.items()}
    return {"bonds": {**found, "bond0": BOND0, **more}}


def write(config, name="bonds.yaml"):
    os.makedirs(FOLDER, exist_ok=True)
    with open(f"{FOLDER}/{name}", "w", encoding="utf-8") as out:
        out.write(json.dumps(config))


def ctl(*argv):
    return must("systemctl", *argv)


def show(name, unit=UNIT):
    return ctl("show", "--value", "-p", name, unit).strip()


def pid():
    return int(show("MainPID"))


def journal(*more):
    """The daemon's own entries, oldest first."""
    must("journalctl", "--sync")
    text = must("journalctl", "-q", "-o", "json", "SYSLOG_IDENTIFIER=netbondd", *more)
    return [json.loads(line) for line in text.splitlines()]


def said(pattern, *more):
    return [entry for entry in journal(*more) if re.search(pattern, entry["MESSAGE"])]


class Tail:
    """The end of the unit's journal, read only when it is printed."""

    def __str__(self):
        return run("journalctl", "-q", "--no-pager", "-n", "25", "-u", UNIT)[1]


TAIL = Tail()


def at_rest():
    return show("StatusText").endswith(" 0 differences held, idle")


def installed_ctl():
    files = json.loads(must("meson", "introspect", "--installed", lab.BUILD)).values()
    return next(path for path in files if path.endswith("/netbondctl"))


def process_status():
    with open(f"/proc/{pid()}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def install():
    must("meson", "install", "--quiet", "--no-rebuild", "-C", lab.BUILD)
    files = json.loads(must("meson", "introspect", "--installed", lab.BUILD)).values()
    missing = [path for path in files if not os.path.exists(path)]
    same(missing, [], "meson install puts every file where it says")
    units = [path for path in files if path.endswith(".service") and "/systemd/" in path]
    ctl("daemon-reload")
    must("systemd-sysusers", "netbond.conf")
    ctl("reload", "dbus.service")       # it ignores rules about a user it does not know
    entry = must("getent", "passwd", "netbond")
    check("nologin" in entry, "sysusers makes the user, without a shell", entry)
    status, out, err = run("systemd-analyze", "verify", *units)
    check(status == 0 and len(units) == 3 and "netbond" not in out + err,
          "systemd-analyze verify has nothing to say of the units",
          out, err)
    must("journalctl", "--update-catalog")
    with open("daemon/log.h", encoding="utf-8") as header:
        ids = re.findall(r"^#define NBD_ID_\w+ \"([0-9a-f]{32})\"", header.read(), re.M)
    catalog = must("journalctl", "--list-catalog")
    same([i for i in ids if i not in catalog], [],
         f"all {len(ids)} kinds of events are in the catalog")
    return list(files)


def first_start():
    write(bonds())
    lab.dummies("d0", "d1", *MODES.values())
    must("rmmod", "bonding")
    check(not os.path.exists("/sys/class/net/bonding_masters"), "the bonding driver is not loaded")
    status, _, err = run("systemctl", "start", UNIT)
    check(status == 0 and show("ActiveState") == "active", "the unit starts", err, TAIL)
    check("bond0" in links(), "a bond is there when the unit is ready; the driver came by itself",
          TAIL)
    have = links()
    wrong = [slave for mode, slave in MODES.items() if f"b-{slave}" not in have
             or have[f"b-{slave}"].bond["mode"] != lab.NUMBERS["mode"][mode]
             or have[slave].master != have[f"b-{slave}"].index]
    same(wrong, [], "a bond of each mode with its slave", TAIL)
    same((lab.addresses("bond0"), lab.routes("bond0")),
         ({"192.0.2.1/24", "2001:db8::1/64"}, {"203.0.113.0/24 via 192.0.2.254"}),
         "addresses and routes")
    check(wait_for(lambda: show("StatusText") == "8 bonds, 0 differences held, idle", 20),
          "the status text counts the bonds", show("StatusText"))


def rights():
    status = process_status()
    uid = must("id", "-u", "netbond").strip()
    same(set(status["Uid"].split()), {uid}, "it runs as user netbond in all four ids")
    caps = {name: int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")}
    same(set(caps.values()), {0x1000}, "it has CAP_NET_ADMIN and can get nothing else")
    same((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), "no new privileges, seccomp filter")
    same([os.stat(f"/run/netbond/{name}").st_mode & 0o777 for name in ("applied.yaml", "lock")],
         [0o644, 0o600], "what was applied can be read by everybody")
    print("#", status["VmRSS"].split()[0], "kB RSS with 8 bonds")
    text = must("systemd-analyze", "security", "--no-pager", UNIT)
    score = float(re.search(r"exposure level for \S+: ([0-9.]+)", text)[1])
    check(score <= WORST_SCORE, f"systemd-analyze security: {score}, at most {WORST_SCORE}", text)


def in_the_journal():
    applied = journal(f"MESSAGE_ID={APPLIED}")
    check(len(applied) == 1 and applied[0].get("NETBOND_GENERATION") == "1"
          and "converged" in applied[0]["MESSAGE"] and applied[0]["PRIORITY"] == "5",
          "one entry tells that configuration 1 was applied, with MESSAGE_ID and generation", TAIL)
    operations = journal("NETBOND_BOND=bond0")
    kinds = [e.get("NETBOND_OP") for e in operations]
    check(None not in kinds and kinds.count("enslave") == 2 and len(set(kinds)) >= 4,
          "each operation for bond0 is an entry with NETBOND_BOND and NETBOND_OP", kinds)
    same({e["_SYSTEMD_UNIT"] for e in journal()}, {UNIT}, "all entries belong to the unit")
    text = must("journalctl", "-x", "--no-pager", f"MESSAGE_ID={APPLIED}")
    check("Subject: A configuration of bonds was applied" in text
          and "configuration 1 since" in text, "journalctl -x explains it", text)
    bad = [e["MESSAGE"] for e in journal("PRIORITY=3") + journal("PRIORITY=4")]
    same(bad, [], "no warning and no error")


def repairs():
    ip("link set d0 nomaster")
    check(wait_for(lambda: links()["d0"].master == links()["bond0"].index, 20),
          "a slave taken out by hand is back", TAIL)
    mended = said("drift mended: enslave d0", "NETBOND_BOND=bond0")
    check(mended, "the journal has that as an event of bond0", TAIL)
    write(bonds(late={"mode": "active-backup", "slaves": ["l0"]}))
    ctl("reload", UNIT)
    check(wait_for(lambda: "late" in links(), 20), "reload: a new bond appears", TAIL)
    ip("link add l0 type dummy")
    check(wait_for(lambda: links()["l0"].master == links()["late"].index, 20),
          "a slave that appears later joins by itself", TAIL)
    write(bonds())
    ctl("reload", UNIT)
    check(wait_for(lambda: ", held" in show("StatusText"), 20) and "late" in links()
          and "1 differences held" in show("StatusText"),
          "reload without it: removing it is held, and the status text says so",
          show("StatusText"), TAIL)
    lab.batch("link del late\nlink del l0")
    check(wait_for(at_rest, 20), "removed by hand, nothing is left to do",
          show("StatusText"), TAIL)


def identity():
    """What would be another number if a bond had been made anew or its link had flapped."""
    found = {}
    for name in ("bond0", "d0", "d1", *(f"b-{slave}" for slave in MODES.values()), *MODES.values()):
        with open(f"/sys/class/net/{name}/carrier_changes", encoding="ascii") as file:
            found[name] = links()[name].index, int(file.read())
    return found


class Untouched:
    """Nothing is written to the kernel meanwhile, and each link stays what it was."""

    def __init__(self, sentence):
        self.sentence = sentence

    def __enter__(self):
        self.before = identity()
        self.wire = rtnl.Wire()
        self.wire.__enter__()

    def __exit__(self, kind, *_):
        if kind:
            return
        self.wire.__exit__()
        same(self.wire.writes, [], f"{self.sentence}: nothing is written to the kernel")
        check(self.wire.requests, f"{self.sentence}: the kernel was looked at")
        same(identity(), self.before, f"{self.sentence}: each link is the same, no carrier change")
        self.wire.socket.close()


def passed_by(old):
    """Waits until another process is ready than @old, and has looked at the kernel."""
    return wait_for(lambda: pid() not in (0, old) and at_rest(), 60)


def untouched():
    with Untouched("reload of the same files"):
        before = len(said("configuration .*: converged"))
        ctl("reload", UNIT)
        check(wait_for(lambda: len(said("configuration .*: converged")) > before, 20),
              "reload is told in the journal", TAIL)
    with Untouched("restart"):
        old = pid()
        ctl("restart", UNIT)
        check(passed_by(old), "restart: another process is there", TAIL)
    with Untouched("kill -9"):
        old, count = pid(), int(show("NRestarts"))
        os.kill(old, signal.SIGKILL)
        check(passed_by(old), "kill -9: systemd starts another", TAIL)
        same(int(show("NRestarts")), count + 1, "kill -9: that was one restart")
    with Untouched("stop and start with an edited file"):
        write({"bonds": {"bond0": {**BOND0, "resend-igmp": 9}}})
        ctl("stop", UNIT)
        same(show("ActiveState"), "inactive", "stop: inactive, and no failure")
        ctl("start", UNIT)
        check(wait_for(at_rest, 20), "start: it resumes", TAIL)
    write(bonds())


def watchdog():
    folder = f"/run/systemd/system/{UNIT}.d"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/test.conf", "w", encoding="ascii") as drop_in:
        drop_in.write("[Service]\nWatchdogSec=2s\n")
    ctl("daemon-reload")
    ctl("restart", UNIT)
    time.sleep(5)
    count, old = int(show("NRestarts")), pid()
    same(count, 0, "a daemon that does nothing for two watchdog periods is alive to systemd")
    with Untouched("a hung daemon"):
        os.kill(old, signal.SIGSTOP)
        check(passed_by(old), "a hung daemon is replaced by the watchdog", TAIL)
    same(int(show("NRestarts")), count + 1, "the watchdog: one restart")
    # The lab's systemd tells its own part to the kernel's log.
    check(f"{UNIT}: Watchdog timeout" in must("dmesg"), "systemd names the watchdog as the reason")
    shutil.rmtree(folder)
    ctl("daemon-reload")
    ctl("restart", UNIT)


def traffic():
    """Numbered packets each 2 ms while the daemon is ended and started in every way."""
    lab.cables("far", {"v0": "w0", "v1": "w1"})
    lab.partner_bridge("far", "br0", ["w0", "w1"], ["198.51.100.2/24"])
    write(bonds(), "bonds.yaml")
    write({"bonds": {"wire": {"mode": "active-backup", "slaves": ["v0", "v1"], "miimon": 100,
                              "addresses": ["198.51.100.1/24"]}}}, "wire.yaml")
    ctl("reload", UNIT)
    wait_for(lambda: lab.answers("198.51.100.2"), 30)
    counter = lab.Counter("198.51.100.2", namespace_to="far")
    end = time.monotonic() + 11
    ways = 0
    while time.monotonic() < end:       # 5,000 packets take 10 s
        old = pid()
        for way in (lambda: ctl("restart", UNIT), lambda: os.kill(old, signal.SIGKILL),
                    lambda: ctl("stop", UNIT), lambda: ctl("reload-or-restart", UNIT)):
            way()
            ways += 1
            wait_for(lambda: show("ActiveState") in ("active", "inactive"), 20)
            time.sleep(0.7)
            old = pid()
    counter.end_sending()
    result = counter.result()
    check(result["sent"] >= 5000 and result["lost"] == 0 and ways >= 4,
          f"{result['sent']} packets, one each 2 ms, through {ways} ends and starts: none is lost",
          result)
    os.unlink(f"{FOLDER}/wire.yaml")


def unreadable():
    path = f"{FOLDER}/secret.yaml"
    write({"bonds": {"extra": {"mode": "balance-xor", "slaves": []}}}, "secret.yaml")
    os.chmod(path, 0o600)
    before = identity()
    status, _, err = run("systemctl", "reload", UNIT)
    check(status != 0, "a file it may not read: systemctl reload fails", err)
    check(wait_for(lambda: show("StatusText").startswith("degraded: "), 20),
          "a file it may not read: the status text says degraded", show("StatusText"), TAIL)
    errors = said(re.escape(path) + ".*cannot be read", "PRIORITY=3")
    check(errors and "Permission denied" in errors[-1]["MESSAGE"],
          "the journal names the file", TAIL)
    check(said("what was applied before stays in force", f"MESSAGE_ID={BAD_CONFIG}"),
          "the journal says what is in force, with a MESSAGE_ID", TAIL)
    same((identity(), show("ActiveState")), (before, "active"),
         "the bonds stay, the unit is active")
    hint = re.search(r"as root: (chgrp [^\n]+)", errors[-1]["MESSAGE"] if errors else "")
    if check(hint, "the error tells the commands that mend it", TAIL):
        must("sh", "-c", hint[1])
        same((os.stat(path).st_gid, os.stat(path).st_mode & 0o777),
             (int(must("id", "-g", "netbond")), 0o640), "done as told: group netbond, mode 0640")
    ctl("reload", UNIT)
    check(wait_for(lambda: "extra" in links() and "degraded" not in show("StatusText"), 20),
          "after that the file is taken", show("StatusText"), TAIL)
    os.unlink(path)


def nothing_applied():
    ctl("stop", UNIT)
    for name in ("applied.yaml", "objects.yaml"):
        os.unlink(f"/run/netbond/{name}")
    write({"bonds": {"bond0": {"mode": "no-such-mode"}}})
    status, _, err = run("systemctl", "start", UNIT)
    check(status == 0 and show("StatusText").startswith("degraded: "),
          "files with errors and nothing applied: started, degraded", err, TAIL)
    write(bonds())
    ctl("reload", UNIT)
    check(wait_for(lambda: "degraded" not in show("StatusText"), 20), "mended files: taken", TAIL)


def hangup():
    before = len(said("^reloading$"))
    ctl("kill", "-s", "HUP", "--kill-who=main", UNIT)
    check(wait_for(lambda: len(said("^reloading$")) > before and at_rest(), 20),
          "SIGHUP reloads, too", TAIL)


def wait_online():
    """wait-online as a unit: good, degraded, and with a slave that is not there."""
    waiter = "netbond-wait-online.service"
    folder = f"/run/systemd/system/{waiter}.d"
    os.makedirs(folder, exist_ok=True)
    gone = {"mode": "active-backup", "slaves": ["gone0"]}
    for sentence, config, bond, want in (
            ("all is well", bonds(), "bond0", 0),
            ("one of two slaves has no carrier", bonds(), "bond0", 0),
            ("the only slave is not there", bonds(gone=gone), "gone", 1),
            ("a dummy is no LACP partner", bonds(gone=gone), "b-m4", 1)):
        with open(f"{folder}/test.conf", "w", encoding="ascii") as drop_in:
            drop_in.write("[Service]\nExecStart=\n"
                          f"ExecStart={installed_ctl()} wait-online --timeout 3s {bond}\n")
        ctl("daemon-reload")
        if "carrier" in sentence:
            ip("link set d1 carrier off")
        write(config)
        ctl("reload", UNIT)
        status, _, err = run("systemctl", "start", waiter)
        check((status != 0) == bool(want), f"wait-online, {sentence}: "
              f"{'fails' if want else 'succeeds'}", err,
              run("journalctl", "-q", "-n", "12", "--no-pager", "-u", waiter)[1])
        run("systemctl", "stop", waiter)
    ip("link set d1 carrier on")
    shutil.rmtree(folder)
    ctl("daemon-reload")
    write(bonds())
    ctl("reload", UNIT)
    ip("link del gone")
    check(wait_for(at_rest, 20), "at the end nothing is left to do", show("StatusText"), TAIL)


def with_once():
    """The one-shot form as root and the unit use the same run directory."""
    ctl("stop", UNIT)
    with Untouched("netbondd --once after the daemon"):
        done = run(lab.NETBONDD, "--once", "--allow", "rebuild")
        check(done[0] == 0, "netbondd --once as root works on from what the daemon left", *done[1:])
    os.umask(0o077)
    done = run(lab.NETBONDD, "--once", "--exact", "--allow", "rebuild", f"{FOLDER}/bonds.yaml")
    os.umask(0o022)
    same(done[0], 0, "netbondd --once FILE as root with a strict umask")
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot = file.read().strip().replace("-", "")
    with open("/run/netbond/applied.yaml", encoding="utf-8") as file:
        same(file.readline(), f"# netbond, boot {boot}\n", "root wrote the kernel's boot id")
    with Untouched("start after netbondd --once"):
        ctl("start", UNIT)
        check(wait_for(at_rest, 20), "it starts", TAIL)
    check(any("resuming what was applied" in e["MESSAGE"] for e in journal()[-4:]),
          "it knows that what root applied is of this boot, and resumes it", TAIL)


def order():
    """Another unit that comes after network.target finds the bond."""
    ctl("stop", UNIT)
    lab.delete_links("bond0")
    for name in ("applied.yaml", "objects.yaml"):
        os.unlink(f"/run/netbond/{name}")
    units = "/run/systemd/system"
    with open(f"{units}/probe.service", "w", encoding="ascii") as file:
        file.write("[Unit]\nWants=network.target\nAfter=network.target\n[Service]\nType=oneshot\n"
                   "ExecStart=/bin/grep -qx 1 /sys/class/net/bond0/carrier\n")
    with open(f"{units}/probe.target", "w", encoding="ascii") as file:
        file.write(f"[Unit]\nWants=probe.service {UNIT}\n")
    ctl("daemon-reload")
    ctl("stop", "network.target")
    ctl("start", "probe.target")
    wait_for(lambda: show("ActiveState", "probe.service") in ("inactive", "failed"), 60)
    same((show("Result", "probe.service"), show("ExecMainStatus", "probe.service"),
          int(show("ExecMainStartTimestampMonotonic", "probe.service")) >
          int(show("ActiveEnterTimestampMonotonic"))), ("success", "0", True),
         "a unit after network.target finds bond0 with carrier", TAIL)
    ctl("enable", UNIT)
    check(UNIT in ctl("list-dependencies", "--plain", "multi-user.target"),
          "enabled: multi-user.target wants it")
    check(UNIT in ctl("list-dependencies", "--plain", "--after", "network.target"),
          "network.target comes after it")
    late = ("basic.target", "sysinit.target", "dbus.service", "var.mount")
    same([unit for unit in show("After").split() if unit in late],
         [], "it waits neither for the bus nor for the late stages of the boot")


def namespaces():
    ip("netns add blue")
    ip("link add n0 type dummy")
    ip("link set n0 netns blue")
    write({"namespaces": {"blue": {}},
           "bonds": {"inside": {"namespace": "blue", "mode": "active-backup",
                                "slaves": ["n0"]}}}, "blue.yaml")
    run("systemctl", "reload", UNIT)
    found = wait_for(lambda: [e for e in journal("-n", "20") if "blue" in e["MESSAGE"]], 20)
    check(found, "a bond in a namespace, which needs root: the journal says so", TAIL)
    same(show("ActiveState"), "active", "the daemon goes on")
    print("# in a namespace:", *(e["MESSAGE"] for e in found[:4]), sep="\n#   ")
    os.unlink(f"{FOLDER}/blue.yaml")
    ctl("reload", UNIT)
    check(wait_for(at_rest, 20), "without it all is well", TAIL)


def uninstall(files):
    ctl("disable", UNIT)
    ctl("stop", UNIT)
    check("bond0" in links(), "stopped for good: the bond stays")
    must("ninja", "-C", lab.BUILD, "uninstall")
    same([path for path in files if os.path.isfile(path)], [], "ninja uninstall leaves no file")


def main():
    files = install()
    for part in (first_start, rights, in_the_journal, repairs, untouched, watchdog, traffic,
                 unreadable, nothing_applied, hangup, wait_online, with_once, order, namespaces):
        print(f"# {part.__name__}, {time.monotonic() - lab.started:.0f} s", flush=True)
        part()
    uninstall(files)
    lab.finish()


main()
