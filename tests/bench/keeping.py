# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the daemon that stays costs: taking a configuration, mending drift, one event, memory."""

import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../real"))

import rtnl  # noqa: E402
from rivals import Addresses, PATIENCE  # noqa: E402
from world import World, slaves  # noqa: E402

MENDED = 9              # times; each on a bond of its own where there are enough
MOST_ON_ONE = 4         # more of them within 30 s would be a fight
EVENTS = 12


class Ear:
    """The links the kernel tells of."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.socket.bind((0, 1))                                        # RTMGRP_LINK
        self.socket.settimeout(20)

    def wait(self, index, master):
        """Until the link of that index is a slave of @master."""
        while True:
            data = self.socket.recv(1 << 16)
            while len(data) >= 16:
                size, kind = struct.unpack_from("=IH", data)
                if kind == rtnl.NEWLINK and struct.unpack_from("=i", data, 20)[0] == index and \
                        rtnl.Link(data[16:size]).master == master:
                    return
                data = data[(size + 3) & ~3:]


def cpu_ns(pid):
    """Time on a processor, in the kernel as well."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[0])


def memory_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(dict(line.split(":", 1) for line in f)["VmRSS"].split()[0])


def reload(daemon, world):
    """Milliseconds until a configuration is made true. While it still starts it refuses."""
    ears, bond = Addresses(), "/sys/class/net/bond0"
    end = time.monotonic() + PATIENCE
    while not os.path.exists(bond) and time.monotonic() < end:
        start = time.monotonic()
        daemon.send_signal(signal.SIGHUP)
        while not os.path.exists(bond) and time.monotonic() < start + 2:
            time.sleep(0.01)
    ears.wait(world.n, end)
    while world.complete() and time.monotonic() < end:
        time.sleep(0.02)
    return (time.monotonic() - start) * 1000


def mend(world):
    """Milliseconds from the ACK of what another tool did until it is undone."""
    nl, mended = rtnl.Rtnl(), []
    have = nl.links()
    for i in range(min(MENDED, MOST_ON_ONE * world.n)):
        bond, slave = have[f"bond{i % world.n}"], have[slaves(i % world.n)[1]]
        ear = Ear()
        nl.set_link(slave.index, rtnl.attribute(rtnl.IFLA_MASTER, struct.pack("=i", 0)))
        start = time.monotonic()
        ear.wait(slave.index, bond.index)
        mended.append((time.monotonic() - start) * 1000)
        time.sleep(0.3)
    return mended


def bare_requests(world):
    """Milliseconds of the request that undoes it, sent by hand."""
    nl, bare = rtnl.Rtnl(), []
    have = nl.links()
    for i in range(min(MENDED, MOST_ON_ONE * world.n)):
        bond, slave = have[f"bond{i % world.n}"], have[slaves(i % world.n)[1]]
        nl.set_master(slave.index, 0)
        nl.set_up(slave.index, False)
        start = time.monotonic()
        nl.set_link(slave.index, rtnl.attribute(rtnl.IFLA_MASTER, struct.pack("=i", bond.index)))
        bare.append((time.monotonic() - start) * 1000)
    return bare


def event_cost(pid):
    """Processor time of one notification that changes nothing. Its clock may tick each 10 ms only."""
    before = cpu_ns(pid)
    for i in range(EVENTS):
        subprocess.run(["ip", "link", "set", "d0", "alias", f"x{i}"], check=True)
        time.sleep(0.7)
    return (cpu_ns(pid) - before) / EVENTS / 1e6


def measure(build, n):
    """[(what, value, unit)]"""
    world, folder = World(n), tempfile.mkdtemp()
    found = []
    world.make_links()
    with subprocess.Popen([f"{build}/daemon/service/netbondd", "--quiet", "--config-dir", folder,
                           "--runtime-dir", world.rundir()]) as daemon:
        time.sleep(1)
        os.symlink(world.config, f"{folder}/bonds.yaml")
        found.append(("a reload that makes all", reload(daemon, world), "ms"))
        time.sleep(2)
        mended = mend(world)
        found.append(("a slave taken out is back after", statistics.median(mended), "ms"))
        found.append(("processor time of one event", event_cost(daemon.pid), "ms"))
        found.append(("resident memory", memory_kb(daemon.pid) / 1024, "MB"))
        daemon.terminate()
    bare = statistics.median(bare_requests(world))
    found.insert(2, ("the bare request that puts it back", bare, "ms"))
    found.insert(3, ("that is", statistics.median(mended) / bare, "x"))
    world.remove_all()
    return found
