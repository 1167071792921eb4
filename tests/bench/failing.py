# SPDX-License-Identifier: LGPL-2.1-or-later
"""From the loss of the active slave's carrier to the daemon's signal on the bus, beside what a bare
reader of netlink waits for the same failover. Most of it is miimon, 100 ms at most."""

import statistics
import subprocess
import time

from keeping import Daemon
from world import World

TIMES = 15


def measure(build, n):
    """(ms to the slave's notification, ms to the bond's, ms to the signal, ms between the two, ratio),
    medians"""
    world = World(n)
    world.make_links()
    with Daemon(build, world) as daemon:
        daemon.apply()
        time.sleep(2)
        text = subprocess.run([f"{build}/tests/bench/loss", f"{daemon.rundir}/bus", "bond0",
                               str(TIMES)], check=True, text=True, stdout=subprocess.PIPE).stdout
    world.remove_all()
    rows = [[int(word) / 1000 for word in line.split()] for line in text.splitlines()]
    return (*(statistics.median(row[i] for row in rows) for i in range(3)),
            statistics.median(row[2] - row[1] for row in rows),
            statistics.median(row[2] / row[1] for row in rows))
