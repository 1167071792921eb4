#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What netbondd does for N bonds, counted and not timed: growth.py BUILD_DIR [--long], in the lab.

Instructions by callgrind (the program's own, not the kernel's), requests by strace. The further
bonds of a large number may not cost more than those of a small one, and one event costs among many
what it costs among few. --long: events alone, among 1000 bonds."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from world import World, address, ip_batch

FEW, SOME, MANY, LONG_MANY = 10, 30, 100, 1000
# What happens, one after the other, and how it is told.
EVENTS = (
    ("a notification of nothing new", "ip link set d0 alias x"),
    ("a slave taken out and put back", "ip link set d1 nomaster"),
    ("an address removed and put back", f"ip address delete {address(3)} dev bond3"),
    ("an option changed and mended", "ip link set bond4 type bond miimon 50"),
    ("a link of nobody's comes", "ip link add other1 type dummy"),
    ("a link of nobody's renamed", "ip link set other1 name other2"),
    ("a link of nobody's goes", "ip link delete other2"),
)
# Told in the long form and not judged. Of the carrier two looks are one now and then. A reload reads all files.
MORE_EVENTS = (
    ("a carrier lost", "ip link set d5 carrier off"),
    ("a carrier back", "ip link set d5 carrier on"),
    ("the first link of all renamed", "ip link set other0 name other9"),
    ("the first link of all renamed back", "ip link set other9 name other0"),
    ("a reload of equal files", "kill -HUP {pid}"),
)
# Hash tables and lists double now and then; what looks through all for each would give about 3.
MOST_GROWTH = 1.15
# One event, of what it costs among few bonds; a look at everything would cost ten times as much.
MOST_EVENT = 1.5
# A storm of notifications, which found the daemon busy: of each, what it costs at most.
STORM = 1000
MOST_STORM = {"instructions": 300, "system calls": 0.2}
# A slave taken out: what is asked of the kernel, and all system calls, from the wakeup to the request
# that puts it back. Two links and the bond, the addresses of those that were touched.
MEND_READS, MEND_CALLS = 5, 17
UNCOUNTED = ("clock_gettime", "gettid")         # mostly none: the C library's and libsystemd's own

BUILD = sys.argv[1]
LONG = "--long" in sys.argv
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


def is_idle(pid):
    """Whether it did nothing for as long as a look may take here."""
    def used():
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[11:13]
    before = used()
    time.sleep(0.7)     # more than it settles at most
    return used() == before


def total(path):
    """Instructions in one file of callgrind."""
    with open(path, encoding="ascii", errors="replace") as f:
        return int(re.search(r"^(?:totals|summary): (\d+)", f.read(), re.MULTILINE)[1])


def wait_idle(pid):
    while not is_idle(pid):
        pass


def callgrind(pid, what):
    subprocess.run(["callgrind_control", what, str(pid)], check=True, capture_output=True)


def event_costs(world, rundir):
    """{what: instructions the daemon that stays needs for one}"""
    costs, events = {}, EVENTS + MORE_EVENTS if LONG else EVENTS
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
             f"{BUILD}/daemon/service/netbondd", "--quiet", "--config-dir", world.folder,
             "--runtime-dir", rundir], stderr=subprocess.PIPE, text=True) as daemon:
        wait_idle(daemon.pid)
        callgrind(daemon.pid, "--zero")
        for i, (what, line) in enumerate(2 * events):
            subprocess.run(line.format(pid=daemon.pid).split(), check=True)
            wait_idle(daemon.pid)
            callgrind(daemon.pid, "--dump")
            costs.setdefault(what, []).append(total(f"{folder}/out.{i + 1}"))
        daemon.terminate()
        daemon.communicate()
    return {what: min(of) for what, of in costs.items()}


def raise_storm(pid):
    """What a link of nobody's tells while the daemon cannot listen waits for it, as one burst."""
    os.kill(pid, signal.SIGSTOP)
    subprocess.run([f"{BUILD}/tests/bench/storm", "raise", "mtu", "foreign0", str(STORM)],
                   check=True)
    os.kill(pid, signal.SIGCONT)
    wait_idle(pid)


def storm_costs(world, rundir):
    """{what: how much of it for each notification}"""
    argv = [f"{BUILD}/daemon/service/netbondd", "--quiet", "--config-dir", world.folder,
            "--runtime-dir", rundir]
    subprocess.run(["ip", "link", "add", "foreign0", "type", "dummy"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        with subprocess.Popen(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
                               *argv], stderr=subprocess.PIPE, text=True) as daemon:
            wait_idle(daemon.pid)
            callgrind(daemon.pid, "--zero")
            raise_storm(daemon.pid)
            callgrind(daemon.pid, "--dump")
            found = {"instructions": total(f"{folder}/out.1") / STORM}
            daemon.terminate()
            daemon.communicate()
        with subprocess.Popen(["strace", "-f", "-o", f"{folder}/calls", *argv]) as tracer:
            daemon = child_of(tracer.pid)
            wait_idle(daemon)
            with open(f"{folder}/calls", encoding="ascii", errors="replace") as calls:
                calls.seek(0, os.SEEK_END)
                raise_storm(daemon)
                found["system calls"] = sum("(" in line for line in calls) / STORM
            os.kill(daemon, signal.SIGTERM)
    subprocess.run(["ip", "link", "del", "foreign0"], check=True)
    return found


def wait_asleep(path):
    """Until who is traced into that file waits, for as long as nothing that it did itself may take:
    strace writes the rest of the line when the call returns."""
    size = -1
    while True:
        with open(path, encoding="ascii", errors="replace") as calls:
            last = calls.read()[-80:].rsplit("\n", 1)[-1]
            if last.startswith("epoll_wait(") and calls.tell() == size:
                return
            size = calls.tell()
        time.sleep(1)


def mend_calls(world, rundir):
    """[line of strace], to the request that puts back a slave of which all notifications waited."""
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(
            ["strace", "-o", f"{folder}/calls", f"{BUILD}/daemon/service/netbondd", "--quiet",
             "--config-dir", world.folder, "--runtime-dir", rundir]) as tracer:
        daemon = child_of(tracer.pid)
        wait_asleep(f"{folder}/calls")
        with open(f"{folder}/calls", encoding="ascii", errors="replace") as calls:
            for _ in range(2):          # the first one asks for the bond's number as well
                calls.seek(0, os.SEEK_END)
                os.kill(daemon, signal.SIGSTOP)
                subprocess.run(["ip", "link", "set", "d1", "nomaster"], check=True)
                os.kill(daemon, signal.SIGCONT)
                wait_asleep(f"{folder}/calls")
                found = [line for line in calls if re.match(r"\w+\(", line) and
                         not line.startswith(UNCOUNTED)]
        os.kill(daemon, signal.SIGTERM)
    last = next((i for i, line in enumerate(found) if re.search("RTM_(NEW|SET)LINK", line) and
                 line.startswith("sendto")), -1)
    return found[:last + 1]


def child_of(tracer):
    """The daemon that strace runs, which begins with children of its own to see what it can do."""
    while True:
        with open(f"/proc/{tracer}/task/{tracer}/children", encoding="ascii") as f:
            children = f.read().split()
        for child in children:
            try:
                with open(f"/proc/{child}/comm", encoding="ascii") as f:
                    if f.read().strip() == "netbondd":
                        return int(child)
            except OSError:
                pass                    # it has gone
        time.sleep(0.05)


def requests(argv):
    """(that read, that write)"""
    done = subprocess.run(["tests/bench/netlink-requests", *argv], capture_output=True, text=True,
                          check=True)
    return tuple(int(n) for n in re.findall(r"(\d+) (?:requests )?that", done.stdout))


def cold_requests(world):
    """The fewest of three runs: a dump of which the kernel says that it was interrupted, by an IPv6
    address that comes just then, is asked for again."""
    seen = []
    for _ in range(3):
        world.make_links()
        seen.append(requests(once(world, world.rundir())))
        world.remove_all()
    return min(seen)


def growth(few, some, many):
    """The cost of one further bond among many, in that of one among few."""
    return ((many - some) / (MANY - SOME)) / ((some - few) / (SOME - FEW))


def tell_events(n, costs):
    for what, cost in costs.items():
        print(f"#   {n} bonds, {what}: {cost / 1e6:.2f} million instructions", flush=True)


def check_events(few, n, many):
    for what, _ in EVENTS:
        grown = many[what] / few[what]
        check(grown <= MOST_EVENT, f"the daemon, {what}: {grown:.2f} x the instructions with {n} bonds "
              f"than with {FEW}, at most {MOST_EVENT}")


def finish():
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


def long_form():
    costs = {}
    ip_batch(["link add other0 type dummy"])
    for n in (FEW, LONG_MANY):
        world = World(n)
        world.make_links()
        rundir = world.rundir()
        subprocess.run(once(world, rundir), check=True)
        check(not world.complete(), f"{n} bonds: all are made, each with its two slaves and address")
        costs[n] = event_costs(world, rundir)
        tell_events(n, costs[n])
        world.remove_all()
    check_events(costs[FEW], LONG_MANY, costs[LONG_MANY])
    finish()


if "LAB_OUT" not in os.environ:
    sys.exit("this changes the network of the machine it runs on: tests/lab/run -- " + sys.argv[0])
if LONG:
    long_form()
counts = {}
for n in (FEW, SOME, MANY):
    world = World(n)
    world.make_links()
    rundir = world.rundir()
    cold = instructions(once(world, rundir))
    check(not world.complete(), f"{n} bonds: all are made, each with its two slaves and address")
    counts[n] = [cold, instructions(once(world, rundir)), requests(once(world, rundir)),
                 event_costs(world, rundir) if n != SOME else {}]
    print(f"#   {n} bonds: {cold / 1e6:.1f} million instructions cold, "
          f"{counts[n][1] / 1e6:.1f} with nothing to do")
    tell_events(n, counts[n][3])
    check(counts[n][2][1] == 0, f"{n} bonds, nothing to do: no request writes")
    if n == FEW:
        storm = storm_costs(world, rundir)
        mend = mend_calls(world, rundir)
    world.remove_all()
    counts[n].append(cold_requests(world))

for i, what in ((0, "made from nothing"), (1, "nothing to do")):
    grown = growth(*(counts[n][i] for n in (FEW, SOME, MANY)))
    check(grown <= MOST_GROWTH, f"{what}: a bond among {MANY} costs {grown:.2f} x the instructions "
          f"of one among {FEW}, at most {MOST_GROWTH}")
check_events(counts[FEW][3], MANY, counts[MANY][3])
for what, most in MOST_STORM.items():
    check(0 < storm[what] <= most, f"the daemon, a storm of {STORM} notifications: "
          f"{storm[what]:.3g} {what} for each, at most {most}")
sent = [re.search(r"RTM_\w+", line)[0] for line in mend if line.startswith("sendto")]
check(sent[-1:] == ["RTM_SETLINK"] and len(sent) == MEND_READS + 1 and
      all(word.startswith("RTM_GET") for word in sent[:-1]),
      f"the daemon, a slave taken out: {MEND_READS} requests that read, and one puts it back: {sent}")
check(len(mend) == MEND_CALLS, f"the daemon, a slave taken out: back after {len(mend)} system calls, "
      f"all in all {MEND_CALLS}")
for n in (FEW, SOME, MANY):
    check(counts[n][4][1] == 5 * n, f"{n} bonds from nothing: {counts[n][4][1]} requests that write, "
          "one to make each, two for its slaves, one to set it up, one for its address")
check(len({counts[n][2][0] for n in counts}) == 1 and counts[FEW][2][0] > 0,
      f"nothing to do: {counts[FEW][2][0]} requests that read, whatever the number of bonds")
check(len({counts[n][4][0] for n in counts}) == 1,
      f"made from nothing: {counts[FEW][4][0]} requests that read, whatever the number of bonds")
finish()
