# SPDX-License-Identifier: LGPL-2.1-or-later
"""A storm of notifications about a link that is nobody's: the processor time the daemon needs for
it, beside that of a program that hears the same and throws it away."""

import statistics
import subprocess
import time

from keeping import Daemon
from rivals import cpu_ns
from world import World, ip_batch

MESSAGES = 10000
REPEAT = 3
QUIET_SECONDS = 1.0     # nothing of it is left to do


class Listener:
    """storm listen, as long as it is wanted."""

    def __init__(self, build):
        self.process = subprocess.Popen([f"{build}/tests/bench/storm", "listen"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def end(self):
        """(messages, overruns)"""
        return tuple(int(word) for word in self.process.communicate()[0].split())


def rest(pid):
    """Until it did nothing for a while."""
    before = None
    while before != (before := cpu_ns(pid)):
        time.sleep(QUIET_SECONDS)


def once(build, pid, what):
    """(ns of the daemon, ns of the listener) for one storm, which both of them hear."""
    rest(pid)
    listener = Listener(build)
    pids = (pid, listener.process.pid)
    before = [cpu_ns(p) for p in pids]
    subprocess.run([f"{build}/tests/bench/storm", "raise", what, "foreign0", str(MESSAGES)],
                   check=True)
    rest(pid)
    costs = [cpu_ns(p) - b for p, b in zip(pids, before)]
    messages, overruns = listener.end()
    if messages < MESSAGES or overruns:
        raise RuntimeError(f"the listener heard {messages} of {MESSAGES}, {overruns} overruns")
    return costs


def measure(build, n):
    """[(what, the daemon's ms, the listener's ms, ratio)]"""
    world, found = World(n), []
    world.make_links()
    ip_batch(["link add foreign0 type dummy", "link set foreign0 up"])
    with Daemon(build, world) as daemon:
        daemon.apply()
        for what in ("mtu", "alias"):
            costs = [once(build, daemon.pid, what) for _ in range(REPEAT)]
            found.append((f"{MESSAGES} notifications of a foreign link ({what})",
                          *(statistics.median(c[i] for c in costs) / 1e6 for i in (0, 1)),
                          statistics.median(mine / bare for mine, bare in costs)))
    ip_batch(["link del foreign0"])
    world.remove_all()
    return found
