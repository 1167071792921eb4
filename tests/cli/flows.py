# SPDX-License-Identifier: LGPL-2.1-or-later
"""A capture as tcpdump writes it, made of nothing: what --flows of netbondctl reads."""

import ipaddress
import struct

ETHERNET, COOKED = 1, 113       # pcap-linktype(7)
BOND, PEER, OTHER = (bytes.fromhex(f"0200000000{end}") for end in ("07", "99", "42"))


def frame(source, ports, size, mac=BOND):
    """A TCP segment to one server, @size bytes long on the wire."""
    tcp = struct.pack(">HHIIBBHHH", *ports, 0, 0, 0x50, 0x10, 1024, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0x4000, 64, 6, 0,
                     ipaddress.ip_address(source).packed,
                     ipaddress.ip_address("198.51.100.7").packed)
    return (PEER + mac + b"\x08\0" + ip + tcp)[:size], size


def arp():
    body = struct.pack(">HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, BOND, bytes((192, 0, 2, 1)), bytes(6),
                       bytes((192, 0, 2, 254)))
    return b"\xff" * 6 + BOND + b"\x08\x06" + body, 42


def file(frames, link=ETHERNET):
    head = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 256, link)
    return head + b"".join(struct.pack("<IIII", i, 0, len(data), size) + data
                           for i, (data, size) in enumerate(frames))


def busy():
    """A host with clients of one server: few large flows and many small ones, and a neighbour."""
    frames = [arp(), frame("192.0.2.77", (1024, 443), 1000, OTHER)]
    for client in range(30):
        for _ in range(1 + 40 // (client + 1)):
            frames.append(frame(f"192.0.2.{1 + client % 3}", (40000 + client, 443), 1514 - 20 * client))
    return file(frames)


CAPTURES = {
    "busy": busy(),
    "torn": busy()[:-7],
    "empty": file([]),
    "cooked": file([frame("192.0.2.1", (1, 2), 100)], COOKED),
    "foreign": file([frame("192.0.2.77", (1024 + i, 443), 600, OTHER) for i in range(4)]),
    "text": b"no capture at all, a text\n",
}
