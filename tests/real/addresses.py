#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Addresses and routes: changed, secondary, promoted, kept over a down, waited for."""

import lab
from lab import addresses, applies, check, once, routes, same

SLAVES = {"mode": "802.3ad", "slaves": ["d0", "d1"]}


def config(wanted=(), ways=(), **more):
    return {"bonds": {"bond0": {**SLAVES, "addresses": list(wanted), "routes": list(ways), **more}}}


def sysctl(name, value):
    lab.must(*lab.here("tee", "/proc/sys/net/" + name), text=str(value))


def one_by_one():
    """Each step over the one before; what the kernel has is what the file says."""
    steps = [
        ["192.0.2.1/24"],
        ["192.0.2.1/24", "2001:db8::1/64"],
        ["192.0.2.1/25", "2001:db8::1/64"],                     # another prefix length
        ["192.0.2.1/25", "2001:db8::1/80"],
        ["198.51.100.1/24", "2001:db8:1::1/64"],                # all others
        ["198.51.100.1/24", "198.51.100.2/24", "198.51.100.3/24", "2001:db8:1::1/64"],
        ["198.51.100.2/24", "198.51.100.3/24"],                 # the first of a subnet goes
        ["198.51.100.3/24", "198.51.100.2/24", "198.51.100.1/24"],
        ["169.254.7.7/16"],                                     # IPv4 link-local is an address
        ["192.0.2.1/32", "2001:db8::1/128"],
        [],
    ]
    for promote in (0, 1):
        for wanted in steps:
            sysctl("ipv4/conf/bond0/promote_secondaries", promote) if wanted != steps[0] else None
            what = f"promote_secondaries {promote}: {' '.join(wanted) or 'none'}"
            applies(config(wanted), what)
            same(addresses("bond0"), set(wanted), f"{what}: so it is")
    lab.clean("bond0")


def kept_over_down():
    """keep_addr_on_down: the prediction that IPv6 goes is wrong then, and no harm."""
    wanted = ["192.0.2.1/24", "2001:db8::1/64"]
    ways = [{"to": "2001:db8:5::/48", "via": "2001:db8::fe"},
            {"to": "198.51.100.0/24", "via": "192.0.2.254"}]
    for keep in (0, 1):
        for promote in (0, 1):
            what = f"keep_addr_on_down {keep}, promote_secondaries {promote}"
            once(config(wanted, ways))
            sysctl("ipv6/conf/bond0/keep_addr_on_down", keep)
            sysctl("ipv4/conf/bond0/promote_secondaries", promote)
            lab.batch("address add 192.0.2.9/24 dev bond0\naddress add 2001:db8::9/64 dev bond0")
            run = applies(config(wanted, ways, **{"lacp-rate": "fast"}), f"{what}: lacp-rate")
            same((addresses("bond0"), routes("bond0")),
                 ({*wanted, "192.0.2.9/24", "2001:db8::9/64"},
                  {"2001:db8:5::/48 via 2001:db8::fe", "198.51.100.0/24 via 192.0.2.254"}),
                 f"{what}: all is there after a down and up, also the foreign", run)
            run = applies(config(wanted[1:], **{"lacp-rate": "slow"}),
                          f"{what}: down and up while an address and routes go")
            same((addresses("bond0"), routes("bond0")),
                 ({"192.0.2.9/24", "2001:db8::1/64", "2001:db8::9/64"}, set()),
                 f"{what}: only what was to go is gone", run)
            lab.clean("bond0")


def attributes():
    for what, entry, shown in (
            ("preferred 0", {"address": "2001:db8::5/64", "preferred": 0}, "deprecated"),
            ("a label", {"address": "192.0.2.5/24", "label": "bond0:web"}, "bond0:web"),
            ("nodad", {"address": "2001:db8::6/64", "nodad": True}, "nodad")):
        applies(config([entry]), f"address with {what}")
        text = lab.ip("address show dev bond0")
        check(shown in text, f"address with {what}: ip shows {shown}", text)
    applies(config([{"address": "2001:db8::5/64", "preferred": 0}]), "preferred 0 again")
    run = applies(config(["2001:db8::5/64"]), "preferred forever")
    check("deprecated" not in lab.ip("address show dev bond0"),
          "preferred forever: no longer deprecated", run)
    same(run.worst, "live", "another lifetime is class live", run)
    applies(config([{"address": "192.0.2.5/24", "label": "bond0:one"}]), "a label")
    run = applies(config([{"address": "192.0.2.5/24", "label": "bond0:two"}]), "another label")
    check("bond0:two" in lab.ip("address show dev bond0"), "it is there", run)
    lab.clean("bond0")


def all_routes():
    wanted = ["192.0.2.1/24", "2001:db8::1/64"]
    steps = [
        [{"to": "default", "via": "192.0.2.254"}],
        [{"to": "default", "via": "192.0.2.253"}],                      # another gateway
        [{"to": "default", "via": "192.0.2.253", "metric": 10}],        # another metric
        [{"to": "0.0.0.0/0", "via": "192.0.2.253"}, {"to": "default", "via": "2001:db8::fe"}],
        [{"to": "198.51.100.0/24"}, {"to": "2001:db8:7::/48"}],         # on the link itself
        [{"to": "198.51.100.0/24", "via": "203.0.113.9", "onlink": True}],
        [{"to": "198.51.100.0/24", "via": "192.0.2.254", "table": 77},
         {"to": "2001:db8:7::/48", "via": "2001:db8::fe", "table": 77, "metric": 5}],
        [{"to": "198.51.100.0/24", "via": "192.0.2.254", "src": "192.0.2.1"},
         {"to": "2001:db8:7::/48", "via": "2001:db8::fe", "src": "2001:db8::1"}],
        [{"to": "2001:db8:7::/48", "via": "fe80::1"}],
        [{"to": "198.51.100.7/32", "via": "192.0.2.254"},
         {"to": "2001:db8:7::7/128", "via": "2001:db8::fe"}],
        [],
    ]
    for ways in steps:
        what = "routes: " + (", ".join(f"{w['to']} {w.get('via', '')}" for w in ways) or "none")
        run = applies(config(wanted, ways), what)
        same(len(routes("bond0")), len(ways), f"{what}: so many are there", routes("bond0"), run)
    lab.clean("bond0")


def source_waits():
    """A route that prefers an address which is still being checked for a duplicate."""
    wanted = config(["2001:db8::1/64"], [{"to": "2001:db8:7::/48", "via": "2001:db8::fe",
                                          "src": "2001:db8::1"}])
    lab.cables("far", {"e0": "p0", "e1": "p1"})
    lab.partner_bridge("far", "switch", ["p0", "p1"])
    wanted["bonds"]["bond0"].update({"mode": "active-backup", "slaves": ["e0", "e1"]})
    run = applies(wanted, "a route whose source is a new IPv6 address")
    check(any("wait until address 2001:db8::1/64" in text for text in run.texts()),
          "the plan waits for the duplicate check", run)
    same(routes("bond0"), {"2001:db8:7::/48 via 2001:db8::fe src 2001:db8::1"},
         "the route is there")
    lab.ip("link del switch", "far")
    lab.clean("bond0", "e0", "e1")


def another_owner():
    """The same route through another device is never replaced."""
    lab.dummies("d9")
    lab.batch("""link set d9 up\naddress add 203.0.113.1/24 dev d9
        route add default via 203.0.113.2""")
    run = once(config(["192.0.2.1/24"], [{"to": "default", "via": "192.0.2.254"}]))
    check(run.status == 1 and "d9" in run.err and "default" in run.err,
          "a default route through another device: an error that names it", run)
    same((routes("d9"), addresses("bond0")), ({"default via 203.0.113.2"}, {"192.0.2.1/24"}),
         "it stays, and the rest of the bond is done")
    run = applies(config(["192.0.2.1/24"], [{"to": "default", "via": "192.0.2.254", "metric": 50}]),
                  "with another metric both can be")
    same((routes("d9"), routes("bond0")),
         ({"default via 203.0.113.2"}, {"default via 192.0.2.254 metric 50"}), "both are", run)
    lab.clean("bond0", "d9")


def between_bonds():
    """An address and a route move from one bond to another."""
    lab.dummies("d2")
    first = {"addresses": ["192.0.2.1/24", "2001:db8::1/64"],
             "routes": [{"to": "default", "via": "192.0.2.254"},
                        {"to": "2001:db8:7::/48", "via": "2001:db8::fe"}]}
    for what, giver, taker in (("to a later bond", "bond0", "bond1"),
                               ("to an earlier bond", "bond1", "bond0")):
        def both(owner):
            return {"bonds": {name: {"mode": "active-backup", "slaves": [slave],
                                     **(first if name == owner else {})}
                              for name, slave in (("bond0", "d0"), ("bond1", "d2"))}}
        once(both(giver))
        before = addresses(giver), routes(giver)
        run = once(both(taker), allow=None)
        same((run.status, run.result, run.writes, (addresses(giver), routes(giver))),
             (2, "held", [], before), f"{what}, at the default limit: held, nothing moves", run)
        check("--allow down" in run.out, "the message says what releases it", run)
        run = applies(both(taker), f"addresses and routes move {what}")
        same((addresses(giver), addresses(taker), routes(giver), routes(taker)),
             (set(), {"192.0.2.1/24", "2001:db8::1/64"}, set(),
              {"default via 192.0.2.254", "2001:db8:7::/48 via 2001:db8::fe"}),
             f"they moved {what}", run)
        lab.clean("bond0", "bond1")
    lab.delete_links("d2")


def without_link_local():
    wanted = {"bonds": {"bond0": {"mode": "active-backup", "slaves": ["d0", "d1"],
                                  "link-local": False, "addresses": ["2001:db8::1/64"]}}}

    def link_locals():
        return [a for entry in lab.query("address show dev bond0") for a in entry["addr_info"]
                if a["family"] == "inet6" and a["scope"] == "link"]
    applies(wanted, "link-local: false at creation")
    check(not link_locals(), "link-local: false: there is none", link_locals())
    wanted["bonds"]["bond0"]["link-local"] = True
    run = applies(wanted, "link-local: true later")
    check(lab.wait_for(link_locals), "link-local: true: it is there", run)
    same(addresses("bond0"), {"2001:db8::1/64"}, "link-local: true: the address is there", run)
    wanted["bonds"]["bond0"]["link-local"] = False
    run = applies(wanted, "link-local: false later")
    check(not link_locals(), "link-local: false later: it is gone", run)
    same(addresses("bond0"), {"2001:db8::1/64"}, "link-local: false: the address is there", run)
    lab.clean("bond0")


lab.dummies("d0", "d1")
one_by_one()
kept_over_down()
attributes()
all_routes()
source_waits()
another_owner()
between_bonds()
without_link_local()
lab.finish()
