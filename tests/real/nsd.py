#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --systemd --timeout 900
"""netbond-nsd under systemd: netbondd, which may not enter a namespace, keeps bonds inside some; the
rights of the two, the mount namespace, whom the helper serves and what it refuses, deletion, both
killed at any moment, a service that joins a namespace, and the types beside net."""

import json
import os
import random
import re
import signal
import time

import lab
from lab import BUILD, NETBONDCTL, check, ip, links, must, run, same, wait_for

FOLDER = "/etc/netbond"
CALL = BUILD + "/tests/real/nsd-call"
WORST_SCORE, USER_SCORE = 3.6, 4.4
POINTS = 200 if lab.LONG else 10
AS_NOBODY = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
ADMIN, SYS_ADMIN, PTRACE = 12, 21, 19   # linux/capability.h
SETGID, SETUID, SETFCAP = 6, 7, 31


def show(name, unit="netbondd.service"):
    return must("systemctl", "show", "--value", "-p", name, unit).strip()


def pid_of(unit):
    return int(show("MainPID", unit))


def capabilities(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(rf"{field}:\s*(\w+)", file.read())[1], 16)


def write(config):
    os.makedirs(FOLDER, exist_ok=True)
    with open(f"{FOLDER}/bonds.yaml", "w", encoding="utf-8") as out:
        json.dump(config, out)


def journal(unit="netbondd.service"):
    must("journalctl", "--sync")
    return run("journalctl", "-q", "--no-pager", "-n", "60", "-u", unit)[1]


class Tail:
    def __str__(self):
        return journal() + journal("netbond-nsd.service")


TAIL = Tail()


def apply(config, *options):
    """(exit status, output) of netbondctl apply; again where netbondd, still mending drift, was
    faster than the plan that was shown."""
    with open("/tmp/apply.yaml", "w", encoding="utf-8") as out:
        json.dump(config, out)
    for _ in range(5):
        status, out, err = run(NETBONDCTL, "apply", "--exact", *options, "/tmp/apply.yaml")
        if "the plan is another one now" not in err:
            break
        time.sleep(0.5)
    return status, out + err


def applied(config, *options):
    status, text = apply(config, "--allow", "rebuild", *options)
    return check(status == 0, "apply ends well", text, TAIL)


def bond(namespace, *slaves, **more):
    return {"name": "bond0", "namespace": namespace, "mode": "active-backup", "miimon": 100,
            "slaves": list(slaves), **more}


TWO = {"namespaces": {"blue": {}, "red": {}},
       "bonds": {"b": bond("blue", "b0", "b1", addresses=["192.0.2.1/24"]),
                 "r": bond("red", "r0", "r1", addresses=["192.0.2.2/24"])}}
NOTHING = {"namespaces": {}, "bonds": {}}


def cables():
    """b0 - r0 and b1 - r1: what comes out of one bond goes into the other."""
    lab.batch("\n".join(f"link add b{i} type veth peer name r{i}" for i in range(2)))


def inside(namespace):
    """The links there; none while it is being made or removed."""
    try:
        return links(namespace)
    except OSError:
        return {}


def enslaved(namespace, *names):
    have = inside(namespace)
    return "bond0" in have and all(name in have and have[name].master == have["bond0"].index
                                   for name in names)


def install():
    must("meson", "install", "--quiet", "--no-rebuild", "-C", BUILD)
    must("systemctl", "daemon-reload")
    must("systemd-sysusers", "netbond.conf")
    must("systemctl", "reload", "dbus.service")
    status, out, err = run("systemd-analyze", "verify", "netbond-nsd.service", "netbond-nsd.socket")
    check(status == 0 and "netbond" not in out + err, "systemd-analyze verify: nothing", out, err)


def first_start():
    cables()
    write(TWO)
    must("systemctl", "start", "netbondd.service")
    check(wait_for(lambda: enslaved("blue", "b0", "b1") and enslaved("red", "r0", "r1"), 20),
          "bonds inside two namespaces come up, made by a daemon that may not enter them", TAIL)
    same(capabilities(pid_of("netbondd.service"), "CapBnd"), 1 << ADMIN,
         "netbondd has CAP_NET_ADMIN and can get nothing else")
    helper = pid_of("netbond-nsd.service")
    check(helper, "the helper was started by its socket", TAIL)
    same(capabilities(helper, "CapEff"), 1 << ADMIN | 1 << SYS_ADMIN | 1 << PTRACE,
         "it has the three rights it needs")
    same(os.stat(f"/proc/{helper}/ns/mnt").st_ino, os.stat("/proc/1/ns/mnt").st_ino,
         "it shares the mount namespace of process 1")
    check(wait_for(lambda: run("ip", "netns", "exec", "blue", "ping", "-c1", "-W1",
                               "192.0.2.2")[0] == 0, 20), "from one bond to the other", TAIL)
    text = must("systemd-analyze", "security", "--no-pager", "netbond-nsd.service")
    score = float(re.search(r"exposure level for \S+: ([0-9.]+)", text)[1])
    check(score <= WORST_SCORE, f"systemd-analyze security: {score}, at most {WORST_SCORE}", text)
    explained(text)


def explained(text):
    """Every line that costs points stands in the manual."""
    with open("docs/netbond-nsd.8", encoding="utf-8") as page:
        manual = page.read()
    bad = [line.split()[1] for line in text.splitlines() if line.startswith("✗")]
    print("#", *bad)
    # User=/DynamicUser= by the first of the two, SystemCallFilter=~@mount by the group
    words = [name.split("~")[-1].split("/")[0] for name in bad]
    missing = [word for word in words if word not in manual]
    same(missing, [], f"the manual explains each of the {len(bad)} lines that remain")


def agree():
    """What others say of the same namespaces."""
    mine = {entry["name"]: entry["inode"] for entry in
            json.loads(must(NETBONDCTL, "ns", "list", "-o", "json"))["namespaces"]}
    same(sorted(mine), sorted(line.split()[0] for line in must("ip", "netns", "list").splitlines()),
         "ns list and ip netns name the same")
    sleeper = must("systemd-run", "-q", "-p", "NetworkNamespacePath=/run/netns/blue", "--unit=inside",
                   "sleep", "1000")
    wait_for(lambda: pid_of("inside.service"))
    pid = pid_of("inside.service")
    seen = must("lsns", "-n", "-t", "net", "-o", "NS", "-p", str(pid)).split()
    same(seen, [str(mine["blue"])], "lsns shows the inode of ns list", sleeper)
    same(must("nsenter", f"--net=/run/netns/blue", "readlink", "/proc/self/ns/net").strip(),
         f"net:[{mine['blue']}]", "nsenter comes to that inode")
    same(must(NETBONDCTL, "ns", "of", str(pid)).strip(), "blue", "ns of finds it by the process")
    shown = json.loads(must(NETBONDCTL, "ns", "show", "blue", "-o", "json"))
    same(([p["pid"] for p in shown["processes"]], {li["name"] for li in shown["links"]}),
         ([int(p) for p in must("ip", "netns", "pids", "blue").split()], set(links("blue"))),
         "ns show has the processes of ip netns pids, and the links")
    same(must("busctl", "get-property", "org.netbond1", "/org/netbond1/namespace/blue",
              "org.netbond1.Namespace", "Bonds", "Made"), 'as 1 "bond0"\nb true\n',
         "on the bus the namespace tells its bonds, and who made it")


def kept_by_a_process():
    one = {"namespaces": {"red": {}}, "bonds": {"r": TWO["bonds"]["r"]}}
    status, text = apply(one, "--allow", "rebuild")
    check(status == 2 and f"processes live in it: {pid_of('inside.service')} (sleep)" in text
          and "--force" in text and os.path.exists("/run/netns/blue") and "b0" in links(),
          "a namespace with a process in it stays, with the list; the NICs are home", text, TAIL)
    held = must("systemctl", "show", "--value", "-p", "StatusText", "netbondd.service")
    check("1 differences held" in held, "the status text counts it", held)
    must("systemctl", "stop", "inside.service")
    applied(one)
    check(not os.path.exists("/run/netns/blue"), "without the process it goes")
    applied(TWO)


def really_gone():
    """A veth whose other end is inside goes with the namespace, and only then."""
    ip("link add canary type veth peer name inner netns blue")
    status, text = apply(NOTHING, "--allow", "rebuild")
    check(status == 2 and "netbond did not bring: inner" in text, "a device of others keeps it", text)
    inode = os.stat("/run/netns/blue").st_ino
    applied(NOTHING, "--force")
    check(wait_for(lambda: "canary" not in links()), "deleted by force, it is really gone", TAIL)
    same(os.listdir("/run/netns"), [], "no pin is left")
    held = run("sh", "-c", f"grep -l 'net:.{inode}.' /proc/[0-9]*/mountinfo")[1]
    same(held, "", "no mount of it is left anywhere")
    check({"b0", "b1", "r0", "r1"} <= set(links()), "all NICs are home")


def behind_its_back():
    applied(TWO)
    ip("netns del blue")
    check(wait_for(lambda: "bond0" in inside("blue") and "b0" not in inside("blue"), 20), "a namespace deleted by hand is made again",
          TAIL)
    check(wait_for(lambda: "blue: somebody deleted the namespace; not back: b0, b1" in journal(), 20),
          "the journal says whom it took along", TAIL)
    check(wait_for(lambda: "r0" not in inside("red")), "their peers died too: the old one is gone", TAIL)
    ip("link add b0 type dummy")
    check(wait_for(lambda: enslaved("blue", "b0"), 20), "a slave that comes later joins", TAIL)
    lab.batch("link set b0 nomaster\nlink set b0 down\nlink set b0 name odd", "blue")
    check(wait_for(lambda: enslaved("blue", "odd"), 20),
          "one renamed inside is still the slave of that name", TAIL)
    applied(NOTHING)
    check("b0" in links(), "and comes home under its own")
    lab.delete_links("b0", "b1", "r0", "r1")


def refusals():
    """Whom the helper does not serve, and what it does not do for those it serves."""
    os.makedirs("/run/netns", exist_ok=True)
    os.symlink("/proc/1/ns/net", "/run/netns/planted")
    os.symlink("/etc", "/run/netns/out")
    with open("/run/netns/file", "w", encoding="ascii") as file:
        file.write("precious")
    before = sorted(os.listdir("/run/netns")), os.stat("/etc").st_mtime_ns
    as_netbond = ["setpriv", "--reuid", "netbond", "--regid", "netbond", "--clear-groups"]
    for what in ("create", "enter", "processes", "delete", "force"):
        names = ("../evil", "a/b", "..", ".", "", "x" * 300, "planted", "out", "file")
        answers = run(*as_netbond, CALL, what, *names)[1].split()
        same(answers, ["EINVAL"] * 6 + ["ELOOP"] * 2 + ["EMEDIUMTYPE"],
             f"{what}: no way out of the folder, nothing through links", TAIL)
    names = ("../version", "a/b", "..", ".", "", "x" * 300, "nobond")
    same(run(*as_netbond, CALL, "bonding", *names)[1].split(), ["EINVAL"] * 6 + ["ENOENT"],
         "bonding: no folder of /proc is handed out", TAIL)
    same((sorted(os.listdir("/run/netns")), os.stat("/etc").st_mtime_ns), before,
         "nothing was touched")
    same(open("/run/netns/file", encoding="ascii").read(), "precious", "nor the file")
    same(run(*as_netbond, CALL, "create-type", "nett", "../net", "")[1].split(), ["EINVAL"] * 3,
         "a type it does not know is refused")
    for name in ("planted", "out", "file"):
        os.unlink(f"/run/netns/{name}")
    same(run(*AS_NOBODY, CALL, "create", "evil")[1].strip(), "EACCES",
         "another user may not connect")
    os.chmod("/run/netbond-nsd/sock", 0o666)
    answer = run(*AS_NOBODY, CALL, "create", "evil")[1].strip()
    check(answer in ("ECONNRESET", "EPIPE", "ENOTCONN") and not os.path.exists("/run/netns/evil"),
          "nor is it served when it can", answer)
    check(wait_for(lambda: "is turned away" in journal("netbond-nsd.service")),
          "the journal names the process", TAIL)
    os.chmod("/run/netbond-nsd/sock", 0o600)
    same(run(*as_netbond, CALL, "create", "fine")[1].strip(), "ok", "netbond is served")
    same(run(*as_netbond, CALL, "create", "fine")[1].strip(), "ok", "twice is as good as once")
    same(run(*as_netbond, CALL, "delete", "fine")[1].strip(), "ok", "and it may delete")
    same(run(*as_netbond, CALL, "delete", "fine")[1].strip(), "ok", "what is gone, too")


def in_the_way():
    """What others may do in the folder of pins."""
    os.close(os.open("/run/netns/blue", os.O_CREAT, 0))
    with open("/run/netns/red", "w", encoding="ascii") as file:
        file.write("precious")
    lab.dummies(*NICS)
    status, text = apply(TWO, "--allow", "rebuild")
    check(status == 1 and enslaved("blue", "b0", "b1"),
          "a pin whose maker died is used, and a file in another's place is in nobody else's way",
          text, TAIL)
    check("/run/netns/red is no network namespace" in journal(), "the journal names it", TAIL)
    same(open("/run/netns/red", encoding="ascii").read(), "precious", "it is left alone")
    os.unlink("/run/netns/red")
    same(run(*AS_NOBODY, "true")[0], 0, "there is a user without rights")
    holder = lab.subprocess.Popen([*AS_NOBODY, "flock", "--no-fork", "/run/netns", "sleep", "1000"])
    check(wait_for(lambda: run("flock", "-n", "/run/netns", "true")[0] == 1),
          "who holds the lock of the folder")
    applied(TWO)
    check(enslaved("red", "r0", "r1") and holder.poll() is None,
          "and keeps nobody from making a namespace")
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    applied(NOTHING)
    lab.delete_links(*NICS)


def own_mounts():
    """A drop-in with a harmless look."""
    must("systemctl", "stop", "netbond-nsd.service")
    os.makedirs("/etc/systemd/system/netbond-nsd.service.d")
    drop_in = "/etc/systemd/system/netbond-nsd.service.d/private.conf"
    with open(drop_in, "w", encoding="ascii") as out:
        out.write("[Service]\nPrivateTmp=yes\n")
    must("systemctl", "daemon-reload")
    lab.dummies("b0", "b1", "h0")
    ip("netns add theirs")
    wanted = {"namespaces": {**TWO["namespaces"], "theirs": {}},
              "bonds": {**TWO["bonds"], "t": bond("theirs"),
                        "home": {"mode": "balance-rr", "slaves": ["h0"]}}}
    status, text = apply(wanted, "--allow", "rebuild")
    check(status == 1 and "netbond-nsd, which opens namespaces for the daemon, does not answer"
          in journal(), "a helper with mounts of its own: an error that names it", text, TAIL)
    check(wait_for(lambda: "mount namespace of its own" in journal("netbond-nsd.service")),
          "the helper says which option it cannot have", TAIL)
    same((show("ActiveState"), lab.slave_order("home")), ("active", ["h0"]),
         "the daemon goes on with what needs no helper", TAIL)
    with open("/tmp/try.yaml", "w", encoding="utf-8") as out:
        json.dump({"bonds": {"home": {"mode": "balance-rr", "slaves": ["h0"], "mtu": 1400}}}, out)
    status, out, err = run(NETBONDCTL, "try", "--allow", "rebuild", "/tmp/try.yaml")
    check(status == 1 and "there would be no way back" in err and links()["home"].mtu == 1500,
          "a try is refused: rolled back, it would remove what was not seen", out, err)
    os.unlink(drop_in)
    must("systemctl", "daemon-reload")
    must("systemctl", "reset-failed", "netbond-nsd.service", "netbond-nsd.socket")
    must("systemctl", "restart", "netbond-nsd.socket")
    check(wait_for(lambda: enslaved("blue", "b0", "b1") and "bond0" in inside("theirs"), 60),
          "without the drop-in the daemon finds its way by itself", TAIL)
    applied(TWO)
    ip("netns del theirs")
    lab.delete_links("h0")


NICS = ("b0", "b1", "r0", "r1")


def places():
    """Where each NIC is."""
    found = {name: [] for name in NICS}
    for namespace in ("", *os.listdir("/run/netns")):
        for name in set(inside(namespace)) & set(NICS):
            found[name].append(namespace)
    return found


def killed():
    """Both, at any moment of a change and of the way back."""
    lab.dummies("r0", "r1")
    applied(TWO)
    rng = random.Random(7)
    swapped = {**TWO, "bonds": {"b": {**TWO["bonds"]["b"], "slaves": ["r0", "b1"]},
                                "r": {**TWO["bonds"]["r"], "slaves": ["r1", "b0"]}}}
    lost, stuck = [], []
    for number in range(POINTS):
        goal = (NOTHING, TWO, swapped)[number % 3]
        unit = ("netbondd.service", "netbond-nsd.service")[rng.random() < 0.4]
        with open("/tmp/apply.yaml", "w", encoding="utf-8") as out:
            json.dump(goal, out)
        pid = pid_of(unit)
        work = lab.subprocess.Popen([NETBONDCTL, "apply", "--exact", "--allow", "rebuild",
                                     "/tmp/apply.yaml"], stdout=lab.subprocess.DEVNULL,
                                    stderr=lab.subprocess.DEVNULL)
        time.sleep(rng.random() * 0.5)
        pid = pid_of(unit) or pid
        if pid and os.path.exists(f"/proc/{pid}"):
            os.kill(pid, signal.SIGKILL)
        work.wait()
        where = places()
        if any(len(found) != 1 for found in where.values()):
            lost.append((number, unit, where))
        # The one that was killed is started again, and a new apply goes all the way.
        if not wait_for(lambda: apply(goal, "--allow", "rebuild")[0] == 0, 30, 0.3):
            stuck.append((number, unit, apply(goal, "--allow", "rebuild")))
    same((lost, stuck), ([], []), f"killed at {POINTS} moments: each NIC is somewhere, and the "
         "state converges", TAIL)
    applied(NOTHING)
    same(places(), {name: [""] for name in NICS}, "at the end all NICs are home")
    same(os.listdir("/run/netns"), [], "and no namespace is left")


UNIT = """[Unit]
Wants=netbondd.service
After=netbondd.service
[Service]
NetworkNamespacePath=/run/netns/blue
ExecStart=sleep 1000
"""


def joined():
    """The unit of README."""
    with open("README.md", encoding="utf-8") as file:
        text = file.read()
    lines = re.findall(r"^    (\w+=.*)$", text[text.index("A service that lives in one"):], re.M)[:3]
    same([line for line in lines if line.replace("storage", "blue") not in UNIT], [],
         "README says how a service joins")
    must("systemctl", "stop", "netbondd.service")
    write({"namespaces": TWO["namespaces"], "bonds": {"b": TWO["bonds"]["b"]}})
    lab.run("rm", "-rf", "/run/netbond/applied.yaml")
    with open("/etc/systemd/system/joined.service", "w", encoding="ascii") as out:
        out.write(UNIT)
    must("systemctl", "daemon-reload")
    must("systemctl", "start", "joined.service")
    pid = pid_of("joined.service")
    same(must(NETBONDCTL, "ns", "of", str(pid)).strip(), "blue",
         "a service that is started before the namespace is there waits for it and joins", TAIL)
    check("192.0.2.1" in must("nsenter", "-t", str(pid), "-n", "ip", "addr", "show", "bond0"),
          "it has the bond and its address")
    must("systemctl", "restart", "netbondd.service")
    same(pid_of("joined.service"), pid, "it lives on when netbondd is started again")
    must("systemctl", "stop", "joined.service")


def partner_of(bond):
    """What explain says of the partners of its ports; only the driver's text in /proc tells them."""
    out = run(NETBONDCTL, "explain", bond, "-o", "json")[1]
    found = json.loads(out)["bonds"][0]["findings"] if out else []
    return [f["seen"] for f in found if f["id"] == "lacp-other-partner"]


def partners():
    """The sandbox hides the driver's text; the helper opens it, here and in a namespace."""
    lab.cables("far", {f"{name}{i}": f"{name}{i}p" for name in "mn" for i in (0, 1)})
    for port in ("m0p", "m1p", "n0p", "n1p"):
        lab.partner_bond("far", f"{port}b", [port], "mode 802.3ad miimon 100 lacp_rate fast")
    lacp = {"mode": "802.3ad", "lacp-rate": "fast"}
    applied({"namespaces": {"blue": {}}, "bonds": {
        "m": {**lacp, "slaves": ["m0", "m1"]},
        "n": {**lacp, "slaves": ["n0", "n1"], "namespace": "blue"}}})
    for bond, where in (("m", "own namespace"), ("n", "namespace blue")):
        check(wait_for(lambda name=bond: partner_of(name), 30),
              f"explain tells the two partners of a bond in the {where}", TAIL)


TYPES = ["net", "uts", "ipc", "mnt", "pid", "cgroup"]
TENANT = {"types": TYPES, "hostname": "tenant"}
INSIDE = (NETBONDCTL, "ns", "exec", "tenant", "--")
DROP_INS = "/etc/systemd/system/netbond-nsd.service.d"


def pins(name):
    return {key: inode for key, inode in lab.type_pins().items() if key.startswith(name + "/")}


def holder():
    """The process that keeps the pid namespace of tenant."""
    scope = "/sys/fs/cgroup/system.slice/netbond-ns-tenant.scope/cgroup.procs"
    try:
        with open(scope, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def types():
    """The other types, made by the helper; both daemons may go, what they made stays."""
    lab.dummies("t0")
    applied({"namespaces": {"tenant": TENANT}, "bonds": {"t": bond("tenant", "t0")}})
    before, first = pins("tenant"), holder()
    same(sorted(before), sorted(f"tenant/{kind}" for kind in TYPES if kind != "net"),
         "all types of a set are pinned where all see them")
    check(first, "process 1 of its pid namespace has a scope of its own", TAIL)
    same(must(*INSIDE, "sh", "-c", "hostname; cat /proc/1/comm"), "tenant\nnetbond-holder\n",
         "a command is in all of them")
    text = must("busctl", "get-property", "org.netbond1", "/org/netbond1/namespace/tenant",
                "org.netbond1.Namespace", "Types")
    check(text.startswith("a{st} 6 ") and str(before["tenant/uts"]) in text,
          "on the bus it tells them with their inodes", text)
    must("systemctl", "restart", "netbondd.service")
    must("systemctl", "stop", "netbond-nsd.service")
    same((pins("tenant"), holder()), (before, first), "both daemons restarted: nothing changed", TAIL)
    os.kill(first, signal.SIGKILL)
    check(wait_for(lambda: holder() not in (0, first) and "tenant/pid" in pins("tenant"), 20), "process 1 killed: pid is made anew by itself", TAIL)
    same(must(*INSIDE, "cat", "/proc/1/comm"), "netbond-holder\n", "and can be used")
    must("umount", "-l", "/run/netbond-nsd/mnt/tenant")
    os.unlink("/run/netbond-nsd/mnt/tenant")
    check(wait_for(lambda: "tenant/mnt" in pins("tenant"), 20), "a pin removed: it is made anew by itself", TAIL)
    check("somebody removed its mnt" in journal(), "the journal says why", TAIL)
    must("systemctl", "stop", "netbond-ns-tenant.scope")
    check(wait_for(lambda: holder(), 20), "its scope stopped: it is made anew", TAIL)
    tenant()
    rights()
    applied(NOTHING)
    same((lab.type_pins(), holder(), lab.pinned()), ({}, 0, []), "removed: no pin, no process", TAIL)
    lab.delete_links("t0")


def tenant():
    """The service of the README, in a set of four types; and one that joins two of them by its unit."""
    applied({"namespaces": {"tenant-a": {"types": ["net", "uts", "ipc", "mnt"], "hostname": "tenant-a"}},
             "bonds": {"t": bond("tenant-a", "t0")}})
    must("systemd-run", "-q", "--unit=tenant-a", NETBONDCTL, "ns", "exec", "--user", "nobody", "tenant-a",
         "--", "sleep", "1000")
    shown = json.loads(must(NETBONDCTL, "ns", "show", "tenant-a", "-o", "json"))["types"]
    want = {entry["type"]: entry["inode"] for entry in shown}
    pid = wait_for(lambda: pid_of("tenant-a.service"))
    check(wait_for(lambda: {kind: os.stat(f"/proc/{pid}/ns/{kind}").st_ino for kind in want} == want),
          f"a service is in all of {', '.join(want)}", TAIL)
    check(wait_for(lambda: open(f"/proc/{pid}/comm", encoding="ascii").read() == "sleep\n"
                   and os.stat(f"/proc/{pid}").st_uid == 65534), "its process is the command, as nobody")
    joins = must("systemd-run", "-q", "--wait", "--pipe", "-p", "NetworkNamespacePath=/run/netns/tenant-a",
                 "-p", "IPCNamespacePath=/run/netbond-nsd/ns/tenant-a/ipc", "readlink",
                 "/proc/self/ns/net", "/proc/self/ns/ipc")
    same(joins.split(), [f"net:[{want['net']}]", f"ipc:[{want['ipc']}]"],
         "a unit joins net and ipc by itself")
    must("systemctl", "stop", "tenant-a.service")


def rights():
    """What only user namespaces need is given by a drop-in alone."""
    maps = [{"inside": 0, "outside": 100000, "count": 65536}]
    wanted = {"namespaces": {"tenant": TENANT,
                             "ids": {"types": ["user", "uts"], "uid-map": maps, "gid-map": maps}}}
    status, text = apply(wanted, "--allow", "rebuild")
    check(status == 1 and "user.conf" in journal() and not pins("ids"),
          "a user namespace: refused with the file that allows it, and not half of it made", text, TAIL)
    os.makedirs(DROP_INS, exist_ok=True)
    must("install", "-m", "0644", "conf/nsd/user.conf", DROP_INS)
    must("systemctl", "daemon-reload")
    must("systemctl", "stop", "netbond-nsd.service")
    applied(wanted)
    same(must(NETBONDCTL, "ns", "exec", "ids", "--", "sh", "-c", "id -u; cat /proc/self/uid_map | xargs"),
         "0\n0 100000 65536\n", "with it one is made")
    same(capabilities(pid_of("netbond-nsd.service"), "CapEff"),
         sum(1 << bit for bit in (ADMIN, SYS_ADMIN, PTRACE, SETGID, SETUID, SETFCAP)),
         "by a helper with three more rights")
    text = must("systemd-analyze", "security", "--no-pager", "netbond-nsd.service")
    score = float(re.search(r"exposure level for \S+: ([0-9.]+)", text)[1])
    check(score <= USER_SCORE, f"systemd-analyze security with it: {score}, at most {USER_SCORE}", text)
    os.unlink(f"{DROP_INS}/user.conf")
    must("systemctl", "daemon-reload")
    must("systemctl", "stop", "netbond-nsd.service")


def idle():
    helper = pid_of("netbond-nsd.service")
    check(wait_for(lambda: not pid_of("netbond-nsd.service"), 40),
          f"the helper ({helper}) ends when nobody needs it", TAIL)
    same(show("Result", "netbond-nsd.service"), "success", "in peace")


for part in (install, first_start, agree, kept_by_a_process, really_gone, behind_its_back, refusals,
             in_the_way, own_mounts, killed, joined, types, partners, idle):
    print(f"# {part.__name__}, {time.monotonic() - lab.started:.0f} s", flush=True)
    part()
lab.finish()
