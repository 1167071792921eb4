# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long a slave that another tool took out is missing, and the request that puts it back.

By the kernel's own time stamps of what rtnetlink carries, seen by an nlmon device and read when all
is over: what measures does not run, nor wake, in between."""

import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../real"))

import rtnl  # noqa: E402
from world import slaves  # noqa: E402

TIMES = 9               # each on a bond of its own where there are enough
MOST_ON_ONE = 4         # more of them within 30 s would be a fight
PATIENCE_SECONDS = 60
SO_TIMESTAMPNS = 35
ERROR, SETLINK = 2, 19


class Message:
    """One message: .at in ms, .kind, .is_request, .sequence; of links .index, .master (0: none)"""

    def __init__(self, at, data):
        _, self.kind, flags, self.sequence = struct.unpack_from("=IHHI", data)
        self.at, self.is_request = at, bool(flags & rtnl.REQUEST)
        self.index = self.master = None
        if self.kind in (rtnl.NEWLINK, SETLINK):
            self.index = struct.unpack_from("=i", data, 20)[0]
            found = rtnl.attributes(data[32:]).get(rtnl.IFLA_MASTER)
            self.master = struct.unpack("=i", found)[0] if found else 0

    def puts(self, slave, bond):
        return self.is_request and (self.index, self.master) == (slave, bond)

    def tells_missing(self, slave, bond):
        return not self.is_request and self.index == slave and self.master != bond


class Tap(rtnl.Wire):
    """Its messages with the time at which the kernel carried them."""

    def __init__(self):
        super().__init__()
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def messages(self):
        """Those since the last call."""
        found = []
        while True:
            try:
                data, extra, _, address = self.socket.recvmsg(1 << 18, 64)
            except BlockingIOError:
                return found
            if address[1] != 0:         # NETLINK_ROUTE
                continue
            seconds, ns = struct.unpack("=qq", extra[0][2])
            while len(data) >= 16:
                size = struct.unpack_from("=I", data)[0]
                if size < 16:
                    break
                found.append(Message(seconds * 1000 + ns / 1e6, data[:size]))
                data = data[(size + 3) & ~3:]


def split(messages, slave, bond):
    """(the last word that it is missing, the requests from there to the one that puts it back, its ACK)"""
    put = next(i for i, m in enumerate(messages) if m.puts(slave, bond))
    missing = max((i for i, m in enumerate(messages[:put]) if m.tells_missing(slave, bond)), default=0)
    ack = next(m for m in messages[put:] if m.kind == ERROR and m.sequence == messages[put].sequence)
    return messages[missing], [m for m in messages[missing:put + 1] if m.is_request], ack


def pairs(world, links):
    """Indexes of the slave to take out and of its bond, time by time."""
    for i in range(min(TIMES, MOST_ON_ONE * world.n)):
        yield links[slaves(i % world.n)[1]].index, links[f"bond{i % world.n}"].index


def until_put(tap, slave, bond):
    """The messages until it is put back, and what follows."""
    messages, end, is_put = [], time.monotonic() + PATIENCE_SECONDS, False
    while not is_put and time.monotonic() < end:
        is_put = any(m.puts(slave, bond) for m in messages)
        time.sleep(0.3)
        messages += tap.messages()
    return messages


def mend(world):
    """Milliseconds from the kernel's last word that a slave is out to the ACK of what puts it back."""
    nl, tap, mended = rtnl.Rtnl(), Tap(), []
    for slave, bond in pairs(world, nl.links()):
        tap.messages()
        nl.set_master(slave, 0)
        missing, _, ack = split(until_put(tap, slave, bond), slave, bond)
        mended.append(ack.at - missing.at)
    return mended


def bare_requests(world):
    """Milliseconds of the request that puts it back, sent by hand and acknowledged."""
    nl, bare = rtnl.Rtnl(), []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        for slave, bond in pairs(world, nl.links()):
            request = (struct.pack("=BxHiII", 0, 0, slave, 0, 0) +
                       rtnl.attribute(rtnl.IFLA_MASTER, struct.pack("=i", bond)))
            request = struct.pack("=IHHII", 16 + len(request), rtnl.NEWLINK, rtnl.REQUEST | rtnl.ACK,
                                  1, 0) + request
            nl.set_master(slave, 0)
            time.sleep(0.3)
            start = time.perf_counter()
            sock.send(request)
            answer = sock.recv(4096)
            bare.append((time.perf_counter() - start) * 1000)
            if struct.unpack_from("=i", answer, 16)[0]:
                raise RuntimeError("the kernel refused to put a slave back")
    return bare
