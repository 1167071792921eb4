#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests/bench/run does in the guest: the same work by each rival in turn, from the same links
to the same state, which is verified. Told are the best and the median of the runs: what else a
machine does only adds, so the best ones are compared."""

import argparse
import csv
import math
import os
import statistics
import subprocess
import sys
import time

import failing
import keeping
import rivals
import storming
import waiting
from networkmanager import NetworkManager
from rivals import OTHER_GRAT_ARP
from world import GRAT_ARP, World

GOAL_COLD, GOAL_LIMIT, GOAL_IDLE, GOAL_MEMORY_KB, GOAL_GROWTH = 1.0, 1.1, 1.5, 32 * 1024, 1.1
GOAL_ANSWER_MS, GOAL_STORM = 100, 2.0
HEAD = {"cold": "made from nothing", "idle": "nothing to do", "change": "one option of one bond",
        "remove": "all bonds removed"}
START = time.monotonic()


def progress(text):
    """For who watches: no part of what was found. By the clock of the guest."""
    print(f"[{time.monotonic() - START:6.0f} s] {text}", file=sys.stderr, flush=True)


def bonds(n):
    return f"{n} bond{'s' * (n > 1)}"


class Bench:
    def __init__(self, options):
        self.build, self.repeat = options.build, options.repeat
        self.names, self.parts = options.rivals.split(","), options.parts.split(",")
        self.longest, self.counted = options.longest, options.counted
        self.took, self.undone = {}, {}     # {name: (bonds, seconds of the last round)}, {name: bonds}
        self.missed, self.rows = [], []

    def goal(self, good, text):
        print(f"    {'reached' if good else 'MISSED'}: {text}", flush=True)
        if not good:
            self.missed.append(text)

    def add(self, work, n, who, best, *, median=None, worst=None, unit="ms", x_ip=None, peak_kb=None):
        """A line of bench.csv."""
        self.rows.append([work, n, who, *("" if v is None else f"{v:.2f}"
                                          for v in (best, median, worst)), unit,
                          "" if x_ip is None else f"{x_ip:.2f}", peak_kb or ""])

    def takes_too_long(self, rival, n):
        """Whether it would, as far as its last round tells."""
        before, seconds = self.took.get(rival.name, (n, 0))
        forecast = seconds * n / before
        if forecast > self.longest:
            print(f"    {rival.name}: left out with {bonds(n)}, a round would take "
                  f"{forecast / 60:.0f} minutes or more (--longest)", flush=True)
        return forecast > self.longest

    def failed_before(self, rival, n):
        least = self.undone.get(rival.name, math.inf)
        if n >= least:
            print(f"    {rival.name}: left out with {bonds(n)}, it did not get there with {least}",
                  flush=True)
        return n >= least

    def chosen(self, world):
        wanted = [rival for rival in (*rivals.ALL, NetworkManager)
                  if rival in (rivals.Ip, rivals.Once) or rival.name in self.names or
                  (rival is rivals.Boot and "boot" in self.parts)]
        return [rival(self.build, world) for rival in wanted if not rival.is_foreign or
                not (self.failed_before(rival, world.n) or self.takes_too_long(rival, world.n))]

    def do(self, world, rival, verb):
        """What it cost, if the state is as it should be."""
        start = time.monotonic()
        try:
            cost = getattr(rival, verb)()
            if verb == "remove":
                wrong = world.gone()
            else:
                wrong = world.complete(OTHER_GRAT_ARP if verb == "change" else GRAT_ARP)
            if wrong:
                more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
                raise rivals.Failed("; ".join(wrong[:3]) + more)
        except (rivals.Failed, OSError, subprocess.SubprocessError) as e:
            raise rivals.Failed(f"{rival.name}: {HEAD[verb]} with {bonds(world.n)}: left undone after "
                                f"{time.monotonic() - start:.0f} s: {e}") from e
        return cost

    def round(self, world, rival, costs):
        """Everything one rival can do, in order, from fresh links."""
        world.make_links()
        start = time.monotonic()
        try:
            for verb in rival.verbs:
                if verb in self.parts or verb == "cold":
                    cost = self.do(world, rival, verb)
                    costs.setdefault(verb, {}).setdefault(rival.name, []).append(cost)
            self.took[rival.name] = (world.n, time.monotonic() - start)
        finally:
            rival.forget()          # first: a service could put back what is removed
            world.remove_all()

    def leave_out(self, rival, n, reason, costs):
        """A tool of others did not get there; what it did with as many bonds does not count either."""
        print(f"    {reason}", flush=True)
        self.undone[rival.name] = n
        for by_name in costs.values():
            by_name.pop(rival.name, None)

    def skips(self, rival, n, turn):
        """Whether this round is left out. Rounds of minutes are not repeated."""
        if not rival.is_foreign or turn == 0:
            return False
        return n >= self.undone.get(rival.name, math.inf) or \
            self.took[rival.name][1] * (turn + 1) > self.longest

    def work(self, n):
        """{verb: {name: best ms}}"""
        world, costs = World(n), {}
        chosen = self.chosen(world)
        for turn in range(self.repeat):
            for rival in chosen:
                if self.skips(rival, n, turn):
                    continue
                progress(f"{bonds(n)}, run {turn + 1} of {self.repeat}: {rival.name}")
                try:
                    self.round(world, rival, costs)
                except rivals.Failed as e:
                    if not rival.is_foreign:
                        print(f"bench: {e}", flush=True)
                        sys.exit(1)
                    self.leave_out(rival, n, e, costs)
        return {verb: self.tell(verb, n, by_name) for verb, by_name in costs.items()}

    def tell(self, verb, n, by_name):
        print(f"{HEAD[verb]}: {bonds(n)} x 2 slaves + address")
        # A clock that counts goes on while the disk of the guest is waited for.
        all_ms = {name: sorted(c.cpu if self.counted else c.wall for c in costs)
                  for name, costs in by_name.items()}
        best = {name: ms[0] for name, ms in all_ms.items()}
        for name, ms in all_ms.items():
            middle, ratio = statistics.median(ms), ms[0] / best["ip -batch"]
            self.add(verb, n, name, ms[0], median=middle, worst=ms[-1], x_ip=ratio,
                     peak_kb=max(c.peak_kb for c in by_name[name]))
            print(f"    {name:17} {ms[0]:9.1f} ms  (median {middle:.1f}, up to {ms[-1]:.1f}, "
                  f"{len(ms)} run{'s' * (len(ms) > 1)})  {ratio:6.2f} x ip", flush=True)
        return best

    def judge(self, n, best):
        ip, once = (best["cold"][name] for name in ("ip -batch", "netbondd --once"))
        self.goal(once / ip <= GOAL_COLD, f"cold {n}: {once / ip:.2f} x ip -batch, goal {GOAL_COLD}")
        if "limit" in best["cold"] and n >= 200:
            above = once / best["cold"]["limit"]
            self.goal(above <= GOAL_LIMIT, f"cold {n}: {above:.2f} x the limit, goal {GOAL_LIMIT}")
        if "idle" in best:
            look = best["idle"]["netbondd --once"] / best["idle"]["ip -batch"]
            self.goal(look <= GOAL_IDLE, f"idle {n}: {look:.2f} x ip -d link show + ip addr show, "
                      f"goal {GOAL_IDLE}")

    def wire(self, n):
        """On the wire, not by its own counter; and how much memory it took."""
        world = World(n)
        once = rivals.Once(self.build, world)
        world.make_links()
        cold = once.cold()
        counted = subprocess.run(["tests/bench/netlink-requests", *once.argv(world.config)], check=True,
                                 text=True, stdout=subprocess.PIPE).stdout.splitlines()[-1]
        self.goal(counted.endswith(", 0 that write"), f"idle {n}: {counted} (strace)")
        peak = max(cold.peak_kb, once.idle().peak_kb)
        self.add("peak memory", n, "netbondd --once", peak / 1024, unit="MB")
        self.add("nothing to do, requests", n, "netbondd --once", int(counted.split()[1]), unit="")
        self.goal(peak <= GOAL_MEMORY_KB, f"peak memory {n}: {peak / 1024:.1f} MB, "
                  f"goal {GOAL_MEMORY_KB // 1024} MB")
        world.remove_all()

    def growth(self, figures):
        """Cost per bond of netbondd, relative to ip -batch at the same N."""
        ratios = {n: best["cold"]["netbondd --once"] / best["cold"]["ip -batch"]
                  for n, best in figures.items() if n >= 50}
        if len(ratios) < 2:
            return
        first, last = min(ratios), max(ratios)
        grown = ratios[last] / ratios[first]
        self.goal(grown <= GOAL_GROWTH, f"cost per bond from {first} to {last}, relative to "
                  f"ip -batch: {grown:.2f} x, goal {GOAL_GROWTH}")

    def keep(self, n):
        """The daemon, which stays."""
        for what, value, unit in keeping.measure(self.build, n):
            print(f"    {what}: {value:.2f} {unit}", flush=True)
            self.add(what, n, "netbondd", value, unit=unit)

    def bus(self, n):
        """What clients wait."""
        for what, p99 in waiting.measure(self.build, n):
            self.goal(p99 <= GOAL_ANSWER_MS, f"{what}: p99 {p99:.1f} ms, goal {GOAL_ANSWER_MS}")
            self.add(what, n, "netbondd", p99)

    def loss(self, n):
        """How soon clients know that a carrier was lost."""
        of_slave, bare, told, more, ratio = failing.measure(self.build, n)
        print(f"    carrier of the active slave lost: a bare reader hears of it after {of_slave:.2f} "
              f"ms and of the failover after {bare:.2f} ms, a client of netbondd after {told:.2f} ms: "
              f"{more:.2f} ms later, {ratio:.2f} x", flush=True)
        self.add("carrier loss to failover", n, "bare reader", bare)
        self.add("carrier loss to failover", n, "netbondd", told)
        self.add("told after the bare reader", n, "netbondd", more)

    def storm(self, n):
        """What nobody wants to hear."""
        for what, mine, bare, ratio in storming.measure(self.build, n):
            self.goal(ratio <= GOAL_STORM, f"{what}: {mine:.1f} ms of a processor, a bare reader "
                      f"{bare:.1f} ms: {ratio:.2f} x, goal {GOAL_STORM}")
            self.add(what, n, "netbondd", mine)
            self.add(what, n, "bare reader", bare)

    def save(self):
        path = os.path.join(os.environ["LAB_OUT"], "bench.csv")
        with open(path, "w", encoding="ascii", newline="") as f:
            out = csv.writer(f)
            out.writerow(["work", "bonds", "who", "best", "median", "worst", "unit", "x_ip",
                          "peak_kb"])
            out.writerows(self.rows)


def main():
    p = argparse.ArgumentParser(prog="tests/bench/run [--qemu] [--out DIR]")
    p.add_argument("build", nargs="?", default="build-tests")
    p.add_argument("--bonds", default="1,50,200", help="numbers of bonds (default 1,50,200)")
    p.add_argument("--repeat", type=int, default=5)
    p.add_argument("--parts", default="idle,change,remove,wire,keep",
                   help="beside making them: idle,change,remove,boot,wire,keep,loss,storm,bus")
    p.add_argument("--rivals", default="limit",
                   help="beside ip: limit,ifupdown2,systemd-networkd,NetworkManager")
    p.add_argument("--counted", action="store_true", help="compare time of a processor")
    p.add_argument("--longest", type=float, default=600, metavar="SECS", help="another tool is "
                   "left out with a number of bonds of which a round would take longer, and a "
                   "round is repeated only when all take less (default 600)")
    options = p.parse_args()
    if "LAB_OUT" not in os.environ:
        sys.exit("this changes the network of the machine it runs on: use tests/bench/run")
    bench, figures = Bench(options), {}
    print(f"Linux {os.uname().release}, {os.cpu_count()} processor(s), "
          f"{os.environ.get('LAB_BACKEND', '')}", flush=True)
    try:
        for n in (int(n) for n in options.bonds.split(",")):
            figures[n] = bench.work(n)
            bench.judge(n, figures[n])
            for part in ("wire", "keep", "loss", "storm", "bus"):
                if part in bench.parts:
                    progress(f"{bonds(n)}: {part}")
                    getattr(bench, part)(n)
            bench.save()        # who ends a long run has this much
        bench.growth(figures)
    finally:
        bench.save()
    return 1 if bench.missed else 0


sys.exit(main())
