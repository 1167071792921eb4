#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each of the seven modes made from nothing, as the kernel shows it; bonds of bonds; no slaves."""

import lab
from lab import MODES, addresses, applies, bonds, check, clean, links, routes, same

BOTH = ["192.0.2.1/24", "2001:db8::1/64"]
ROUTES = [{"to": "default", "via": "192.0.2.254", "metric": 50},
          {"to": "2001:db8:ff::/48", "via": "2001:db8::fe"}]

# What shall differ from a fresh bond of the mode, to be found again in the kernel.
OPTIONS = {
    "balance-rr": {"packets-per-slave": 7, "resend-igmp": 3},
    "active-backup": {"primary": "e1", "num-grat-arp": 3, "updelay": 200, "downdelay": 300},
    "balance-xor": {"xmit-hash-policy": "layer3+4"},
    "broadcast": {"miimon": 50},
    "802.3ad": {"lacp-rate": "fast", "ad-select": "bandwidth", "min-links": 1,
                "ad-actor-system": "02:00:00:00:00:77", "ad-user-port-key": 5},
    "balance-tlb": {"tlb-dynamic-lb": False, "lp-interval": 5},
    "balance-alb": {"primary": "e1", "primary-reselect": "better"},
}
def one_mode(number, mode):
    slaves = ["e0", "e1"]
    config = bonds(bond0={"mode": mode, "slaves": slaves, "mtu": 1400, "addresses": BOTH,
                          "routes": ROUTES, **OPTIONS[mode]})
    own = links()["e0"].mac
    run = applies(config, f"{mode} from nothing")
    same(run.worst, "live", f"{mode} from nothing: making it stops nothing, class live")
    have = links()
    bond = have["bond0"]
    same((bond.kind, bond.bond["mode"], bond.up, bond.mtu), ("bond", number, True, 1400),
         f"{mode}: the kernel has that mode, the bond is up, MTU 1400")
    for name, value in OPTIONS[mode].items():
        same(bond.bond[name], lab.in_kernel(name, value, have),
             f"{mode}: {name} is {value} in the kernel")
    if "miimon" not in OPTIONS[mode]:
        same(bond.bond["miimon"], 100, f"{mode}: miimon is 100, netbond's default")
    same(lab.slave_order("bond0"), slaves, f"{mode}: both are slaves, in the order of the file")
    check(all(have[s].up and have[s].mtu == 1400 for s in slaves),
          f"{mode}: the slaves are up and have the bond's MTU")
    same(bond.mac, own, f"{mode}: the bond has the MAC of its first slave")
    same(addresses("bond0"), set(BOTH), f"{mode}: it has both addresses")
    same(routes("bond0"), {"default via 192.0.2.254 metric 50",
                           "2001:db8:ff::/48 via 2001:db8::fe"}, f"{mode}: it has both routes")
    check(lab.wait_for(lambda: lab.answers("192.0.2.2"), 12),
          f"{mode}: the other end of the cables answers through it")


def seven_modes():
    for number, mode in enumerate(MODES):
        lab.cables("far", {"e0": "p0", "e1": "p1"})
        if mode == "802.3ad":
            lab.partner_bond("far", "b1", ["p0", "p1"], "mode 802.3ad miimon 100 lacp_rate fast",
                             ["192.0.2.2/24"])
        elif mode in ("balance-rr", "balance-xor", "broadcast"):
            lab.partner_bond("far", "b1", ["p0", "p1"], "mode balance-rr miimon 100",
                             ["192.0.2.2/24"])
        else:
            lab.partner_bridge("far", "b1", ["p0", "p1"], ["192.0.2.2/24"])
        one_mode(number, mode)
        lab.ip("link del b1", "far")
        clean("bond0", "e0", "e1")


def without_slaves():
    for mode in MODES:
        applies(bonds(bond0={"mode": mode, "slaves": [], "addresses": BOTH}),
                f"{mode} without slaves")
        same(addresses("bond0"), set(BOTH), f"{mode} without slaves: has its addresses")
        clean("bond0")


def all_at_once():
    """Seven bonds and one upon two of them, by one plan."""
    names = [f"d{i}" for i in range(14)]
    lab.dummies(*names)
    wanted = {f"bond{i}": {"mode": mode, "slaves": names[2 * i:2 * i + 2],
                           "addresses": [f"192.0.2.{i + 1}/32"]} for i, mode in enumerate(MODES)}
    wanted["bond5"]["addresses"] = wanted["bond6"]["addresses"] = []
    wanted["top"] = {"mode": "active-backup", "slaves": ["bond5", "bond6"],
                     "addresses": ["198.51.100.1/24"]}
    applies(bonds(**wanted), "seven bonds and a bond of two of them")
    have = links()
    same([have[f"bond{i}"].bond["mode"] for i in range(7)], list(range(7)),
         "seven bonds: each has its mode")
    same(lab.slave_order("top"), ["bond5", "bond6"], "a bond of bonds has both as its slaves")
    same(have["top"].mac, have["bond5"].mac, "a bond of bonds has the MAC of the first")
    clean("top", *(f"bond{i}" for i in range(7)))
    lab.delete_links(*names)


seven_modes()
without_slaves()
all_at_once()
lab.finish()
