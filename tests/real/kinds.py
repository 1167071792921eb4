#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The types of a namespace beside net: made, entered, shared, lost, changed, removed; what a process
inside sees beside one outside, and that nothing is left."""

import contextlib
import json
import os
import signal
import subprocess
import time

import lab
from lab import NETBONDCTL, applies, check, converges, must, once, run, same, settled, wait_for

MAP = [{"inside": 0, "outside": 100000, "count": 65536}]
TYPES = ["net", "uts", "ipc", "mnt", "pid", "cgroup"]
PLAIN = {"namespaces": {"plain": {"types": TYPES, "hostname": "inside"}},
         "bonds": {"bond0": {"namespace": "plain", "mode": "active-backup", "slaves": ["e0"],
                             "addresses": ["192.0.2.1/24"]}}}
OWN = {"namespaces": {"own": {"types": [*TYPES, "user"], "uid-map": MAP, "gid-map": MAP}}}
NOTHING = "version: 1\n"
EXEC = (NETBONDCTL, "ns", "exec")


def inside(name, *argv):
    return must(*EXEC, name, "--", *argv).strip()


def shell(name, script):
    return inside(name, "sh", "-c", script)


def namespaces(pid="self"):
    """{"uts": inode, ...} of a process."""
    return {kind: os.stat(f"/proc/{pid}/ns/{kind}").st_ino
            for kind in (*TYPES, "user") if os.path.exists(f"/proc/{pid}/ns/{kind}")}


def shown(name):
    doc = json.loads(must(NETBONDCTL, "ns", "show", name, "-o", "json"))
    return {entry["type"]: entry for entry in doc["types"]}


def inodes(name):
    return {kind: entry["inode"] for kind, entry in shown(name).items()}


@contextlib.contextmanager
def living(name):
    """A process inside, by its id outside."""
    child = subprocess.Popen([*EXEC, name, "--", "sleep", "1000"])
    try:
        yield wait_for(lambda: next((p["pid"] for entry in shown(name).values()
                                     for p in entry["processes"] if p["command"] == "sleep"), 0))
    finally:
        child.kill()
        child.wait()


def holders():
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and command_of(pid) == "netbond-holder"]


def command_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def nothing_is_left(sentence):
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mounts = [line for line in file if "nsfs" in line]
    left = (lab.type_pins(), lab.pinned(), wait_for(lambda: not holders()) is not True, mounts,
            sorted(os.listdir("/run/netbond-nsd/ns")))
    same(left, ({}, [], False, [], []), f"{sentence}: no pin, process, mount or folder is left")


def made():
    lab.dummies("e0")
    run = applies(PLAIN, "all types of a set but user and time", allow=None, namespaces=["plain"])
    same(run.worst, "live", "nothing stops for that")
    mine, theirs = namespaces(), inodes("plain")
    same(sorted(theirs), sorted(TYPES), "ns show lists its types")
    check(not {(k, mine[k]) for k in TYPES} & set(theirs.items()), "each is another one than ours",
          mine, theirs)
    with living("plain") as pid:
        have = namespaces(pid)
        same({kind: have[kind] for kind in TYPES}, theirs, "a command of ns exec is in all of them")
        same(have["user"], mine["user"], "and in no user namespace of its own")
        text = must(NETBONDCTL, "ns", "of", str(pid))
        same(text.splitlines(), ["plain", *(f"{kind}: plain" for kind in
                                            ("uts", "ipc", "cgroup", "pid", "mnt"))],
             "ns of names each by its process")
        listed = must(NETBONDCTL, "ns", "show", "plain")
        check(all(f"{pid} sleep" in line for line in listed.splitlines()
                  if line.startswith(("uts", "ipc", "pid", "mnt", "cgroup"))),
              "ns show lists it with each type", listed)


def plain_inside():
    """What is inherited, and what is not seen from the other side."""
    same(inside("plain", "hostname"), "inside", "it has its host name")
    outside = must("hostname").strip()
    shell("plain", "hostname meddled")
    same(must("hostname").strip(), outside, "a host name set inside stays inside")
    run = applies(PLAIN, "the host name was changed inside", allow=None, namespaces=["plain"])
    check("set uts of namespace plain: hostname meddled -> inside" in run.out, "it is set back", run)
    must("ipcmk", "-Q")
    shell("plain", "ipcmk -Q; ipcmk -Q")
    count = "ipcs -q | grep -c ^0x"
    same((must("sh", "-c", count).strip(), shell("plain", count)), ("1", "2"),
         "one message queue outside, two inside: each sees its own")
    same(shell("plain", "cat /proc/1/comm"), "netbond-holder", "its process 1 is netbond's")
    same(shell("plain", "set -- /proc/[0-9]*; echo $#"), "2", "it sees process 1 and itself")
    os.mkdir("/tmp/folder")
    shell("plain", "mount -t tmpfs inside /tmp/folder; touch /tmp/folder/here")
    same((shell("plain", "ls /tmp/folder"), os.listdir("/tmp/folder")), ("here", []),
         "what is mounted inside is seen by the next command there, and not outside")
    must("mount", "-t", "tmpfs", "outside", "/media")
    check("/media" in shell("plain", "cat /proc/self/mountinfo"), "what is mounted outside is seen inside")
    must("umount", "/media")
    check("/media" not in shell("plain", "cat /proc/self/mountinfo"), "and goes with it")
    mounts = shell("plain", "wc -l < /proc/self/mountinfo")
    same(shell("plain", "ls /sys/class/net | grep -v -e lo -e nlmon -e bonding_masters | xargs"), "bond0 e0",
         "/sys shows its links")
    same(shell("plain", "wc -l < /proc/self/mountinfo"), mounts, "mounted once, and /proc, too")
    same(shell("plain", "sed -n s/^0:://p /proc/self/cgroup"), "/", "its cgroup is the root there")


def commands():
    """The exit status and signals of a command behind a fork."""
    same(run(*EXEC, "plain", "--", "sh", "-c", "exit 7")[0], 7, "the exit status is the command's")
    same(run(*EXEC, "plain", "--", "/nowhere")[0], 127, "one that is not there: 127")
    same(run(*EXEC, "plain", "--", "sh", "-c", "kill -9 $$")[0], -9, "a signal that ended it, too")
    child = subprocess.Popen([*EXEC, "plain", "--", "sh", "-c", "trap 'exit 9' TERM; echo on; "
                              "while :; do sleep 0.1; done"], stdout=subprocess.PIPE)
    child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    same(child.wait(), 9, "what we are sent goes on to it")
    child = subprocess.Popen([*EXEC, "plain", "--", "sleep", "1000"])
    check(wait_for(lambda: command_in("plain", "sleep")), "a command lives there")
    child.kill()
    child.wait()
    check(wait_for(lambda: not command_in("plain", "sleep")), "when we are killed it ends")
    same(inside("plain", "pwd"), os.getcwd(), "the folder stays the same")
    same(must(*EXEC, "plain", "--user", "nobody", "--", "id", "-un").strip(), "nobody", "--user")


def command_in(name, command):
    return any(p["command"] == command for entry in shown(name).values()
               for p in entry["processes"])


def drift():
    """A pin removed, the process killed that keeps pid."""
    before = inodes("plain")
    for kind, path in (("uts", "/run/netbond-nsd/ns/plain/uts"), ("mnt", "/run/netbond-nsd/mnt/plain")):
        must("umount", "-l", path)
        os.unlink(path)
        status, _, err = lab.run(*EXEC, "plain", "--", "true")
        check(status == 125 and f"its {kind} is not there" in err, f"without {kind} nothing is run outside", err)
        run = applies(PLAIN, f"the pin of {kind} was removed", allow=None, namespaces=["plain"])
        check(f"plain: somebody removed its {kind}" in run.err and
              f"add {kind} to namespace plain" in run.out, "it is told and made again", run)
    with living("plain") as pid:
        os.kill(int(holders()[0]), signal.SIGKILL)
        check(wait_for(lambda: not os.path.exists(f"/proc/{pid}")), "without process 1 all in it end")
    status, _, err = lab.run(*EXEC, "plain", "--", "true")
    check(status == 125 and "process 1 of its pid namespace has ended" in err,
          "nothing can be started: told", err)
    run = applies(PLAIN, "process 1 was killed", allow=None, namespaces=["plain"])
    check("make pid of namespace plain anew" in run.out, "pid is made anew", run)
    same(shell("plain", "cat /proc/1/comm"), "netbond-holder", "and can be used, by its own /proc")
    same({k: i for k, i in inodes("plain").items() if k in ("net", "ipc", "cgroup")},
         {k: i for k, i in before.items() if k in ("net", "ipc", "cgroup")}, "the others stay")


def changed():
    """Another host name is set, nothing is made anew; types leave and come."""
    before = inodes("plain")
    other = {**PLAIN, "namespaces": {"plain": {"types": TYPES, "hostname": "other"}}}
    run = converges(other, "another host name in the file", allow=None, namespaces=["plain"])
    same((inside("plain", "hostname"), inodes("plain")), ("other", before), "it is set in place", run)
    less = {**PLAIN, "namespaces": {"plain": {"types": ["net", "uts"], "hostname": "inside"}}}
    run = once(less, allow=None, namespaces=["plain"])
    check(run.status == 2 and "held: plain: remove ipc (what is in it is lost)" in run.out and
          sorted(inodes("plain")) == sorted(TYPES), "types that leave the file are held", run)
    with living("plain") as pid:
        run = once(less, namespaces=["plain"])
        check(run.status == 2 and f"{pid} (sleep))" in run.out and
              "remove pid (processes live in it: " in run.out and "--allow rebuild --force" in run.out, "and stay while processes live there", run)
        run = converges(less, "by force", "--force", allow=None, namespaces=["plain"])
        check(not os.path.exists(f"/proc/{pid}") and sorted(inodes("plain")) == ["net", "uts"],
              "by force they go, and with pid who lives in it", run)
    settled(less, "after that", namespaces=["plain"])


def user():
    """Everything of the set belongs to its user namespace, and root inside is nobody outside."""
    run = applies({**OWN, "bonds": {"bond0": {"namespace": "own", "mode": "balance-rr",
                                             "slaves": ["e0"]}}}, "a set with a user namespace",
                  namespaces=["own"])
    entries = shown("own")
    check(all(entry["owned-by"] == ["own"] for kind, entry in entries.items() if kind != "user"),
          "all its types belong to it", entries, run)
    same(shell("own", "id -u; id -g; cat /proc/self/uid_map | xargs").split("\n"),
         ["0", "0", "0 100000 65536"], "inside one is root")
    with living("own") as pid:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            ids = [line.split()[1] for line in file if line.startswith(("Uid:", "Gid:"))]
        same(ids, ["100000", "100000"], "and 100000 outside")
    same(shell("own", "hostname root-may; hostname; ip link set lo down; ip link set lo up; "
               "mount -t tmpfs x /mnt && echo mounted"), "root-may\nmounted",
         "root inside may set the host name, links and mounts of the set")
    check("SIOCETHTOOL" not in (err := run_in("own", "ip link set bond0 mtu 1400")) and not err,
          "and change the bond", err)
    same(lab.links("own")["bond0"].mtu, 1400, "which netbond sees")
    applies(NOTHING, "all of it leaves the file")
    nothing_is_left("after a user namespace")
    check("e0" in lab.links(), "its NIC is home")


def run_in(name, script):
    return run(*EXEC, name, "--", "sh", "-c", script)[2]


def maps():
    """Another map means another user namespace, and all that belongs to it."""
    types = {"types": ["uts", "ipc", "user"], "uid-map": MAP, "gid-map": MAP}
    first = {"namespaces": {"ids": types}}
    converges(first, "a set without a network", allow=None)
    before = inodes("ids")
    second = {"namespaces": {"ids": {**types, "uid-map": [{"inside": 0, "outside": 200000, "count": 10}]}}}
    run = once(second, allow=None)
    check(run.status == 2 and "make anew user (the kernel takes the maps of a user namespace once)"
          in run.out and inodes("ids") == before, "another map is held", run)
    run = converges(second, "and allowed")
    same([text for text in run.texts() if "anew" in text],
         ["make user of namespace ids anew: uids 0 200000 10; gids 0 100000 65536",
          "make uts of namespace ids anew", "make ipc of namespace ids anew"], "with all that belongs to it")
    check(all(e["owned-by"] == ["ids"] for k, e in shown("ids").items() if k != "user"),
          "all belongs to the new one")
    same(shell("ids", "cat /proc/self/uid_map | xargs"), "0 200000 10", "by the new map")


def shared():
    """A second pin of the same namespace."""
    both = {"namespaces": {"a": {"types": [*TYPES], "hostname": "a"},
                           "b": {"types": ["cgroup"],
                                 "share": {kind: "a" for kind in TYPES if kind != "cgroup"}},
                           "c": {"types": [], "share": {"uts": "b"}}}}
    applies(both, "types of one set shared with others", namespaces=["a"])
    a, b = inodes("a"), inodes("b")
    same({k: i for k, i in b.items() if k != "cgroup"}, {k: i for k, i in a.items() if k != "cgroup"},
         "what is shared is the same")
    check(a["cgroup"] != b["cgroup"], "what is not is another one")
    same(inodes("c"), {"uts": a["uts"]}, "through two shares")
    same(shown("a")["uts"]["shared-with"], ["b", "c"], "ns show names who shares it")
    shell("a", "ipcmk -Q")
    same(shell("b", "ipcs -q | grep -c ^0x"), "1", "a queue made in one is in the other")
    must("umount", "-l", "/run/netbond-nsd/ns/a/uts")
    run = converges(both, "the first's pin removed", allow=None, namespaces=["a"])
    check(len({inodes(name)["uts"] for name in "abc"}) == 1, "all three have one again", run)
    apart = json.loads(json.dumps(both))
    apart["namespaces"]["c"] = {"types": ["uts"], "hostname": "c"}
    run = once(apart, allow=None, namespaces=["a"])
    check(run.status == 2 and "make anew uts (it was shared until now)" in run.out, "its own again: held", run)
    converges(apart, "allowed", namespaces=["a"])
    same((inside("a", "hostname"), inside("c", "hostname")), ("a", "c"), "each has its own")
    gone = {"namespaces": {"b": {"types": ["cgroup", *(k for k in TYPES if k not in ("cgroup", "net"))]}}}
    was = inodes("b")
    run = converges(gone, "the first leaves the file, the second takes over what it shared")
    same({k: i for k, i in was.items() if k != "net"}, inodes("b"), "all that was shared is the same still", run)
    same((shell("b", "cat /proc/1/comm"), shell("b", "ipcs -q | grep -c ^0x")), ("netbond-holder", "1"),
         "and in use: process 1 and the queue are there")
    applies(NOTHING, "all of it leaves the file")
    nothing_is_left("after sharing")


def foreign():
    """A network namespace of others under the name of one that would share."""
    lab.ip("netns add theirs")
    before = os.stat("/run/netns/theirs").st_ino
    run = once({"namespaces": {"a": {}, "theirs": {"types": [], "share": {"net": "a"}}}})
    check(run.status == 1 and "theirs: somebody else has a network namespace of that name" in run.err
          and os.stat("/run/netns/theirs").st_ino == before and lab.pinned() == ["a", "theirs"],
          "a network namespace of others is not replaced, and told", run)
    lab.ip("netns del theirs")
    once(NOTHING)


def refused():
    """A type that this kernel does not have: the set is left out as a whole, the rest goes on."""
    if os.path.exists("/proc/self/ns/time"):
        return
    wanted = {"namespaces": {"clock": {"types": ["net", "uts", "time"]}, "fine": {}},
              "bonds": {"bond0": {"mode": "active-backup", "slaves": ["e0"]},
                        "c": {"name": "bond1", "namespace": "clock", "slaves": []}}}
    run = once(wanted)
    check(run.status == 1 and "clock: this kernel has no namespaces of the type time" in run.err,
          "told, with the exit status of an error", run)
    check(not lab.type_pins() and lab.pinned() == ["fine"] and "bond0" in lab.links(),
          "not half a namespace, and all the rest", run)
    with open("/tmp/clock.json", "w", encoding="ascii") as file:
        json.dump(wanted, file)
    status, _, err = lab.run(NETBONDCTL, "check", "/tmp/clock.json")
    check(status == 1 and "/tmp/clock.json:1:" in err and "no namespaces of the type time" in err,
          "check says it at the place in the file", err)
    applies(NOTHING, "it leaves the file")
    lab.clean("bond0", "e0")


def killed():
    """Ended by SIGKILL at any step; the next run makes it whole, and the last leaves nothing."""
    calls = "mount,umount2,unlink,rmdir,kill,sendto,write,clone"
    config = {"namespaces": {"k": {"types": ["uts", "pid", "mnt", "user"], "hostname": "k",
                                   "uid-map": MAP, "gid-map": MAP}}}
    stuck, n = [], 0
    for goal in (config, NOTHING):
        with open("/tmp/killed.yaml", "w", encoding="utf-8") as file:
            file.write(goal if isinstance(goal, str) else json.dumps(goal))
        for number in range(1, 200, 1 if lab.LONG else 9):
            other = NOTHING if goal is config else config
            once(other)
            status = run("strace", "-o", "/dev/null", "-e", f"trace={calls}", "-e",
                         f"inject={calls}:signal=KILL:when={number}", lab.NETBONDD, "--once",
                         "--exact", "--allow", "rebuild", "/tmp/killed.yaml")[0]
            if status == 0:
                break
            n += 1
            result = once(goal)
            if result.status != 0 or once(goal).writes:
                stuck.append((number, str(result)))
    same(stuck, [], f"killed at {n} steps: the next run makes it whole")
    check(n > 3, f"{n} steps")
    once(NOTHING)
    nothing_is_left("after being killed")


for part in (made, plain_inside, commands, drift, changed, user, maps, shared, foreign, refused, killed):
    print(f"# {part.__name__}, {time.monotonic() - lab.started:.0f} s", flush=True)
    part()
lab.finish()
