#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A try over the types of namespaces: what it made goes, what it removed is there again, host names and
who lives inside are as before; what was held before it is not done by going back."""

import json
import os
import signal
import subprocess

import lab
from lab import NETBONDCTL, NETBONDD, check, must, run, same, wait_for

FOLDER, LOG = "/tmp/config", "/tmp/netbondd.log"
EXEC = (NETBONDCTL, "ns", "exec")
BOND = {"mode": "active-backup", "slaves": ["e0"], "addresses": ["192.0.2.1/24"]}


def config(**sets):
    return {"namespaces": sets, "bonds": {"bond0": {"namespace": "keep", **BOND}}}


BEFORE = config(keep={"types": ["net", "uts", "ipc"], "hostname": "before"},
                gone={"types": ["uts", "ipc", "pid"], "hostname": "gone"},
                part={"types": ["cgroup"], "share": {"uts": "keep"}})
TRIED = config(keep={"types": ["net", "uts", "ipc", "mnt"], "hostname": "tried"},
               part={"types": ["cgroup", "uts"], "hostname": "part"},
               new={"types": ["uts", "pid"], "hostname": "new"})


def put(path, what):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        json.dump(what, out)
    return path


def start():
    with open(LOG, "a", encoding="utf-8") as log:
        process = subprocess.Popen([NETBONDD, "--config-dir", FOLDER, "--state-dir", "/tmp/state"],
                                   stdout=log, stderr=log)
    wait_for(lambda: run(NETBONDCTL, "status")[0] != 1, 20)
    return process


def told():
    with open(LOG, encoding="utf-8") as log:
        return log.read()


def inside(name, *argv):
    return must(*EXEC, name, "--", *argv).strip()


def inodes(name):
    """None: it is not there, or goes just now."""
    status, out, _ = run(NETBONDCTL, "ns", "show", name, "-o", "json")
    return {entry["type"]: entry["inode"] for entry in json.loads(out)["types"]} if status == 0 else None


def sets():
    """Names and types, and who has the same."""
    found = {name: inodes(name) for name in ("keep", "gone", "part", "new")}
    pins = {name: types for name, types in found.items() if types}
    return {name: {kind: sorted(other for other in pins if pins[other].get(kind) == inode)
                   for kind, inode in types.items()} for name, types in pins.items()}


def is_trying():
    out = run(NETBONDCTL, "status", "-o", "json")[1]
    return bool(out) and json.loads(out)["daemon"].get("trying", "/") != "/"


def try_it(what, *options):
    return run(NETBONDCTL, "try", "--exact", "--allow", "rebuild", *options,
               put("/tmp/tried.yaml", what))


def check_tried(sentence, result):
    have = sets()
    check(result[0] == 0 and "gone" not in have and sorted(have.get("new", ())) == ["pid", "uts"]
          and "mnt" in have["keep"] and have["part"]["uts"] == ["part"], sentence, have, *result, told())
    same([inside(name, "hostname") for name in ("keep", "part", "new")], ["tried", "part", "new"],
         "with their host names")


def check_back(before, child, sentence):
    check(wait_for(lambda: sets() == before, 30), sentence, sets(), before, told())
    same([inside(name, "hostname") for name in ("keep", "gone", "part")],
         ["before", "gone", "before"], "with their host names")
    same((child.poll(), lab.links("keep")["bond0"].flags & 1), (None, 1),
         "who lives inside lives on, and the bond is up")
    same(run(NETBONDCTL, "plan")[0], 0, "there is nothing to do", run(NETBONDCTL, "plan")[1])


def by_itself(before, child):
    mine = inodes("keep")
    check_tried("tried: types come, go and are no longer shared", try_it(TRIED, "--timeout", "5s"))
    same({kind: inodes("keep")[kind] for kind in mine}, mine, "those that stay are the same")
    wait_for(lambda: not is_trying(), 30)
    check_back(before, child, "unconfirmed: types and sharing are as before")
    same(inodes("keep"), mine, "and what was there all the time is the same still")


def by_hand(before, child):
    check_tried("tried again", try_it(TRIED, "--timeout", "100s"))
    status, out, err = run(NETBONDCTL, "rollback")
    same(status, 0, "rollback", out, err)
    check_back(before, child, "taken back: as before")


def killed(daemon, before, child):
    check_tried("tried once more", try_it(TRIED, "--timeout", "10s"))
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
    daemon = start()
    wait_for(lambda: not is_trying(), 30)
    check_back(before, child, "killed meanwhile: the next one goes back all the same")
    return daemon


def what_no_file_says(daemon, child):
    """A host name that somebody set, and types whose removal is held."""
    plain = config(keep={"types": ["net", "uts"]}, gone={"types": ["uts"]}, part={"types": ["cgroup"]})
    put(f"{FOLDER}/a.yaml", plain)
    status = run(NETBONDCTL, "reload")[0]
    out = run(NETBONDCTL, "status")[1]
    check(status == 2 and "held: 3 changes to namespaces" in out and "`netbondctl plan` says which" in
          " ".join(out.split()), "types that leave the file are held, which status tells", status, out)
    out = " ".join(run(NETBONDCTL, "plan")[1].split())
    check("keep: remove ipc (what is in it is lost) to do it: --allow rebuild" in out,
          "and plan says what they are", out)
    inside("keep", "hostname", "by-hand")
    inside("keep", "ipcmk", "-Q")
    queues = inside("keep", "ipcs", "-q")
    other = json.loads(json.dumps(plain))
    other["namespaces"]["keep"]["hostname"] = "tried"
    status, out, err = run(NETBONDCTL, "try", "--timeout", "100s", put("/tmp/tried.yaml", other))
    check(is_trying() and inside("keep", "hostname") == "tried", "tried", status, out, err)
    same(run(NETBONDCTL, "rollback")[0], 0, "rollback")
    same(inside("keep", "hostname"), "by-hand", "a host name no file says is put back", told())
    check(sorted(inodes("keep")) == ["ipc", "net", "uts"] and inside("keep", "ipcs", "-q") == queues,
          "what was held is not done by going back: the queue is still there", told())
    child.kill()
    child.wait()
    status, out, err = run(NETBONDCTL, "apply", "--allow", "rebuild")
    check(status == 0 and sorted(inodes("keep")) == ["net", "uts"], "it goes when that is asked for", out, err)
    daemon.terminate()
    same(daemon.wait(30), 0, "SIGTERM ends it well")


def main():
    lab.dummies("e0")
    put(f"{FOLDER}/a.yaml", BEFORE)
    daemon = start()
    check(wait_for(lambda: "gone" in sets() and "bond0" in lab.links("keep"), 30), "three sets", told())
    before = sets()
    child = subprocess.Popen([*EXEC, "keep", "--", "sleep", "1000"])
    by_itself(before, child)
    by_hand(before, child)
    daemon = killed(daemon, before, child)
    what_no_file_says(daemon, child)
    lab.finish()


main()
