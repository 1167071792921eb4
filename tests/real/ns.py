#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondctl ns: what it says of namespaces beside what ip netns, lsns, nsenter and /proc say, and a
command inside one: its files, rights, arguments, exit status and signals."""

import contextlib
import grp
import json
import os
import pwd
import signal
import subprocess
import time

import lab
from lab import NETBONDCTL, check, ip, links, must, once, run, same, wait_for

NETNS, ETC = "/run/netns", "/etc/netns"
HOME = {"namespaces": {"storage": {}},
        "bonds": {"bond0": {"namespace": "storage", "mode": "active-backup",
                            "slaves": ["e0", "e1"], "addresses": ["192.0.2.1/24"]}}}
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
EXEC = (NETBONDCTL, "ns", "exec")
FAILED, NO_RIGHT, NOT_FOUND = 125, 126, 127


def asked(*argv):
    return json.loads(must(NETBONDCTL, "ns", *argv, "-o", "json"))


def inode(name):
    return os.stat(f"{NETNS}/{name}").st_ino


def net_of(pid):
    return os.stat(f"/proc/{pid}/ns/net").st_ino


@contextlib.contextmanager
def process(*argv, ready=lambda pid: True):
    """One that runs meanwhile; @ready: when it is what it should be."""
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        if not wait_for(lambda: ready(child.pid)):
            raise RuntimeError(f"{argv} does not get ready")
        yield child.pid
    finally:
        child.kill()
        child.wait()


def living(name, *more):
    return process(*EXEC, name, *more, "--", "sleep", "1000",
                   ready=lambda pid: net_of(pid) == inode(name) and command_of(pid) == "sleep")


def command_of(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as file:
        return file.read().strip()


# What is told

def as_others_say():
    have = {entry["name"]: entry for entry in asked("list")["namespaces"]}
    same(sorted(have), sorted(line.split()[0] for line in must("ip", "netns", "list").splitlines()),
         "ns list names what ip netns names")
    same({name: entry["inode"] for name, entry in have.items()},
         {name: inode(name) for name in have}, "the inodes are those of the pins")
    same([have[name]["made-by-netbond"] for name in ("storage", "theirs")], [True, False],
         "it tells who made them")
    same((have["storage"]["bonds"], sorted(have["storage"]["nics"]), have["theirs"]["bonds"]),
         (["bond0"], ["e0", "e1"], []), "and the bonds and NICs that netbond has there")
    with living("storage") as one, living("storage") as two, living("theirs"):
        same({e["name"]: e["processes"] for e in asked("list")["namespaces"]},
             {name: len(must("ip", "netns", "pids", name).split()) for name in have},
             "and how many live there: ip netns pids counts as many")
        same([p["pid"] for p in asked("show", "storage")["processes"]],
             [int(pid) for pid in must("ip", "netns", "pids", "storage").split()],
             "ns show lists the processes of ip netns pids")
        same(sorted((one, two)), [p["pid"] for p in asked("show", "storage")["processes"]],
             "they are the two that were started, no child of theirs")
        seen = must("lsns", "-n", "-t", "net", "-o", "NS,NPROCS,NSFS").splitlines()
        pinned = {line.split()[2]: [int(n) for n in line.split()[:2]] for line in seen
                  if NETNS in line}
        same(pinned, {f"{NETNS}/storage": [inode("storage"), 2],
                      f"{NETNS}/theirs": [inode("theirs"), 1]}, "lsns shows the same", seen)
        same(must(NETBONDCTL, "ns", "of", str(one)), "storage\n", "ns of finds it by its process")
        same(must("nsenter", "-t", str(one), "-n", "readlink", "/proc/self/ns/net").strip(),
             f"net:[{have['storage']['inode']}]", "nsenter by that process comes to that inode")
    shown = asked("show", "storage")
    lab.documented(shown, "ns")
    lab.documented(asked("of", "1"), "ns")
    inside = links("storage")
    names = {link.index: name for name, link in inside.items()}
    same({li["name"]: (li["ifindex"], li["kind"], li["master"]) for li in shown["links"]},
         {name: (link.index, link.kind or "", names.get(link.master, ""))
          for name, link in inside.items()}, "ns show has the links of rtnetlink")
    same({li["name"]: li["addresses"] for li in shown["links"]}["bond0"][0], "192.0.2.1/24",
         "with their addresses")
    same({li["name"]: li["came-from"] for li in shown["links"] if li["came-from"]},
         {"e0": "e0", "e1": "e1"}, "and what its NICs are called at home")


def of():
    same(must(NETBONDCTL, "ns", "of", "1"),
         f"the machine's own namespace (inode {net_of(1)})\n", "ns of 1")
    ip("netns add theirs2")
    with living("theirs2") as pid:
        number = inode("theirs2")
        ip("netns del theirs2")
        same(must(NETBONDCTL, "ns", "of", str(pid)),
             f"a namespace without a name (inode {number})\n", "one whose pin went")
    same((run(NETBONDCTL, "ns", "of", str(pid))[0::2]),
         (1, f"netbondctl: process {pid}: there is none\n"), "of a process that has ended")
    for word in ("storage", "-1", "99999999999", "1x"):
        status, _, err = run(NETBONDCTL, "ns", "of", "--", word)
        check(status == 1 and f"not '{word}'" in err, f"{word!r} is no number of a process", err)


def first_with_mounts_of(pid):
    """The first process that sees the same mounts."""
    mounts = os.stat(f"/proc/{pid}/ns/mnt").st_ino
    for other in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{other}/ns/mnt").st_ino == mounts:
                return other
    return pid


def holds(sentence, *argv, mount=None, prefix=()):
    """One namespace that @argv holds: told, and true when its name goes."""
    ip("netns add held")
    ip("link add canary type veth peer name inner netns held")
    with process(*prefix, "sh", "-c", f"{' '.join(argv)}; exec sleep 1000",
                 ready=lambda pid: command_of(pid) == "sleep") as pid:
        if mount and not prefix:
            pid = first_with_mounts_of(pid)
        told = asked("show", "held")["held-by"]
        want = {"pid": pid, "command": command_of(pid), **({"mount": mount} if mount else {})}
        keeps = argv[-1] not in COPIES
        same(told, [want] if keeps else [], f"{sentence}: ns show tells so")
        if mount:
            lab.documented(told, "ns")
        if keeps:
            text = must(NETBONDCTL, "ns", "show", "held")
            line = f"{pid} {want['command']}" + (f", by its mount at {mount}" if mount else "")
            check("live in it: none" in text and line in text, "and its text", text)
        ip("netns del held")
        if keeps:
            time.sleep(0.3)
            check("canary" in links(), "without its name it lives on")
    run("umount", "/mnt/it")
    check(wait_for(lambda: "canary" not in links()), f"{sentence}: it is gone"
          + (" with what held it" if keeps else " with its name"))


COPIES = ("true", f"mount --rbind {NETNS} /mnt/all")


def holders():
    """What keeps a namespace whose pin goes: its peer outside tells whether it lives."""
    os.makedirs("/mnt/all", exist_ok=True)
    with open("/mnt/it", "w", encoding="ascii"):
        pass
    own = ("unshare", "--mount", "--propagation", "private")
    bind = f"mount --bind {NETNS}/held /mnt/it"
    holds("an open descriptor", f"exec 7<{NETNS}/held")
    holds("a mount elsewhere", bind, mount="/mnt/it")
    holds("a mount elsewhere that others do not see", bind, mount="/mnt/it", prefix=own)
    holds("copies of all mounts hold nothing", COPIES[0], prefix=own)
    holds("nor does a copy of the folder", COPIES[1], prefix=own)


def without_root():
    with living("storage") as pid:
        listed = json.loads(must(*NOBODY, NETBONDCTL, "ns", "list", "-o", "json"))["namespaces"]
        same([(e["name"], e["inode"], "processes" in e) for e in listed],
             [(name, inode(name), False) for name in ("storage", "theirs")],
             "user nobody sees the names and inodes, and no number of processes that would be wrong")
        text = must(*NOBODY, NETBONDCTL, "ns", "show", "storage")
        check("Its links are seen by root alone." in text and "Only root sees the processes" in text,
              "ns show tells what root alone sees", text)
        status, _, err = run(*NOBODY, NETBONDCTL, "ns", "of", str(pid))
        check(status == 1 and "only root sees" in err, "so does ns of", err)
        status, out, err = run(*NOBODY, *EXEC, "storage", "--", "true")
        check(status == FAILED and "run it as root" in err, "ns exec is for root", out, err)


# A command inside

def exits():
    for status in (0, 1, 3, 255):
        same(run(*EXEC, "storage", "--", "sh", "-c", f"exit {status}")[0], status,
             f"exit status {status} is the command's own")
    for status, sentence, *argv in (
            (FAILED, "there is no namespace", "nowhere", "--", "true"),
            (FAILED, "there is no user nosuch", "storage", "--user", "nosuch", "--", "true"),
            (FAILED, "ns has no option -l", "storage", "ls", "-l"),
            (FAILED, "ns exec NAME -- COMMAND", "storage"),
            (NO_RIGHT, "Permission denied", "storage", "--", "/etc/passwd"),
            (NOT_FOUND, "No such file", "storage", "--", "no-such-command")):
        got, out, err = run(*EXEC, *argv)
        check(got == status and sentence in err and not out, f"exit status {status}: {sentence}",
              got, err)
    argv = ["", "a b", "$HOME", "'\"\\", "*", "-o", "--", "-u", "ü"]
    same(must(*EXEC, "storage", "--", "printf", "%s\\n", *argv).splitlines(), argv,
         "the arguments arrive as they are")
    same(run(*EXEC, "storage", "--", "cat", text="in\n")[1], "in\n", "so does the standard input")


def signals():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
        child = subprocess.Popen([*EXEC, "storage", "--", "sleep", "1000"])
        wait_for(lambda pid=child.pid: command_of(pid) == "sleep")
        child.send_signal(number)
        same(child.wait(), -number, f"{number.name} to the process ends the command itself")
    child = subprocess.run([*EXEC, "storage", "--", "sh", "-c", "kill -SEGV $$"])
    same(child.returncode, -signal.SIGSEGV, "how the command ended is seen by its parent")
    state = "grep -E '^Sig(Blk|Ign)' /proc/self/status"
    same(must(*EXEC, "storage", "--", "sh", "-c", state), must("sh", "-c", state),
         "it ignores and blocks no other signals than outside")
    state = "ls /proc/self/fd"
    same(must(*EXEC, "storage", "--", "sh", "-c", state), must("sh", "-c", state),
         "and inherits no descriptor")


def files():
    """Beside what `ip netns exec` does with the same files."""
    os.makedirs(f"{ETC}/storage/netbond-test.d")
    for path, text in (("resolv.conf", "nameserver 192.0.2.53\n"), ("hosts", "192.0.2.9 there\n"),
                       ("netbond-test.d/one", "inside\n")):
        with open(f"{ETC}/storage/{path}", "w", encoding="ascii") as out:
            out.write(text)
    os.makedirs("/etc/netbond-test.d", exist_ok=True)
    for path in ("/etc/resolv.conf", "/etc/hosts"):
        with open(path, "a", encoding="ascii"):
            pass
    mounts = sorted(must("cat", "/proc/self/mountinfo").splitlines())
    look = ("cat /etc/resolv.conf /etc/hosts /etc/netbond-test.d/one; ls /sys/class/net;"
            "ip -br link; readlink /proc/self/ns/net; stat -f -c %T /sys; ls /etc | wc -l")
    ours = must(*EXEC, "storage", "--", "sh", "-c", look)
    same(ours, must("ip", "netns", "exec", "storage", "sh", "-c", look),
         "files of /etc/netns, /sys, links: all as ip netns exec shows it")
    check("192.0.2.53" in ours and "192.0.2.9" in ours and "\ninside\n" in ours and
          "bond0\n" in ours and "e0\n" in ours, "and that is the namespace's", ours)
    check("192.0.2.53" not in must("cat", "/etc/resolv.conf") and
          os.listdir("/etc/netbond-test.d") == [], "outside the files are what they were")
    same(sorted(must("cat", "/proc/self/mountinfo").splitlines()), mounts,
         "and no mount is left there")
    with open(f"{ETC}/storage/netbond-missing", "w", encoding="ascii"):
        pass
    status, _, err = run(*EXEC, "storage", "--", "true")
    check(status == FAILED and "/etc/netbond-missing" in err and "if empty" in err,
          "a file without one in /etc to stand for: an error that says what to do", status, err)
    must("rm", "-r", f"{ETC}/storage")
    same(must(*EXEC, "theirs", "--", "ls", "/sys/class/net").split(), ["bonding_masters", "lo"],
         "without such files it works")


def user():
    nobody = pwd.getpwnam("nobody")
    group = grp.getgrgid(nobody.pw_gid).gr_name
    must("groupadd", "netbond-test")
    must("usermod", "-a", "-G", "netbond-test", "nobody")
    look = ("id -un; id -gn; id -Gn; echo $HOME $USER $LOGNAME $KEPT; pwd;"
            "grep -E '^(Cap|NoNewPrivs|Uid|Gid)' /proc/self/status; readlink /proc/self/ns/net")
    os.environ["KEPT"] = "kept"
    out = must(*EXEC, "--user", "nobody", "storage", "--", "sh", "-c", look).splitlines()
    plain = must(*NOBODY, "sh", "-c", "grep ^Cap /proc/self/status").splitlines()
    same(out[:4], ["nobody", group, f"{group} netbond-test",
                   f"{nobody.pw_dir} nobody nobody kept"],
         "--user: user, group, groups and the names of the environment are nobody's, the rest is kept")
    same(out[4], os.getcwd(), "the folder is the same")
    ids = [line.split()[1:] for line in out if line.startswith(("Uid", "Gid"))]
    same(ids, [[str(nobody.pw_uid)] * 4, [str(nobody.pw_gid)] * 4],
         "real, effective, saved and file system ids, all of them")
    same([line for line in out if line.startswith("Cap")], plain,
         "the capabilities are those of any process of nobody")
    same(out[-1], f"net:[{inode('storage')}]", "inside the namespace")
    for try_ in ("ip link set bond0 down", "nsenter --net=/proc/1/ns/net true", "umount /sys",
                 "setpriv --reuid 0 true"):
        check(run(*EXEC, "-u", "nobody", "storage", "--", "sh", "-c", try_)[0] != 0,
              f"nobody inside cannot: {try_}")
    check(links("storage")["bond0"].up, "and the bond is up as before")
    status, out, _ = run(*EXEC, "-u", "nobody", "storage", "--", "sh", "-c", "exit 7")
    same(status, 7, "its exit status comes through as well")


def escapes():
    os.symlink("/proc/1/ns/net", f"{NETNS}/planted")
    os.symlink("/etc", f"{NETNS}/out")
    with open(f"{NETNS}/file", "w", encoding="ascii"):
        pass
    names = ("../netns/storage", "/run/netns/storage", "..", ".", "", "x" * 300, "planted", "out",
             "file")
    for name in names:
        for argv, failed in (((*EXEC, name, "--", "echo", "inside"), FAILED),
                             ((NETBONDCTL, "ns", "show", name), 1)):
            status, out, err = run(*argv)
            check(status == failed and not out and len(err.splitlines()) == 1 and
                  err.startswith("netbondctl: "), f"{argv[2]} of {name[:20]!r} is refused",
                  status, out, err)
    same([e["name"] for e in asked("list")["namespaces"]], ["storage", "theirs"],
         "ns list shows none of them")
    for name in ("planted", "out", "file"):
        os.unlink(f"{NETNS}/{name}")


lab.dummies("e0", "e1")
once(HOME)
ip("netns add theirs")
for part in (as_others_say, of, holders, without_root, exits, signals, files, user, escapes):
    print(f"# {part.__name__}, {time.monotonic() - lab.started:.0f} s", flush=True)
    part()
lab.finish()
