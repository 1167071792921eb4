#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What lies upon a bond (VLANs, a bridge) gets back what it loses while the bond goes down and up,
changes its MTU or its MAC."""

import lab
from lab import addresses, applies, bonds, check, links, once, routes, same

VLAN_ADDRESSES = {"198.51.100.1/24", "2001:db8:7::1/64"}
VLAN_ROUTES = {"203.0.113.0/24 via 198.51.100.254", "2001:db8:8::/48 via 2001:db8:7::fe",
               "2001:db8:9::/48 via 2001:db8:7::fe metric 77"}
BASE = {"mode": "802.3ad", "slaves": ["e0", "e1"], "addresses": ["192.0.2.1/24", "2001:db8::1/64"],
        "routes": [{"to": "default", "via": "192.0.2.254"}]}


def config(**more):
    return bonds(bond0={**BASE, **more})


def set_up(**more):
    lab.dummies("e0", "e1")
    once(config(**more))
    lab.batch("""link add link bond0 name bond0.7 type vlan id 7
        link set bond0.7 up
        address add 198.51.100.1/24 dev bond0.7\naddress add 2001:db8:7::1/64 dev bond0.7 nodad
        route add 203.0.113.0/24 via 198.51.100.254 proto static
        route add 2001:db8:8::/48 via 2001:db8:7::fe
        route add 2001:db8:9::/48 via 2001:db8:7::fe proto static metric 77
        link add link bond0 name bond0.8 type vlan id 8
        link add link bond0.7 name inner type vlan id 9
        link set inner up\naddress add 2001:db8:99::1/64 dev inner nodad""")


def tear_down():
    lab.clean("bond0", "e0", "e1", "br0")


def state():
    have = links()
    return {name: (have[name].up, have[name].mtu) for name in ("bond0.7", "bond0.8", "inner")}


def intact(what, before, run):
    same(state(), before, f"{what}: the VLANs are up, down and as wide as before", run)
    same((addresses("bond0.7"), routes("bond0.7")), (VLAN_ADDRESSES, VLAN_ROUTES),
         f"{what}: addresses and routes of the VLAN are there", run)
    same(addresses("inner"), {"2001:db8:99::1/64"},
         f"{what}: the address of the VLAN upon the VLAN is there", run)
    same((addresses("bond0"), routes("bond0")),
         ({"192.0.2.1/24", "2001:db8::1/64"}, {"default via 192.0.2.254"}),
         f"{what}: addresses and routes of the bond are there")


def down_and_up():
    set_up()
    before = state()
    for number, (what, more) in enumerate({
            "lacp-rate (down)": {"lacp-rate": "fast"},
            "ad-select (down)": {"ad-select": "count"},
            "ad-user-port-key (empty and down)": {"ad-user-port-key": 5},
            "another mode": {"mode": "balance-xor"}}.items()):
        run = applies(config(**more), what)
        check(any("down" in text for text in run.texts()), f"{what}: the bond went down", run)
        intact(what, before, run)
        if number == 3:
            applies(config(), "the first mode again")
            intact("the first mode again", before, run)
    tear_down()


def narrower_vlan():
    """A VLAN with an MTU of its own keeps it."""
    set_up()
    lab.batch("link set inner mtu 1300\nlink set bond0.7 mtu 1400")
    before = state()
    run = applies(config(**{"lacp-rate": "fast"}), "lacp-rate under narrow VLANs")
    intact("narrow VLANs", before, run)
    run = applies(config(mtu=9000), "MTU growth")
    have = links()
    same([have[n].mtu for n in ("bond0", "e0", "e1", "bond0.7", "inner")],
         [9000, 9000, 9000, 1400, 1300], "MTU growth: bond and slaves grow, VLANs keep theirs", run)
    lab.ip("link set bond0.7 mtu 9000")
    run = applies(config(mtu=1350), "MTU shrink")
    have = links()
    same([have[n].mtu for n in ("bond0", "e0", "e1", "bond0.7", "inner")],
         [1350, 1350, 1350, 1350, 1300],
         "MTU shrink: bond, slaves, and the VLAN that was wider; the narrower one stays", run)
    same(run.worst, "down", "a new MTU of a bond with slaves is class down", run)
    run = applies(config(mtu=1500), "MTU back")
    same([links()[n].mtu for n in ("bond0", "bond0.7", "inner")], [1500, 1350, 1300],
         "MTU back: the VLAN is nobody's to widen", run)
    tear_down()


def below_the_least_of_ipv6():
    set_up()
    lab.batch("route del 203.0.113.0/24")
    plain = {"addresses": ["192.0.2.1/24"]}
    run = applies(config(mtu=1200, **plain), "an MTU below 1280")
    same((links()["bond0"].mtu, addresses("bond0"), addresses("bond0.7")),
         (1200, {"192.0.2.1/24"}, {"198.51.100.1/24"}),
         "an MTU below 1280: the bond and its VLAN are IPv4 only", run)
    same(run.worst, "down", "an MTU below 1280 is class down")
    run = applies(config(mtu=1500), "an MTU above 1280 again")
    same(addresses("bond0"), {"192.0.2.1/24", "2001:db8::1/64"},
         "an MTU above 1280 again: IPv6 is back", run)
    tear_down()


def mac_changes():
    set_up()
    before = state()
    run = applies(config(mac="02:00:00:00:00:42"), "another MAC")
    have = links()
    same([have[n].mac for n in ("bond0", "e0", "e1", "bond0.7", "inner")],
         ["02:00:00:00:00:42"] * 5, "another MAC: bond, slaves and VLANs have it", run)
    same(run.worst, "down", "another MAC is class down", run)
    intact("another MAC", before, run)
    lab.ip("link set bond0.7 address 02:00:00:00:00:77")
    run = applies(config(mac="02:00:00:00:00:43", **{"ad-user-port-key": 9}),
                  "another MAC while the bond is emptied")
    have = links()
    same([have[n].mac for n in ("bond0", "e0", "e1", "bond0.7")],
         ["02:00:00:00:00:43"] * 3 + ["02:00:00:00:00:77"],
         "a VLAN with a MAC of its own keeps it", run)
    tear_down()


def bridge_above():
    lab.dummies("e0", "e1")
    config0 = bonds(bond0={"mode": "active-backup", "slaves": ["e0", "e1"]})
    once(config0)
    lab.batch("""link add br0 type bridge\nlink set bond0 master br0\nlink set br0 up
        address add 198.51.100.1/24 dev br0\naddress add 2001:db8:7::1/64 dev br0 nodad
        route add 2001:db8:8::/48 via 2001:db8:7::fe""")
    lab.settled(config0, "a bond that is a port of a bridge")
    for what, more in (("another mode", {"mode": "balance-xor"}),
                       ("fail-over-mac", {"mode": "active-backup", "fail-over-mac": "active"})):
        run = applies(bonds(bond0={"slaves": ["e0", "e1"], **more}), f"{what} under a bridge")
        have = links()
        same((have["bond0"].master, addresses("br0"), routes("br0")),
             (have["br0"].index, VLAN_ADDRESSES, {"2001:db8:8::/48 via 2001:db8:7::fe"}),
             f"{what}: the bond is still a port of the bridge, which has its addresses", run)
    tear_down()


down_and_up()
narrower_vlan()
below_the_least_of_ipv6()
mac_changes()
bridge_above()
lab.finish()
