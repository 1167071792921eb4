#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What no file can say of routes and addresses (metrics, several next hops, an
encapsulation, a TOS, an expiry) is put back exactly after the kernel lost it, or told."""

import re

import lab
from lab import applies, bonds, check, links, once, same, slave_order

BASE = {"mode": "802.3ad", "slaves": ["d0", "d1"], "addresses": ["192.0.2.1/24", "2001:db8::1/64"],
        "routes": [{"to": "default", "via": "192.0.2.254"}]}


def config(**more):
    return bonds(bond0={**BASE, **more})


def all_routes():
    """Every route somebody set, as `ip` writes it, without the time an expiring one has left."""
    text = lab.ip("-4 route show table all") + "\n" + lab.ip("-6 route show table all")
    text = re.sub(r" *\n\t", " ", re.sub(r"expires \d+sec", "expires", text))
    return {line.strip() for line in text.splitlines()
            if line and not re.search(r"proto kernel|^(local|broadcast|anycast|multicast) ", line)}


def all_addresses(*names):
    """
    Address lines as `ip` writes them, in the order that decides about sources, without those the kernel made of the MAC, and whether there
    is or was a duplicate check: what had passed it comes back without.
    """
    lines = [re.sub(" (nodad|tentative)", "", line.strip()) for name in names
             for line in lab.ip(f"address show dev {name}").splitlines()]
    return [line for line in lines if line.startswith("inet") and "fe80::" not in line
            or "fe80::7/" in line]


def take(setting):
    """A command whose kind of route this kernel may lack."""
    status, _, error = lab.run(*lab.here(*setting.split()))
    if status != 0:
        print(f"# {setting}: {error.strip()}")
    return status == 0


def set_up():
    lab.dummies("d0", "d1", "d9")
    lab.batch("""link set d9 up\naddress add 203.0.113.1/24 dev d9
        address add 2001:db8:9::1/64 dev d9 nodad""")
    once(config())
    lab.batch("""link add link bond0 name bond0.7 type vlan id 7\nlink set bond0.7 up
        address add 198.51.100.1/24 dev bond0.7 metric 55
        address add 2001:db8:7::1/64 dev bond0.7 nodad metric 56
        address add 192.0.2.9/24 dev bond0 metric 50
        address add 2001:db8::9/64 dev bond0 nodad metric 77\naddress add fe80::7/64 dev bond0 nodad
        route change default via 192.0.2.254 proto 110 initcwnd 20
        route add 10.1.0.0/16 via 192.0.2.9 initcwnd 20 mtu lock 1400 advmss 1300 congctl reno
        route add 10.2.0.0/16 nexthop via 192.0.2.8 dev bond0 weight 2 nexthop via 203.0.113.9 dev d9
        route add 10.3.0.0/16 nexthop via 192.0.2.8 dev bond0 weight 3 nexthop via 192.0.2.7 dev bond0
        route add 10.4.0.0/16 nexthop via 192.0.2.8 dev bond0 nexthop via 198.51.100.9 dev bond0.7
        route add 10.5.0.0/16 via 192.0.2.8 tos 0x10\nroute add 10.5.0.0/16 via 192.0.2.7 tos 0x08
        route add 10.6.0.0/16 via 192.0.2.8 realm 3\nroute add 10.7.0.0/16 via inet6 2001:db8::8 dev bond0
        route add 10.8.0.0/16 via 198.51.100.9 mtu 1300 table 77
        route add 2001:db8:20::/48 nexthop via 2001:db8::8 dev bond0 weight 2 nexthop via 2001:db8:9::9 dev d9
        route add 2001:db8:21::/48 nexthop via 2001:db8::8 dev bond0 nexthop via 2001:db8::7 dev bond0
        route add 2001:db8:22::/48 nexthop via 2001:db8::8 dev bond0 nexthop via 2001:db8:7::9 dev bond0.7
        route add 2001:db8:23::/48 via 2001:db8::8 pref high
        route add 2001:db8:24::/48 via 2001:db8::8 expires 6000
        route add 2001:db8:25::/48 via 2001:db8::8 mtu 1400 hoplimit 7
        route add 2001:db8:26::/48 via 2001:db8:7::9 src 2001:db8:7::1""")
    take("ip -6 route add 2001:db8:27::/48 from 2001:db8:1::/64 via 2001:db8::8")
    take("ip route add 10.9.0.0/16 encap ip id 3 dst 10.0.0.1 dev bond0")
    take("ip route add 10.10.0.0/16 encap mpls 100 via 192.0.2.9")
    lab.settled(config(), "routes that no file can say: adopted as they are")


def survives(what, wanted):
    before = all_routes(), all_addresses("bond0", "bond0.7", "d9")
    run = applies(wanted, what)
    after = all_routes(), all_addresses("bond0", "bond0.7", "d9")
    same(after[0], before[0], f"{what}: every route is there as it was", run)
    same(after[1], before[1], f"{what}: every address is there as it was, metric and order too", run)
    check("does not come back" not in run.err, f"{what}: nothing is told as lost", run)
    return run


def put_back():
    set_up()
    run = survives("down and up", config(**{"lacp-rate": "fast"}))
    check(not any("10.2.0.0/16" in text or "2001:db8:20::/48" in text for text in run.texts()),
          "a next hop that comes back by itself is not sent again", run)
    survives("another mode", config(mode="balance-xor"))
    status, out, err = lab.run(lab.NETBONDCTL, "snapshot", "--offline",
                               *(("-n", lab.INSIDE) if lab.INSIDE else ()))
    check(status == 0 and out.count("attributes: ") > 10 and "expires: " in out,
          "a snapshot has what no file can say", out, err)
    lab.clean("bond0")


def nexthop_objects():
    """They end with the carrier of their device, and their routes with them: that is told."""
    once(config())
    lab.wait_for(lambda: "LOWER_UP" in lab.ip("link show dev bond0"))
    lab.batch("nexthop add id 5 via 192.0.2.9 dev bond0\nnexthop add id 6 via 203.0.113.9 dev d9\n"
              "nexthop add id 7 group 5/6\nroute add 10.1.0.0/16 nhid 5\nroute add 10.2.0.0/16 nhid 7")
    run = applies(config(**{"lacp-rate": "fast"}), "down and up under nexthop objects")
    for route in ("10.1.0.0/16", "10.2.0.0/16"):
        check(re.search(f"note: bond0: its route {route}.*does not come back", run.err),
              f"the route {route} by a nexthop object: told that it goes", run)
    lab.ip("nexthop flush")
    lab.clean("bond0")


def sources():
    """Routes of any device that prefer an address which goes, for a moment or for good."""
    def wanted(*more):
        return config(routes=[], addresses=[*more, "192.0.2.2/24"])
    once(wanted("192.0.2.1/24", {"address": "2001:db8::1/64", "nodad": True}))
    lab.batch("""route add 10.1.0.0/16 via 203.0.113.9 dev d9 src 192.0.2.1
        route add 10.2.0.0/16 via 203.0.113.9 dev d9 src 192.0.2.2
        route add 2001:db8:21::/48 via 2001:db8::8 src 2001:db8::1
        route add 2001:db8:22::/48 via 2001:db8:9::9 dev d9 src 2001:db8::1""")
    before = all_routes()
    run = applies(wanted("192.0.2.1/24", "2001:db8::1/72"), "another prefix length of a source")
    same(all_routes(), before, "another prefix length of a source: its routes are as they were", run)
    run = applies(wanted("2001:db8::1/72"), "the first address of a subnet goes")
    same(all_routes(), {r for r in before if not r.startswith("10.1.")},
         "the first address of a subnet goes: the route that prefers the second is there", run)
    check(re.search("note: d9: its route 10.1.0.0/16.*source address", run.err),
          "the route that prefers the first is told to go with it", run)
    lab.clean("bond0")
    for family in ("-4", "-6"):
        lab.ip(f"{family} route flush dev d9 proto boot")


def source_in_check():
    """While an IPv6 address is tentative (here for ever: there is no carrier) the route waits."""
    lab.cables("far", {"e0": "p0"})
    bond = {"mode": "active-backup", "slaves": ["e0"], "addresses": ["2001:db8::1/64"]}
    once(bonds(bond0=bond))
    wanted = bonds(bond0={**bond, "routes": [{"to": "2001:db8:5::/48", "src": "2001:db8::1"}]})
    run = once(wanted)
    check(run.status == 2 and run.result == "pending" and "refused" not in run.err,
          "a source that is tentative since an earlier run: pending, no error", run)
    lab.ip("link set p0 up", "far")
    run = applies(wanted, "when the cable is plugged")
    check(any("2001:db8:5::/48" in route for route in all_routes()), "the route is there then", run)
    lab.clean("bond0", "e0")


def upon_a_nic():
    """Devices upon a NIC go down and up with it, and lose as much."""
    lab.batch("""link set d1 up\nlink add link d1 name d1.5 type vlan id 5\nlink set d1.5 up
        link add link d1 name d1.6 type vlan id 6
        address add 198.51.100.1/24 dev d1.5\naddress add 2001:db8:7::1/64 dev d1.5 nodad
        route add 10.1.0.0/16 via 198.51.100.9 initcwnd 20
        route add 2001:db8:21::/48 via 2001:db8:7::9""")
    first = bonds(bond0={"mode": "active-backup", "slaves": ["d0"]})
    once(first)
    before = all_routes(), all_addresses("d1.5"), links()["d1.6"].up
    both = bonds(bond0={"mode": "active-backup", "slaves": ["d0", "d1"]})
    run = once(both, allow=None)
    check(run.status == 2 and slave_order("bond0") == ["d0"], "a NIC with VLANs is not taken unasked", run)
    run = applies(both, "a NIC with VLANs upon it")
    same((all_routes(), all_addresses("d1.5"), links()["d1.6"].up), before,
         "a NIC with VLANs upon it: they have all they had, and the one that was down is", run)
    run = applies(bonds(bond0={"mode": "active-backup", "slaves": ["d0", "d1"],
                               "fail-over-mac": "active"}), "released and enslaved again")
    same((all_routes(), all_addresses("d1.5"), links()["d1.6"].up), before,
         "released and enslaved again: they have all they had", run)
    run = once(first, allow=None)
    check(run.status == 2 and "upon it go down" in run.out + run.err,
          "a slave with VLANs does not leave unasked: they go down with it", run)
    lab.clean("bond0", "d1.5", "d1.6")


def next_hop_on_a_nic():
    """A NIC that is one of several next hops becomes a slave: the route goes on over the others."""
    lab.batch("""link set d1 up\naddress add 198.51.100.1/24 dev d1
        address add 2001:db8:7::1/64 dev d1 nodad
        route add 10.1.0.0/16 mtu 1400 nexthop via 198.51.100.9 dev d1 nexthop via 203.0.113.9 dev d9
        route add 2001:db8:21::/48 nexthop via 2001:db8:7::9 dev d1 nexthop via 2001:db8:9::9 dev d9""")
    run = applies(bonds(bond0={"mode": "active-backup", "slaves": ["d0", "d1"]}),
                  "a NIC that is one of several next hops")
    same(all_routes(), {"10.1.0.0/16 via 203.0.113.9 dev d9 mtu 1400",
                        "2001:db8:21::/48 via 2001:db8:9::9 dev d9 metric 1024 pref medium"},
         "the routes go on over the other next hop", run)
    lab.clean("bond0", "d0", "d1", "d9")


put_back()
nexthop_objects()
sources()
source_in_check()
upon_a_nic()
next_hop_on_a_nic()
lab.finish()
