# SPDX-License-Identifier: LGPL-2.1-or-later
"""A second, independent look at rtnetlink: links and their bond attributes as bytes, single
requests with the kernel's answer, and what other programs ask of the kernel (nlmon).

The attribute lists repeat the uapi on purpose: they are the witness of lib/core/option-table.c and
share nothing with it."""

import ctypes
import os
import socket
import struct

GETLINK, NEWLINK, DELLINK = 18, 16, 17
ACK, REQUEST, DUMP, EXCL, CREATE = 4, 1, 0x300, 0x200, 0x400
IFF_UP = 1

# name: (attribute number, struct format or kind); linux/if_link.h
BOND = {
    "mode": (1, "B"), "active-slave": (2, "I"), "miimon": (3, "I"), "updelay": (4, "I"),
    "downdelay": (5, "I"), "use-carrier": (6, "B"), "arp-interval": (7, "I"),
    "arp-ip-target": (8, "ip4s"), "arp-validate": (9, "I"), "arp-all-targets": (10, "I"),
    "primary": (11, "I"), "primary-reselect": (12, "B"), "fail-over-mac": (13, "B"),
    "xmit-hash-policy": (14, "B"), "resend-igmp": (15, "I"), "num-grat-arp": (16, "B"),
    "all-slaves-active": (17, "B"), "min-links": (18, "I"), "lp-interval": (19, "I"),
    "packets-per-slave": (20, "I"), "lacp-rate": (21, "B"), "ad-select": (22, "B"),
    "ad-actor-sys-prio": (24, "H"), "ad-user-port-key": (25, "H"), "ad-actor-system": (26, "mac"),
    "tlb-dynamic-lb": (27, "B"), "peer-notif-delay": (28, "I"), "lacp-active": (29, "B"),
    "arp-missed-max": (30, "B"), "ns-ip6-target": (31, "ip6s"), "coupled-control": (32, "B"),
    "broadcast-neighbor": (33, "B"), "lacp-strict": (34, "B"),
}
SLAVE = {
    "state": (1, "B"), "mii-status": (2, "B"), "link-failure-count": (3, "I"),
    "perm-hwaddr": (4, "mac"), "queue-id": (5, "H"), "ad-aggregator-id": (6, "H"),
    "ad-actor-oper-port-state": (7, "B"), "ad-partner-oper-port-state": (8, "H"),
    "prio": (9, "i"), "actor-port-prio": (10, "H"),
}
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_MASTER, IFLA_LINKINFO = 1, 3, 4, 10, 18
INFO_KIND, INFO_DATA, INFO_SLAVE_KIND, INFO_SLAVE_DATA = 1, 2, 4, 5
NESTED = 0x8000


def attribute(number, payload):
    size = 4 + len(payload)
    return struct.pack("=HH", size, number) + payload + b"\0" * (-size % 4)


def attributes(data):
    """The attributes of a nest: {number: payload}."""
    found = {}
    while len(data) >= 4:
        size, number = struct.unpack_from("=HH", data)
        if size < 4:
            break
        found[number & 0x3fff] = data[4:size]
        data = data[(size + 3) & ~3:]
    return found


def encode(kind, value):
    if kind == "mac":
        return bytes.fromhex(value.replace(":", ""))
    if kind in ("ip4s", "ip6s"):
        family = socket.AF_INET if kind == "ip4s" else socket.AF_INET6
        return b"".join(attribute(i, socket.inet_pton(family, ip)) for i, ip in enumerate(value))
    return struct.pack("=" + kind, value)


def decode(kind, data):
    if kind == "mac":
        return data.hex(":")
    if kind in ("ip4s", "ip6s"):
        family = socket.AF_INET if kind == "ip4s" else socket.AF_INET6
        return sorted(socket.inet_ntop(family, ip) for ip in attributes(data).values())
    return struct.unpack("=" + kind, data)[0]


class Refused(Exception):
    """The kernel said no: .errno as a positive number."""

    def __init__(self, errno):
        super().__init__(os.strerror(errno))
        self.errno = errno


class Rtnl:
    """A socket of the namespace it is made in."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.socket.bind((0, 0))
        self.sequence = 0

    def request(self, kind, flags, payload):
        """Sends one message. Returns the answers' (type, payload); raises Refused."""
        self.sequence += 1
        self.socket.send(struct.pack("=IHHII", 16 + len(payload), kind, flags | REQUEST,
                                     self.sequence, 0) + payload)
        answers = []
        while True:
            data = self.socket.recv(1 << 20)
            while data:
                size, answer, _, sequence, _ = struct.unpack_from("=IHHII", data)
                body, data = data[16:size], data[(size + 3) & ~3:]
                if sequence != self.sequence:
                    continue
                if answer == 2:
                    error = -struct.unpack_from("=i", body)[0]
                    if error:
                        raise Refused(error)
                    return answers
                if answer == 3:
                    return answers
                answers.append((answer, body))
                if not flags & (DUMP | ACK):
                    return answers

    def links(self):
        """All links by name."""
        found = {}
        for _, body in self.request(GETLINK, DUMP, struct.pack("=BxHiII", 0, 0, 0, 0, 0)):
            link = Link(body)
            found[link.name] = link
        return found

    def set_link(self, index, extra=b"", flags=0, change=0):
        self.request(NEWLINK, ACK, struct.pack("=BxHiII", 0, 0, index, flags, change) + extra)

    def set_bond(self, index, name, value, up=None):
        """One bond option, as `ip link set ... type bond` would send it."""
        number, kind = BOND[name]
        data = attribute(number, encode(kind, value))
        info = attribute(INFO_KIND, b"bond\0") + attribute(INFO_DATA | NESTED, data)
        self.set_link(index, attribute(IFLA_LINKINFO | NESTED, info))

    def set_slave(self, index, name, value):
        number, kind = SLAVE[name]
        data = attribute(number, encode(kind, value))
        info = (attribute(INFO_SLAVE_KIND, b"bond\0") +
                attribute(INFO_SLAVE_DATA | NESTED, data))
        self.set_link(index, attribute(IFLA_LINKINFO | NESTED, info))

    def set_up(self, index, up):
        self.set_link(index, flags=IFF_UP if up else 0, change=IFF_UP)

    def set_master(self, index, master):
        self.set_link(index, attribute(IFLA_MASTER, struct.pack("=i", master)), 0,
                      IFF_UP if master else 0)


class Link:
    """One RTM_NEWLINK, read."""

    def __init__(self, body):
        _, self.type, self.index, self.flags, _ = struct.unpack_from("=BxHiII", body)
        found = attributes(body[16:])
        self.name = found[IFLA_IFNAME].rstrip(b"\0").decode()
        self.up = bool(self.flags & IFF_UP)
        self.running = bool(self.flags & 0x10000)   # IFF_LOWER_UP
        self.mtu = struct.unpack("=I", found[IFLA_MTU])[0]
        self.mac = found.get(IFLA_ADDRESS, b"").hex(":")
        self.master = struct.unpack("=I", found.get(IFLA_MASTER, b"\0\0\0\0"))[0]
        info = attributes(found.get(IFLA_LINKINFO, b""))
        self.kind = info.get(INFO_KIND, b"").rstrip(b"\0").decode()
        self.slave_kind = info.get(INFO_SLAVE_KIND, b"").rstrip(b"\0").decode()
        self.bond = self.named(BOND, info.get(INFO_DATA, b"")) if self.kind == "bond" else {}
        self.slave = (self.named(SLAVE, info.get(INFO_SLAVE_DATA, b""))
                      if self.slave_kind == "bond" else {})

    @staticmethod
    def named(table, data):
        found = attributes(data)
        return {name: decode(kind, found[number])
                for name, (number, kind) in table.items() if number in found}


libc = ctypes.CDLL(None, use_errno=True)


class Inside:
    """with Inside("name"): this thread is in that network namespace ("" = where it was)."""

    def __init__(self, namespace):
        self.namespace = namespace

    def __enter__(self):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        if self.namespace:
            there = os.open("/run/netns/" + self.namespace, os.O_RDONLY)
            enter(there)
            os.close(there)

    def __exit__(self, *_):
        enter(self.home)
        os.close(self.home)


def enter(descriptor):
    if libc.setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")


KINDS = {16: "link", 20: "address", 24: "route", 28: "neighbour", 32: "rule", 88: "namespace id"}


class Wire:
    """with Wire() as wire: what is asked of rtnetlink in one namespace, seen by an nlmon device."""

    def __init__(self, namespace=""):
        with Inside(namespace):
            nl = Rtnl()
            if "nlmon0" not in nl.links():
                info = attribute(INFO_KIND, b"nlmon\0")
                nl.request(NEWLINK, ACK | CREATE | EXCL,
                           struct.pack("=BxHiII", 0, 0, 0, IFF_UP, IFF_UP) +
                           attribute(IFLA_IFNAME, b"nlmon0\0") +
                           attribute(IFLA_LINKINFO | NESTED, info))
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)     # SO_RCVBUFFORCE
            self.socket.bind(("nlmon0", 3))
        self.socket.setblocking(False)

    def __enter__(self):
        self.read()
        return self

    def __exit__(self, *_):
        self.requests = self.read()
        self.writes = [text for text in self.requests if not text.startswith("get ")]
        lost = struct.unpack("=II", self.socket.getsockopt(263, 6, 8))[1]   # PACKET_STATISTICS
        if lost:
            raise RuntimeError(f"nlmon lost {lost} messages")

    def read(self):
        """The requests since the last call: "get link", "new address", "delete route", ..."""
        found = []
        while True:
            try:
                data, address = self.socket.recvfrom(1 << 18)
            except BlockingIOError:
                return found
            if address[1] != 0:         # NETLINK_ROUTE
                continue
            while len(data) >= 16:
                size, kind, flags = struct.unpack_from("=IHH", data)
                if size < 16:
                    break
                if flags & REQUEST and kind >= 16:
                    verb = ("new", "delete", "get", "set")[kind & 3]
                    found.append(f"{verb} {KINDS.get(kind & ~3, kind & ~3)}")
                data = data[(size + 3) & ~3:]
