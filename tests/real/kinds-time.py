#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --backend qemu
"""Time namespaces, on a kernel that has them: clocks shifted inside alone, in a set with and without a
user namespace, shared, changed, removed."""

import os
import time

import lab
from lab import NETBONDCTL, applies, check, must, once, same

CLOCKS = ("import time; print(time.clock_gettime(time.CLOCK_MONOTONIC), "
          "time.clock_gettime(time.CLOCK_BOOTTIME))")
MAP = [{"inside": 0, "outside": 100000, "count": 65536}]


def config(offsets, **more):
    return {"namespaces": {"clock": {"types": ["net", "time", *more], "offsets": offsets,
                                     **{key: MAP for key in ("uid-map", "gid-map") if more}},
                           "same": {"types": [], "share": {"time": "clock"}}}}


def shift(name):
    """By how many hours its clocks are off: monotonic, boottime."""
    here = time.clock_gettime(time.CLOCK_MONOTONIC), time.clock_gettime(time.CLOCK_BOOTTIME)
    there = must(NETBONDCTL, "ns", "exec", name, "--", "python3", "-c", CLOCKS).split()
    return tuple(round((float(a) - b) / 3600) for a, b in zip(there, here))


check(os.path.exists("/proc/self/ns/time"), "this kernel has time namespaces")
run = applies(config({"monotonic": 36000, "boottime": 72000}), "a set with clocks of its own",
              allow=None, namespaces=["clock"])
same(shift("clock"), (10, 20), "inside the clocks are shifted", run)
same(shift("same"), (10, 20), "and where they are shared")
now = time.time()
there = float(must(NETBONDCTL, "ns", "exec", "clock", "--", "date", "+%s"))
check(abs(there - now) < 100, "the time of day is the machine's")
run = once(config({"monotonic": 0, "boottime": 36000}), allow=None, namespaces=["clock"])
check(run.status == 2 and "make anew time (the offsets of a time namespace are fixed by its first process)"
      in run.out and shift("clock") == (10, 20), "other offsets are held", run)
applies(config({"monotonic": 0, "boottime": 36000}), "and allowed", namespaces=["clock"])
same((shift("clock"), shift("same")), ((0, 10), (0, 10)), "both have them")
applies("version: 1\n", "it leaves the file")
applies(config({"boottime": 3600}, user=True), "in a user namespace", namespaces=["clock"])
same(shift("clock"), (0, 1), "its clocks are shifted, too")
applies("version: 1\n", "it leaves the file, too")
same((lab.type_pins(), lab.pinned()), ({}, []), "nothing is left")
lab.finish()
