#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests/bench/run does in the guest: netbondd --once against ip, alternating, medians of the
times and of the ratios of each two runs that followed each other."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

from world import World

GOAL_COLD, GOAL_IDLE, GOAL_MEMORY_KB = 1.0, 1.5, 32 * 1024


class Cost:
    def __init__(self, text):
        words = [int(word) for word in text.split()]
        self.wall, self.user, self.system = (us / 1000 for us in words[:3])
        self.peak_kb, self.status = words[3:]


def measure(build, argv):
    with tempfile.NamedTemporaryFile("r") as f:
        subprocess.run([f"{build}/tests/bench/measure", f.name, *argv], check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        cost = Cost(f.read())
    if cost.status:
        sys.exit(f"bench: exit status {cost.status} of {' '.join(argv)}")
    return cost


def median(costs, what="wall"):
    return statistics.median(getattr(c, what) for c in costs)


def paired(costs):
    """Median of what each run of netbondd cost in that of ip just before it: what else the machine
    does strikes both."""
    return statistics.median(b.wall / a.wall for a, b in zip(costs["ip"], costs["netbondd"]))


def told(costs):
    """Median, user and system part, and how far the single runs lie apart."""
    walls = [c.wall for c in costs]
    return f"{median(costs):9.1f} ms ({median(costs, 'user'):.0f} user, " \
           f"{median(costs, 'system'):.0f} system; {min(walls):.1f}..{max(walls):.1f})"


class Bench:
    def __init__(self, build, repeat):
        self.build, self.repeat, self.missed = build, repeat, []
        self.netbondd = f"{build}/daemon/netbondd"

    def once(self, world, rundir):
        return [self.netbondd, "--once", "--quiet", "--runtime-dir", rundir, world.config]

    def goal(self, good, text):
        print(f"    {'reached' if good else 'MISSED'}: {text}", flush=True)
        if not good:
            self.missed.append(text)

    def cold(self, n):
        """Both from fresh links, alternating. Return: the ratio."""
        world, costs = World(n), {"ip": [], "netbondd": []}
        for _ in range(self.repeat):
            for name, argv in (("ip", ["ip", "-batch", world.batch]),
                               ("netbondd", self.once(world, world.rundir()))):
                world.make_links()
                costs[name].append(measure(self.build, argv))
                wrong = world.complete()
                if wrong:
                    sys.exit(f"bench: {name} left it undone: {wrong[:5]}")
                world.remove_all()
        ratio = paired(costs)
        print(f"cold apply, {n} bonds x 2 slaves + address, {self.repeat} runs each")
        print(f"    ip -batch        {told(costs['ip'])}")
        print(f"    netbondd --once  {told(costs['netbondd'])}")
        self.goal(ratio <= GOAL_COLD, f"cold {n}: {ratio:.2f} x ip -batch, goal {GOAL_COLD}")
        return ratio

    def idle(self, n):
        """Nothing to do, against a look at the same things by ip."""
        world, rundir = World(n), tempfile.mkdtemp()
        world.make_links()
        measure(self.build, self.once(world, rundir))
        look = "ip -d link show && ip addr show"
        costs = {"ip": [], "netbondd": []}
        for _ in range(2 * self.repeat + 1):
            a = measure(self.build, ["ip", "-d", "link", "show"])
            b = measure(self.build, ["ip", "addr", "show"])
            for what in ("wall", "user", "system"):
                setattr(a, what, getattr(a, what) + getattr(b, what))
            costs["ip"].append(a)
            costs["netbondd"].append(measure(self.build, self.once(world, rundir)))
        ratio = paired(costs)
        print(f"nothing to do, {n} bonds, {2 * self.repeat + 1} runs each")
        print(f"    {look}  {told(costs['ip'])}")
        print(f"    netbondd --once                  {told(costs['netbondd'])}")
        self.goal(ratio <= GOAL_IDLE, f"idle {n}: {ratio:.2f} x ip, goal {GOAL_IDLE}")
        counted = subprocess.run(
            ["tests/bench/netlink-requests", *self.once(world, rundir)], check=True, text=True,
            stdout=subprocess.PIPE).stdout.splitlines()[-1]
        self.goal(counted.endswith(", 0 that write"), f"idle {n}: {counted} (strace)")
        world.remove_all()

    def memory(self, n):
        world, rundir = World(n), tempfile.mkdtemp()
        world.make_links()
        cold = measure(self.build, self.once(world, rundir))
        idle = measure(self.build, self.once(world, rundir))
        print(f"peak memory, {n} bonds: making them {cold.peak_kb / 1024:.1f} MB, "
              f"nothing to do {idle.peak_kb / 1024:.1f} MB")
        self.goal(cold.peak_kb <= GOAL_MEMORY_KB, f"memory {n}: {cold.peak_kb / 1024:.1f} MB, "
                  f"goal {GOAL_MEMORY_KB // 1024} MB")
        world.remove_all()

    def growth(self, figures):
        """Cost per bond of netbondd, relative to ip -batch at the same N."""
        counts = sorted(n for n in figures if n >= 50)
        if len(counts) < 2:
            return
        first, last = counts[0], counts[-1]
        grown = figures[last] / figures[first]
        self.goal(grown <= 1.1, f"cost per bond from {first} to {last}, relative to ip -batch: "
                  f"{grown:.2f} x, goal 1.1")


def main():
    p = argparse.ArgumentParser(prog="tests/bench/run [--qemu]")
    p.add_argument("build", nargs="?", default="build-tests")
    p.add_argument("--bonds", default="1,50,200", help="numbers of bonds (default 1,50,200)")
    p.add_argument("--repeat", type=int, default=5)
    p.add_argument("--parts", default="cold,idle,memory")
    options = p.parse_args()
    if "LAB_OUT" not in os.environ:
        sys.exit("this changes the network of the machine it runs on: use tests/bench/run")
    counts, parts = [int(n) for n in options.bonds.split(",")], options.parts.split(",")
    bench, figures = Bench(options.build, options.repeat), {}
    print(f"Linux {os.uname().release}, {os.cpu_count()} processor(s), "
          f"{os.environ.get('LAB_BACKEND', '')}", flush=True)
    for n in counts:
        if "cold" in parts:
            figures[n] = bench.cold(n)
        if "idle" in parts:
            bench.idle(n)
        if "memory" in parts:
            bench.memory(n)
    bench.growth(figures)
    return 1 if bench.missed else 0


sys.exit(main())
