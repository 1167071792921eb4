#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A NIC that carries addresses and the default route becomes a slave: only when allowed, and the
bond answers afterwards."""

import lab
from lab import addresses, applies, check, links, once, routes, same, slave_order

BOTH = {"192.0.2.1/24", "2001:db8::1/64"}
ROUTES = {"default via 192.0.2.2", "198.51.100.0/24 via 192.0.2.9", "default via 2001:db8::2",
          "2001:db8:7::/48 via 2001:db8::2"}
WANTED = {"mode": "active-backup", "slaves": ["e0", "e1"], "addresses": sorted(BOTH),
          "routes": [{"to": "default", "via": "192.0.2.2"},
                     {"to": "default", "via": "2001:db8::2"}]}
OURS = {"default via 192.0.2.2", "default via 2001:db8::2"}
CONFIG = {"bonds": {"bond0": WANTED}}


def set_up():
    lab.cables("far", {"e0": "p0", "e1": "p1"})
    lab.partner_bridge("far", "switch", ["p0", "p1"], ["192.0.2.2/24", "2001:db8::2/64"])
    lab.batch("""link set e0 up\naddress add 192.0.2.1/24 dev e0
        address add 2001:db8::1/64 dev e0 nodad
        route add default via 192.0.2.2\nroute add 198.51.100.0/24 via 192.0.2.9
        route add default via 2001:db8::2\nroute add 2001:db8:7::/48 via 2001:db8::2""")
    answers("before")


def answers(when):
    for address in ("192.0.2.2", "2001:db8::2"):
        check(lab.wait_for(lambda: lab.answers(address)), f"{when}: {address} answers")
    check(lab.wait_for(lambda: lab.answers("192.0.2.1", "far")), f"{when}: it answers the far end")


def tear_down():
    lab.ip("link del switch", "far")
    lab.clean("bond0", "e0", "e1")


def as_before():
    nic = links()["e0"]
    return nic.up and not nic.master and addresses("e0") == BOTH and routes("e0") == ROUTES


def held_then_done():
    set_up()
    run = once(CONFIG, allow=None)
    check(run.status == 2 and "--allow down" in run.out and "e0" in run.out,
          "a NIC in use: held at the default limit, exit status 2, told how to do it", run)
    check(as_before(), "held: the NIC has its addresses and routes and is up", run)
    same((slave_order("bond0"), addresses("bond0"), routes("bond0")), (["e1"], set(), set()),
         "held: the bond is there with the other slave, without what would disturb the NIC", run)
    answers("held")
    settled_held = once(CONFIG, allow=None)
    check(settled_held.status == 2 and not settled_held.writes,
          "held: the second run writes nothing", settled_held)
    run = applies(CONFIG, "a NIC in use, allowed", allow="down")
    same(run.worst, "down", "a NIC in use: class down")
    same((addresses("e0"), routes("e0")), (set(), set()),
         "its addresses and routes are gone from the NIC", run)
    same((addresses("bond0"), routes("bond0"), sorted(slave_order("bond0"))),
         (BOTH, OURS, ["e0", "e1"]), "the bond has what the file says")
    answers("enslaved")
    tear_down()


def done_at_once():
    set_up()
    mac = links()["e0"].mac
    run = applies(CONFIG, "a NIC in use into a new bond", allow="down")
    same((addresses("e0"), routes("e0"), addresses("bond0"), routes("bond0")),
         (set(), set(), BOTH, OURS), "addresses and routes are on the bond, not on the NIC", run)
    same((links()["bond0"].mac, slave_order("bond0")), (mac, ["e0", "e1"]),
         "the bond has the MAC the NIC had, which the neighbours know")
    answers("enslaved at once")
    tear_down()


def with_devices_upon_it():
    """A VLAN on the NIC: the driver takes it, and the VLAN goes on above a slave."""
    lab.dummies("e0", "e1")
    lab.batch("link set e0 up\nlink add link e0 name e0.5 type vlan id 5")
    run = once(CONFIG | {"bonds": {"bond0": {"mode": "active-backup", "slaves": ["e0", "e1"]}}},
               allow=None)
    check(run.status == 2 and slave_order("bond0") == ["e1"] and "e0" in run.out,
          "a NIC with a VLAN upon it is not taken unasked", run)
    run = applies({"bonds": {"bond0": {"mode": "active-backup", "slaves": ["e0", "e1"]}}},
                  "a NIC with a VLAN upon it, allowed", allow="down")
    same(sorted(slave_order("bond0")), ["e0", "e1"], "it is taken", run)
    lab.clean("bond0", "e0.5", "e0", "e1")


held_then_done()
done_at_once()
with_devices_upon_it()
lab.finish()
