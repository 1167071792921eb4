#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What netbondd --once does for N bonds, counted and not timed: growth.py BUILD_DIR, in the lab.

Instructions by callgrind (the program's own, not the kernel's), requests by strace. The further
bonds of a large number may not cost more than those of a small one."""

import os
import re
import subprocess
import sys
import tempfile
import time

from world import World

FEW, SOME, MANY = 10, 30, 90
EVENTS = 2
# Hash tables and lists double now and then; what looks through all for each would give about 3.
MOST_GROWTH = 1.15

BUILD = sys.argv[1]
passed = failed = 0


def check(good, sentence):
    global passed, failed
    passed += bool(good)
    failed += not good
    print(f"{'ok' if good else 'not ok'} - {sentence}", flush=True)


def once(world, rundir):
    return [f"{BUILD}/daemon/netbondd", "--once", "--quiet", "--runtime-dir", rundir, world.config]


def instructions(argv):
    with tempfile.NamedTemporaryFile() as out:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}",
                               *argv], capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        sys.exit(f"growth: {done.stderr}")
    return int(found[1])


def calls_of(function, path):
    """How often a function was called, by the file callgrind wrote: each name stands there once."""
    names, called, calls = {}, None, 0
    with open(path, encoding="ascii", errors="replace") as f:
        for line in f:
            found = re.match(r"(c?)fn=\((\d+)\)(?: (.*))?", line)
            if found and found[3]:
                names[found[2]] = found[3]
            if found and found[1]:
                called = names.get(found[2])
            elif called == function and line.startswith("calls="):
                calls += int(line[6:].split()[0])
    return calls


def is_idle(pid):
    """Whether it did nothing for as long as a look may take here."""
    def used():
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[11:13]
    before = used()
    time.sleep(0.5)
    return used() == before


def one_event(world, rundir):
    """Instructions the daemon that stays needs for a look at everything, which an event causes."""
    with tempfile.NamedTemporaryFile() as out, subprocess.Popen(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={out.name}",
             "--toggle-collect=nbd_reconciler_work", f"{BUILD}/daemon/service/netbondd", "--quiet",
             "--config-dir", world.folder, "--runtime-dir", rundir],
            stderr=subprocess.PIPE, text=True) as daemon:
        for i in range(EVENTS):
            while not is_idle(daemon.pid):
                pass
            subprocess.run(["ip", "link", "set", "d0", "alias", f"x{i}"], check=True)
        while not is_idle(daemon.pid):
            pass
        daemon.terminate()
        said = daemon.communicate()[1]
        found, looks = re.search(r"Collected : (\d+)", said), calls_of("nb_snapshot_take", out.name)
    if not found or looks <= EVENTS:
        sys.exit(f"growth: {looks} looks at the kernel after {EVENTS} events: {said}")
    return int(found[1]) / looks


def requests(argv):
    """(that read, that write)"""
    done = subprocess.run(["tests/bench/netlink-requests", *argv], capture_output=True, text=True,
                          check=True)
    return tuple(int(n) for n in re.findall(r"(\d+) (?:requests )?that", done.stdout))


def growth(few, some, many):
    """The cost of one further bond among many, in that of one among few."""
    return ((many - some) / (MANY - SOME)) / ((some - few) / (SOME - FEW))


if "LAB_OUT" not in os.environ:
    sys.exit("this changes the network of the machine it runs on: tests/lab/run -- " + sys.argv[0])
counts = {}
for n in (FEW, SOME, MANY):
    world = World(n)
    world.make_links()
    rundir = world.rundir()
    cold = instructions(once(world, rundir))
    check(not world.complete(), f"{n} bonds: all are made, each with its two slaves and address")
    counts[n] = [cold, instructions(once(world, rundir)), requests(once(world, rundir)),
                 one_event(world, rundir)]
    print(f"#   {n} bonds: {cold / 1e6:.1f} million instructions cold, "
          f"{counts[n][1] / 1e6:.1f} with nothing to do, {counts[n][3] / 1e6:.1f} for one event")
    check(counts[n][2][1] == 0, f"{n} bonds, nothing to do: no request writes")
    world.remove_all()
    world.make_links()
    counts[n].append(requests(once(world, world.rundir())))
    world.remove_all()

for i, what in ((0, "made from nothing"), (1, "nothing to do"), (3, "one event, in the daemon")):
    grown = growth(*(counts[n][i] for n in (FEW, SOME, MANY)))
    check(grown <= MOST_GROWTH, f"{what}: a bond among {MANY} costs {grown:.2f} x the instructions "
          f"of one among {FEW}, at most {MOST_GROWTH}")
for n in (FEW, SOME, MANY):
    check(counts[n][4][1] == 5 * n, f"{n} bonds from nothing: {counts[n][4][1]} requests that write, "
          "one to make each, two for its slaves, one to set it up, one for its address")
check(len({counts[n][2][0] for n in counts}) == 1 and counts[FEW][2][0] > 0,
      f"nothing to do: {counts[FEW][2][0]} requests that read, whatever the number of bonds")
check(len({counts[n][4][0] for n in counts}) == 1,
      f"made from nothing: {counts[FEW][4][0]} requests that read, whatever the number of bonds")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
