#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --systemd --prepare --timeout 900
"""netbondd as an installed unit under systemd: the boot, its user and rights, its sandbox, what it
tells the service manager and the journal, who may do what, and that no way to end and start it
touches a bond. Before systemd starts it is installed and configured; then the machine boots."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import time

import access
import lab
import service
from lab import check, ip, links, must, run, same, wait_for
from service import (BAD_CONFIG, FOLDER, STATE, TAIL, UNIT, WAITER, Tail, Untouched, at_rest, ctl,
                     journal, passed_by, pid, said, show, since, write)

WORST_SCORE = 1.1
MODES = {"balance-rr": "m0", "active-backup": "m1", "balance-xor": "m2", "broadcast": "m3",
         "802.3ad": "m4", "balance-tlb": "m5", "balance-alb": "m6"}
BOND0 = {"mode": "active-backup", "slaves": ["d0", "d1"], "miimon": 100,
         "addresses": ["192.0.2.1/24", "2001:db8::1/64"],
         "routes": [{"to": "203.0.113.0/24", "via": "192.0.2.254"}]}
NAMES = ("bond0", "d0", "d1", *(f"b-{slave}" for slave in MODES.values()), *MODES.values())
PROBE = """[Unit]
Wants=network.target
After=network.target
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/grep -qx 1 /sys/class/net/bond0/carrier
"""


def bonds(**more):
    # A dummy is no LACP partner: that bond is never online.
    found = {f"b-{slave}": {"mode": mode, "slaves": [slave], "required": mode != "802.3ad"}
             for mode, slave in MODES.items()}
    return {"bonds": {**found, "bond0": BOND0, **more}}


def prepare():
    """Before systemd: the state of a disk on which netbond was installed and enabled."""
    service.install()
    write(bonds())
    service.write_unit("probe.service", PROBE, "/etc/systemd/system")
    must("systemctl", "--root=/", "enable", UNIT)
    ctl_wants = "/etc/systemd/system/lab.target.wants"
    os.makedirs(ctl_wants)
    for unit in ("probe.service", "network-online.target"):
        os.symlink(f"/etc/systemd/system/{unit}", f"{ctl_wants}/{unit}")
    # The lab starts no multi-user.target; what that wants of ours it starts itself.
    os.symlink(os.readlink(f"/etc/systemd/system/multi-user.target.wants/{UNIT}"),
               f"{ctl_wants}/{UNIT}")
    lab.dummies("d0", "d1", *MODES.values())
    must("rmmod", "bonding")


def installation():
    files = service.installed()
    same([path for path in files if not os.path.exists(path)], [],
         "meson install puts every file where it says")
    entry = must("getent", "passwd", "netbond")
    check("nologin" in entry, "sysusers makes the user, without a shell", entry)


def verified():
    files = service.installed()
    units = [path for path in files if path.endswith(".service") and "/systemd/" in path]
    status, out, err = run("systemd-analyze", "verify", *units)
    check(status == 0 and len(units) >= 2 and "netbond" not in out + err,
          f"systemd-analyze verify has nothing to say of the {len(units)} units", out, err)
    with open("daemon/log.h", encoding="utf-8") as header:
        ids = re.findall(r"^#define NBD_ID_\w+ \"([0-9a-f]{32})\"", header.read(), re.M)
    catalog = must("journalctl", "--list-catalog")
    same([i for i in ids if i not in catalog], [],
         f"all {len(ids)} kinds of events are in the catalog")
    other = score("systemd-networkd.service")
    check(score(UNIT) < other, f"systemd-analyze security: better than networkd's {other}")


def boot():
    check(wait_for(lambda: show("ActiveState", "network-online.target") == "active", 60),
          "the boot reaches network-online.target", TAIL, Tail(WAITER))
    same((show("ActiveState"), show("UnitFileState"), show("NRestarts")),
         ("active", "enabled", "0"), "the enabled unit was started", TAIL)
    have = links()
    wrong = [slave for mode, slave in MODES.items() if f"b-{slave}" not in have
             or have[f"b-{slave}"].bond["mode"] != lab.NUMBERS["mode"][mode]
             or have[slave].master != have[f"b-{slave}"].index]
    same(wrong, [], "a bond of each mode with its slave; the driver came by itself", TAIL)
    same((lab.addresses("bond0"), lab.routes("bond0")),
         ({"192.0.2.1/24", "2001:db8::1/64"}, {"203.0.113.0/24 via 192.0.2.254"}),
         "addresses and routes")
    check(0 < since("ActiveEnter") <= since("ActiveEnter", "network.target"),
          "the daemon was ready before network.target")
    same((show("Result", "probe.service"), show("ExecMainStatus", "probe.service")),
         ("success", "0"), "a unit after network.target found bond0 with carrier")
    check(since("ExecMainStart") < since("ActiveEnter", "dbus.service"),
          "it started before the bus did")
    check(wait_for(lambda: run("busctl", "status", "org.netbond1")[0] == 0, 20),
          "and took its name when the bus was there", TAIL)
    same(show("Result", WAITER), "success", "netbond-wait-online succeeded", Tail(WAITER))
    check(since("ActiveEnter", WAITER) <= since("ActiveEnter", "network-online.target"),
          "network-online.target waited for it")
    late = ("basic.target", "sysinit.target", "dbus.service", "var.mount", "local-fs.target")
    same([unit for unit in show("After").split() if unit in late], [],
         "it waits neither for the bus nor for /var and the late stages of the boot")
    check(wait_for(lambda: show("StatusText") == "8 bonds, 0 differences held, idle", 20),
          "the status text counts the bonds", show("StatusText"))


def score(unit):
    text = must("systemd-analyze", "security", "--no-pager", unit)
    return float(re.search(r"exposure level for \S+: ([0-9.]+)", text)[1])


def process_status():
    with open(f"/proc/{pid()}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def inside(*argv):
    """A command as user netbond, where the daemon's files are: with its mounts."""
    return run("nsenter", "--mount", "--target", str(pid()), "setpriv", "--reuid=netbond",
               "--regid=netbond", "--clear-groups", *argv)[0]


def rights():
    status = process_status()
    uid = must("id", "-u", "netbond").strip()
    same(set(status["Uid"].split()), {uid}, "it runs as user netbond in all four ids")
    caps = {name: int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")}
    same(set(caps.values()), {0x1000}, "it has CAP_NET_ADMIN and can get nothing else")
    same((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), "no new privileges, seccomp filter")
    same({name: (str(os.stat(path).st_uid), oct(os.stat(path).st_mode & 0o777)) for name, path in (
        ("run", "/run/netbond"), ("applied", "/run/netbond/applied.yaml"),
        ("lock", "/run/netbond/lock"), ("state", STATE))},
         {"run": (uid, "0o755"), "applied": (uid, "0o640"), "lock": (uid, "0o600"),
          "state": (uid, "0o700")}, "user netbond owns its folders; its group may read what was applied")
    check(inside("touch", f"{STATE}/probe") == 0 and os.path.exists(f"{STATE}/probe"),
          f"it may write to {STATE}")
    os.unlink(f"{STATE}/probe")
    same([path for path in ("/etc/netbond", "/var/lib", "/etc", "/tmp", "/root", "/home")
          if inside("touch", f"{path}/probe") == 0], [], "and nowhere else")
    print("#", status["VmRSS"].split()[0], "kB RSS with 8 bonds")
    ours = score(UNIT)
    check(ours <= WORST_SCORE, f"systemd-analyze security: {ours}, at most {WORST_SCORE}")


def in_the_journal():
    applied = journal(f"MESSAGE_ID={service.APPLIED}")
    check(len(applied) == 1 and applied[0].get("NETBOND_GENERATION") == "1"
          and "converged" in applied[0]["MESSAGE"] and applied[0]["PRIORITY"] == "5",
          "one entry tells that configuration 1 was applied, with MESSAGE_ID and generation", TAIL)
    kinds = [e.get("NETBOND_OP") for e in journal("NETBOND_BOND=bond0")]
    check(None not in kinds and kinds.count("enslave") == 2 and len(set(kinds)) >= 4,
          "each operation for bond0 is an entry with NETBOND_BOND and NETBOND_OP", kinds)
    same({e["_SYSTEMD_UNIT"] for e in journal()}, {UNIT}, "all entries belong to the unit")
    text = must("journalctl", "-x", "--no-pager", f"MESSAGE_ID={service.APPLIED}")
    check("Subject: A configuration of bonds was applied" in text
          and "configuration 1 since" in text, "journalctl -x explains it", text)
    bad = [e["MESSAGE"] for e in journal("PRIORITY=3") + journal("PRIORITY=4")]
    same(bad, [], "no warning and no error")


def events():
    """Failover, repaired drift, drift that is only told: each an entry with its fields."""
    ip("link set d0 carrier off")
    found = wait_for(lambda: journal(f"MESSAGE_ID={service.FAILOVER}"), 20)
    check(found and (found[-1].get("NETBOND_BOND"), found[-1].get("NETBOND_SLAVE"),
                     found[-1]["PRIORITY"]) == ("bond0", "d1", "5") and "d0" in
          found[-1]["MESSAGE"], "a failover is an entry with bond, slave and MESSAGE_ID", found, TAIL)
    text = must("journalctl", "-x", "--no-pager", "-n", "1", f"MESSAGE_ID={service.FAILOVER}")
    check("Subject: The traffic of bond0 moved to another slave" in text
          and "active slave is d1 now" in text, "journalctl -x explains it", text)
    ip("link set d0 carrier on")
    ip("link set d0 nomaster")
    check(wait_for(lambda: links()["d0"].master == links()["bond0"].index, 20),
          "a slave taken out by hand is back", TAIL)
    mended = wait_for(lambda: said("drift mended: enslave d0", "NETBOND_BOND=bond0",
                                   "NETBOND_OP=enslave"), 10)
    check(mended and mended[-1].get("NETBOND_GENERATION") == "1",
          "drift that was mended is an entry with bond, operation and generation", TAIL)
    write(bonds(told={"mode": "active-backup", "slaves": ["t0"], "drift": "warn"}))
    ip("link add t0 type dummy")
    service.reload("a bond with drift: warn", lambda: "told" in links() and at_rest())
    ip("link set t0 nomaster")
    found = wait_for(lambda: journal(f"MESSAGE_ID={service.DRIFT}", "NETBOND_BOND=told"), 20)
    check(found and "add slave t0" in found[-1]["MESSAGE"] and not links()["t0"].master,
          "drift that is left is an entry with bond and MESSAGE_ID", found, TAIL)
    write(bonds())
    service.let_go("told", "t0")


def untouched():
    with Untouched("reload of the same files", NAMES):
        before = len(said("configuration .*: converged"))
        ctl("reload", UNIT)
        check(wait_for(lambda: len(said("configuration .*: converged")) > before, 20),
              "reload is told in the journal", TAIL)
    with Untouched("restart", NAMES):
        old = pid()
        ctl("restart", UNIT)
        check(passed_by(old), "restart: another process is there", TAIL)
    with Untouched("kill -9", NAMES):
        old, count = pid(), int(show("NRestarts"))
        os.kill(old, signal.SIGKILL)
        check(passed_by(old), "kill -9: systemd starts another", TAIL)
        same(int(show("NRestarts")), count + 1, "kill -9: that was one restart")
    with Untouched("stop and start with an edited file", NAMES):
        write({"bonds": {"bond0": {**BOND0, "resend-igmp": 9}}})
        ctl("stop", UNIT)
        same(show("ActiveState"), "inactive", "stop: inactive, and no failure")
        check(run("busctl", "introspect", "org.netbond1", "/org/netbond1")[0] != 0
              and show("ActiveState") == "inactive", "who asks on the bus does not start it")
        ctl("start", UNIT)
        check(wait_for(at_rest, 20), "start: it resumes", TAIL)
    write(bonds())


def watchdog():
    with service.drop_in(UNIT, "[Service]\nWatchdogSec=2s\nTimeoutAbortSec=1s\n"):
        ctl("restart", UNIT)
        time.sleep(5)
        count, old = int(show("NRestarts")), pid()
        same(count, 0, "a daemon that does nothing for two watchdog periods is alive to systemd")
        with Untouched("a hung daemon", NAMES):
            os.kill(old, signal.SIGSTOP)
            check(passed_by(old), "a hung daemon is replaced by the watchdog", TAIL)
        same(int(show("NRestarts")), count + 1, "the watchdog: one restart")
        # The lab's systemd tells its own part to the kernel's log.
        check(f"{UNIT}: Watchdog timeout" in must("dmesg"),
              "systemd names the watchdog as the reason")
    ctl("restart", UNIT)


def unreadable():
    path = f"{FOLDER}/secret.yaml"
    write({"bonds": {"extra": {"mode": "balance-xor", "slaves": []}}}, "secret.yaml")
    os.chmod(path, 0o600)
    before = service.identity(NAMES)
    status, _, err = run("systemctl", "reload", UNIT)
    check(status != 0, "a file it may not read: systemctl reload fails", err)
    check(wait_for(lambda: show("StatusText").startswith("degraded: "), 20),
          "a file it may not read: the status text says degraded", show("StatusText"), TAIL)
    status, out, err = run("netbondctl", "status")
    check(status != 0 and "the files have errors" in out + err, "so does netbondctl status", out, err)
    errors = said(re.escape(path) + ".*cannot be read", "PRIORITY=3")
    check(errors and "Permission denied" in errors[-1]["MESSAGE"],
          "the journal names the file", TAIL)
    check(said("what was applied before stays in force", f"MESSAGE_ID={BAD_CONFIG}"),
          "the journal says what is in force, with a MESSAGE_ID", TAIL)
    same((service.identity(NAMES), show("ActiveState")), (before, "active"),
         "the bonds stay, the unit is active")
    hint = re.search(r"as root: (chgrp [^\n]+)", errors[-1]["MESSAGE"] if errors else "")
    if check(hint, "the error tells the commands that mend it", TAIL):
        must("sh", "-c", hint[1])
        same((os.stat(path).st_gid, os.stat(path).st_mode & 0o777),
             (int(must("id", "-g", "netbond")), 0o640), "done as told: group netbond, mode 0640")
    service.reload("after that the file is taken",
                   lambda: "extra" in links() and "degraded" not in show("StatusText"))
    os.unlink(path)
    service.let_go("extra")


def set_wait(seconds):
    with open("/run/wait.env", "w", encoding="ascii") as file:
        file.write(f"WAIT={seconds}s\n")


def wait_online():
    """As a unit: one of two slaves without carrier, a slave that is not there, and the daemon
    restarted while it waits. That all is well was seen at boot."""
    gone = {"mode": "active-backup", "slaves": ["gone0"]}
    with service.drop_in(WAITER, "[Service]\nEnvironmentFile=/run/wait.env\nExecStart=\n"
                         f"ExecStart={service.program('netbondctl')} wait-online --timeout $WAIT\n"):
        set_wait(2)
        ip("link set d1 carrier off")
        status, _, err = run("systemctl", "restart", WAITER)
        same(status, 0, "wait-online with one of two slaves without carrier: succeeds", err)
        ip("link set d1 carrier on")
        write(bonds(gone=gone))
        service.reload("a bond whose only slave is not there", lambda: "gone" in links())
        status, _, err = run("systemctl", "restart", WAITER)
        text = str(Tail(WAITER))
        check(status != 0 and re.search(r"\bgone .*needs 1", text),
              "wait-online with a slave that is not there: fails and names the bond", err, text)
        set_wait(120)
        ctl("start", "--no-block", WAITER)
        wait_for(lambda: re.search(rf"^:\S+ +{show('MainPID', WAITER)} ", run(
            "busctl", "list", "--unique")[1], re.M), 60)
        time.sleep(1)       # it asks whether the daemon is there; when it has the answer nobody tells
        ctl("restart", UNIT)
        same(show("ActiveState", WAITER), "activating",
             "a restart of the daemon does not end the wait", Tail(WAITER))
        ip("link add gone0 type dummy")
        check(wait_for(lambda: show("ActiveState", WAITER) == "active", 60),
              "the slave comes: wait-online succeeds", Tail(WAITER))
    write(bonds())
    service.let_go("gone", "gone0")


def bus_restart():
    old = pid()
    # A restart by systemctl would take the lab's own command along.
    ctl("kill", "--signal=KILL", "dbus.service")
    wait_for(lambda: show("ActiveState", "dbus.service") != "active", 20)
    ctl("start", "dbus.service")
    check(wait_for(lambda: run("busctl", "status", "org.netbond1")[0] == 0, 30) and pid() == old,
          "the bus was killed and is back: the same daemon takes its name again", TAIL)
    status, out, err = run("netbondctl", "status", "bond0")
    check(status == 0 and "bond0" in out, "and answers", out, err)


# The long form

def traffic():
    """Numbered packets each 2 ms while the daemon is ended and started in every way."""
    lab.cables("far", {"v0": "w0", "v1": "w1"})
    lab.partner_bridge("far", "br0", ["w0", "w1"], ["198.51.100.2/24"])
    write({"bonds": {"wire": {"mode": "active-backup", "slaves": ["v0", "v1"], "miimon": 100,
                              "addresses": ["198.51.100.1/24"]}}}, "wire.yaml")
    ctl("reload", UNIT)
    wait_for(lambda: lab.answers("198.51.100.2"), 30)
    counter = lab.Counter("198.51.100.2", namespace_to="far")
    end = time.monotonic() + 11
    ways = 0
    while time.monotonic() < end:       # 5,000 packets take 10 s
        for way in (lambda: ctl("restart", UNIT), lambda: os.kill(pid(), signal.SIGKILL),
                    lambda: ctl("stop", UNIT), lambda: ctl("reload-or-restart", UNIT)):
            way()
            ways += 1
            wait_for(lambda: show("ActiveState") in ("active", "inactive"), 20)
            time.sleep(0.7)
    counter.end_sending()
    result = counter.result()
    check(result["sent"] >= 5000 and result["lost"] == 0 and ways >= 4,
          f"{result['sent']} packets, one each 2 ms, through {ways} ends and starts: none is lost",
          result)
    os.unlink(f"{FOLDER}/wire.yaml")
    service.let_go("wire", "v0", "v1")


def late_slave():
    write(bonds(late={"mode": "active-backup", "slaves": ["l0"]}))
    service.reload("reload: a new bond appears", lambda: "late" in links())
    ip("link add l0 type dummy")
    check(wait_for(lambda: links()["l0"].master == links()["late"].index, 20),
          "a slave that appears later joins by itself", TAIL)
    write(bonds())
    service.let_go("late", "l0")


def forget():
    """As at the first boot: nothing was applied, and nothing is kept."""
    ctl("stop", UNIT)
    for name in ("applied.yaml", "objects.yaml"):
        os.unlink(f"/run/netbond/{name}")
    for name in os.listdir(STATE):
        os.unlink(f"{STATE}/{name}")


def nothing_applied():
    forget()
    write({"bonds": {"bond0": {"mode": "no-such-mode"}}})
    status, _, err = run("systemctl", "start", UNIT)
    check(status == 0 and show("StatusText").startswith("degraded: "),
          "files with errors and nothing applied: started, degraded", err, TAIL)
    write(bonds())
    service.reload("mended files: taken", lambda: "degraded" not in show("StatusText"))


def hangup():
    before = len(said("^reloading$"))
    ctl("kill", "-s", "HUP", "--kill-who=main", UNIT)
    check(wait_for(lambda: len(said("^reloading$")) > before and at_rest(), 20),
          "SIGHUP reloads, too", TAIL)


def without_var():
    """/var is mounted after the daemon was started, as when it lies behind a bond."""
    os.makedirs("/run/empty")
    os.makedirs("/run/var/lib")
    must("cp", "-a", STATE, "/run/var/lib/netbond")
    forget()
    must("mount", "--bind", "/run/empty", "/var")
    must("systemctl", "start", UNIT)
    check(at_rest() and inside("test", "-d", STATE) != 0, "without /var it starts and works", TAIL)
    must("mount", "--bind", "/run/var", "/var")
    check(inside("touch", f"{STATE}/probe") == 0 and os.path.exists("/run/var/lib/netbond/probe"),
          "/var is mounted later: it may write there")
    must("umount", "/var")
    must("umount", "/var")
    ctl("restart", UNIT)


def with_once():
    """The one-shot form as root and the unit use the same run directory."""
    ctl("stop", UNIT)
    with Untouched("netbondd --once after the daemon", NAMES):
        done = run(lab.NETBONDD, "--once", "--allow", "rebuild")
        check(done[0] == 0, "netbondd --once as root works on from what the daemon left", *done[1:])
    os.umask(0o077)
    done = run(lab.NETBONDD, "--once", "--exact", "--allow", "rebuild", f"{FOLDER}/bonds.yaml")
    os.umask(0o022)
    same(done[0], 0, "netbondd --once FILE as root with a strict umask")
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot_id = file.read().strip().replace("-", "")
    with open("/run/netbond/applied.yaml", encoding="utf-8") as file:
        same(file.readline(), f"# netbond, boot {boot_id}\n", "root wrote the kernel's boot id")
    with Untouched("start after netbondd --once", NAMES):
        ctl("start", UNIT)
        check(wait_for(at_rest, 20), "it starts", TAIL)
    check(any("resuming what was applied" in e["MESSAGE"] for e in journal()[-4:]),
          "it knows that what root applied is of this boot, and resumes it", TAIL)


def metrics_and_history():
    """One process for one request, and the history where it outlives a boot."""
    lab.ip("link set lo up")
    ctl("start", "netbond-metrics.socket")
    address = "http://127.0.0.1:9788"
    for accept, word in (("text/plain", "netbond_up 1\n"), ("application/openmetrics-text", "# EOF\n")):
        request = urllib.request.Request(address + "/metrics", headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
        check(word in text and "netbond_bond_slaves_usable" in text,
              f"metrics over HTTP as {accept}", text[:500])
    try:
        urllib.request.urlopen(address + "/", timeout=60)
        check(False, "another path is not found")
    except urllib.error.HTTPError as error:
        same(error.code, 404, "another path is not found")
    with socket.create_connection(("127.0.0.1", 9788)) as mute:
        with urllib.request.urlopen(address + "/metrics", timeout=60) as answer:
            same(answer.status, 200, "one who says nothing keeps nobody from being answered")
        mute.close()
    same(must("systemctl", "is-active", "netbond-metrics.socket").strip(), "active",
         "the socket goes on")
    path = "/var/lib/netbond/history.jsonl"
    check(wait_for(lambda: os.path.exists(path)) and os.stat(path).st_uid != 0,
          "the history is in /var/lib/netbond, the service's own", must("ls", "-la", "/run/netbond"))
    with open(path, encoding="utf-8") as file:
        check("\"started\"" in file.read(), "with the start of the service")
    ctl("stop", "netbond-metrics.socket")


def uninstall():
    files = service.installed()
    ctl("disable", UNIT)
    ctl("stop", UNIT)
    check("bond0" in links(), "stopped for good: the bond stays")
    must("ninja", "-C", lab.BUILD, "uninstall")
    same([path for path in files if os.path.isfile(path)], [], "ninja uninstall leaves no file")


PARTS = (installation, boot, rights, in_the_journal, events, untouched, watchdog, unreadable,
         metrics_and_history, wait_online, bus_restart, access.unprivileged, access.polkit)
LONG_PARTS = (verified, late_slave, traffic, nothing_applied, hangup, without_var, with_once, uninstall)


def main():
    for part in PARTS + (LONG_PARTS if lab.LONG else ()):
        print(f"# {part.__name__}, {time.monotonic() - lab.started:.0f} s", flush=True)
        part()
    lab.finish()


if sys.argv[-1] == "--prepare":
    prepare()
else:
    main()
