# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client of the bus waits for a small answer while the daemon applies a plan, and while
others ask for all there is."""

import os
import signal
import subprocess
import sys
import tempfile
import time

from rivals import PATIENCE
from world import World

BIG = ("GetManagedObjects", "Describe", "Snapshot", "Plan", "Explain")
QUIET_SECONDS = 8       # what is asked of a daemon that has nothing else to do


class Caller:
    """bus-latency, as long as it is wanted."""

    def __init__(self, build, socket, *method):
        self.process = subprocess.Popen([f"{build}/tests/bench/bus-latency", socket, *method],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end(self):
        """(calls, p50, p99, max), the times in milliseconds"""
        words = self.process.communicate()[0].split()
        if len(words) != 4:
            raise RuntimeError("bus-latency got no answer")
        return (int(words[0]), *(int(word) / 1000 for word in words[1:]))


def tell(what, figures):
    print(f"    {what:42} {figures[0]:6} calls: p50 {figures[1]:8.1f} ms, p99 {figures[2]:8.1f} ms, "
          f"at most {figures[3]:8.1f} ms", flush=True)


def ask_while(build, socket, methods, busy):
    """What small questions wait while busy() lasts and each of @methods is called all the time."""
    others = [Caller(build, socket, method) for method in methods]
    small = Caller(build, socket)
    busy()
    found = small.end()
    for method, other in zip(methods, others):
        tell(f"    {method}", other.end())
    return found


def applying(daemon, world):
    """Until what the file says is in force."""
    def busy():
        daemon.send_signal(signal.SIGHUP)
        end = time.monotonic() + PATIENCE
        while world.complete() and time.monotonic() < end:
            time.sleep(1)
    return busy


def measure(build, n):
    """[(what, p99 in ms)]"""
    found = []
    for methods in ((), BIG):
        world, folder = World(n), tempfile.mkdtemp()
        rundir = world.rundir()
        world.make_links()
        with subprocess.Popen([f"{build}/daemon/service/netbondd", "--quiet", "--config-dir",
                               folder, "--runtime-dir", rundir]) as daemon:
            while not os.path.exists(f"{rundir}/bus"):
                time.sleep(0.1)
            time.sleep(1)
            os.symlink(world.config, f"{folder}/bonds.yaml")
            what = f"{n} bonds applied, " + ("others ask for all" if methods else "nobody else asks")
            figures = ask_while(build, f"{rundir}/bus", methods, applying(daemon, world))
            tell(what, figures)
            found.append((what, figures[2]))
            time.sleep(2)
            for method in methods:
                figures = ask_while(build, f"{rundir}/bus", (method,),
                                    lambda: time.sleep(QUIET_SECONDS))
                tell(f"idle, {method} asked for", figures)
                found.append((f"{n} bonds idle, {method} asked for", figures[2]))
            daemon.terminate()
        world.remove_all()
    return found


if __name__ == "__main__":
    if "LAB_OUT" not in os.environ:
        sys.exit("this changes the network of the machine it runs on: tests/lab/run -- " + sys.argv[0])
    measure(sys.argv[1], int(sys.argv[2]))
