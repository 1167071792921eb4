#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""All 42 changes of one mode into another, with slaves, addresses and routes of both families in
place, some of them not netbond's."""

import lab
from lab import MODES, addresses, bonds, check, links, once, routes, same

OURS = ["192.0.2.1/24", "2001:db8::1/64"]
ROUTES = [{"to": "default", "via": "192.0.2.254", "metric": 50},
          {"to": "2001:db8:ff::/48", "via": "2001:db8::fe"}]
FOREIGN_ADDRESS = "2001:db8:99::1/64"
FOREIGN_ROUTES = """route add 203.0.113.0/24 via 192.0.2.253 proto static
                    route add 2001:db8:98::/48 via 2001:db8:99::fe proto static metric 77"""
ALL_ADDRESSES = {*OURS, FOREIGN_ADDRESS}
ALL_ROUTES = {"default via 192.0.2.254 metric 50", "2001:db8:ff::/48 via 2001:db8::fe",
              "203.0.113.0/24 via 192.0.2.253", "2001:db8:98::/48 via 2001:db8:99::fe metric 77"}
MAC = "02:00:00:00:00:0b"

# In each mode some option that only it takes, so that a change has to carry it over or drop it.
OPTIONS = {
    "balance-rr": {"packets-per-slave": 4, "arp-interval": 200, "arp-ip-target": ["192.0.2.2"]},
    "active-backup": {"primary": "e1", "updelay": 200, "fail-over-mac": "none"},
    "balance-xor": {"xmit-hash-policy": "layer3+4", "arp-interval": 300,
                    "arp-ip-target": ["192.0.2.2"], "arp-validate": "filter"},
    "broadcast": {"miimon": 50, "downdelay": 100},
    "802.3ad": {"lacp-rate": "fast", "ad-user-port-key": 9, "ad-actor-sys-prio": 77},
    "balance-tlb": {"tlb-dynamic-lb": False, "miimon": 200},
    "balance-alb": {"tlb-dynamic-lb": True, "primary": "e0"},
}


def config(mode, mac):
    bond = {"mode": mode, "slaves": ["e0", "e1"], "addresses": OURS, "routes": ROUTES,
            **OPTIONS[mode]}
    if mac:
        bond["mac"] = mac
    return bonds(bond0=bond)


def state():
    have = links()
    bond = have["bond0"]
    return {
        "mode": bond.bond["mode"], "up": bond.up, "mac": bond.mac, "mtu": bond.mtu,
        "slaves": lab.slave_order("bond0"), "slaves up": have["e0"].up and have["e1"].up,
        "addresses": addresses("bond0"), "routes": routes("bond0"),
    }


def one_pair(source, target, mac):
    before = links()["bond0"].mac
    want = {"mode": MODES.index(target), "up": True, "mac": mac or before, "mtu": 1500,
            "slaves": ["e0", "e1"], "slaves up": True, "addresses": ALL_ADDRESSES,
            "routes": ALL_ROUTES}
    change = once(config(target, mac))
    name = f"{source} -> {target}" + (" with a fixed MAC" if mac else "")
    check(change.status == 0 and change.plans == 1, f"{name}: one plan", change)
    same(change.worst, "rebuild", f"{name}: class rebuild", change)
    same(state(), want, f"{name}: slaves, MAC, addresses and routes are there, also the foreign",
         change)
    again = once(config(target, mac))
    right, wrong = lab.kernel_has("bond0", OPTIONS[target])
    check(right, f"{name}: the options of the new mode are there", wrong)
    check(again.status == 0 and not again.writes, f"{name}: the next run writes nothing",
          again.writes, change, again)


def walk():
    """A round through all ordered pairs: each is walked once (an Euler circuit)."""
    left = {a: [b for b in MODES if b != a] for a in MODES}
    stack, path = [MODES[0]], []
    while stack:
        if left[stack[-1]]:
            stack.append(left[stack[-1]].pop())
        else:
            path.append(stack.pop())
    return path[::-1]


def start(mode, mac):
    lab.cables("far", {"e0": "p0", "e1": "p1"})
    lab.partner_bridge("far", "switch", ["p0", "p1"], ["192.0.2.2/24"])
    once(config(mode, mac))
    lab.batch(f"address add {FOREIGN_ADDRESS} dev bond0 nodad\n{FOREIGN_ROUTES}")


def end():
    lab.ip("link del switch", "far")
    lab.clean("bond0", "e0", "e1")


path = walk()
pairs = list(zip(path, path[1:]))
same(len(set(pairs)), 42, "the walk has all 42 ordered pairs")
start(path[0], None)
for a, b in pairs:
    one_pair(a, b, None)
end()

# The same with a MAC of its own for the bond: all pairs by --long, one round by default.
start(path[0], MAC)
for a, b in pairs if lab.LONG else pairs[:7]:
    one_pair(a, b, MAC)
end()
lab.finish()
