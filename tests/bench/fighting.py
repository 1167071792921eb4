# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a fight costs: another tool takes a slave out of a bond as often as it comes back."""

import os
import time

import mending  # noqa: F401  finds rtnl
import rtnl
from world import slaves

SECONDS, LOOK = 30, 0.02


def fight(daemon_cpu_ns, world):
    """(how often it was taken out, per cent of a processor that the daemon took)"""
    name, nl, taken = slaves(world.n - 1)[1], rtnl.Rtnl(), 0
    index = nl.links()[name].index
    start, before = time.monotonic(), daemon_cpu_ns()
    while time.monotonic() < start + SECONDS:
        if os.path.exists(f"/sys/class/net/{name}/master"):
            nl.set_master(index, 0)
            taken += 1
        time.sleep(LOOK)
    return taken, (daemon_cpu_ns() - before) / (time.monotonic() - start) / 1e7
