# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the daemon that stays costs: taking a configuration, mending drift, one event, a fight, memory."""

import os
import signal
import statistics
import subprocess
import tempfile
import time

from fighting import SECONDS, fight
from mending import bare_requests, mend
from rivals import Addresses, PATIENCE, cpu_ns
from world import World

EVENTS = 12


def memory_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(dict(line.split(":", 1) for line in f)["VmRSS"].split()[0])


class Daemon:
    """with Daemon(build, world): the service, which knows of no bond before apply()."""

    def __init__(self, build, world):
        self.world, self.folder, self.rundir = world, tempfile.mkdtemp(), world.rundir()
        self.argv = [f"{build}/daemon/service/netbondd", "--quiet", "--config-dir", self.folder,
                     "--runtime-dir", self.rundir]

    def __enter__(self):
        self.process = subprocess.Popen(self.argv)
        self.pid = self.process.pid
        while not os.path.exists(f"{self.rundir}/bus"):
            time.sleep(0.1)
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def apply(self):
        """Milliseconds until the configuration is made true. While it still starts it refuses."""
        os.symlink(self.world.config, f"{self.folder}/bonds.yaml")
        ears, bond = Addresses(), "/sys/class/net/bond0"
        end = time.monotonic() + PATIENCE
        while not os.path.exists(bond) and time.monotonic() < end:
            start = time.monotonic()
            self.process.send_signal(signal.SIGHUP)
            while not os.path.exists(bond) and time.monotonic() < start + 2:
                time.sleep(0.01)
        ears.wait(self.world.n, end)
        while self.world.complete() and time.monotonic() < end:
            time.sleep(0.02)
        return (time.monotonic() - start) * 1000


def event_cost(pid):
    """Processor time of one notification that changes nothing. Its clock may tick each 10 ms only."""
    before = cpu_ns(pid)
    for i in range(EVENTS):
        subprocess.run(["ip", "link", "set", "d0", "alias", f"x{i}"], check=True)
        time.sleep(0.7)
    return (cpu_ns(pid) - before) / EVENTS / 1e6


def measure(build, n):
    """[(what, value, unit)]"""
    world, found = World(n), []
    world.make_links()
    with Daemon(build, world) as daemon:
        found.append(("a reload that makes all", daemon.apply(), "ms"))
        time.sleep(2)
        mended = mend(world)
        found.append(("a slave taken out is back after", statistics.median(mended), "ms"))
        found.append(("processor time of one event", event_cost(daemon.pid), "ms"))
        taken, busy = fight(lambda: cpu_ns(daemon.pid), world)
        found.append((f"a slave taken out whenever it is in, for {SECONDS} s", taken, "times"))
        found.append(("processor meanwhile", busy, "%"))
        found.append(("resident memory", memory_kb(daemon.pid) / 1024, "MB"))
    bare = statistics.median(bare_requests(world))
    found.insert(2, ("the bare request that puts it back", bare, "ms"))
    found.insert(3, ("drift mended, in bare requests", statistics.median(mended) / bare, "x"))
    world.remove_all()
    return found
