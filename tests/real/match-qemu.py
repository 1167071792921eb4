#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --backend qemu --nics 4
"""Slaves by what they are: permanent MAC, path, driver; and NICs the kernel sends home. veth and
dummy have none of that, so this runs with virtio cards in qemu."""

import os

import lab
from lab import applies, check, links, once, same, settled, slave_order

MACS = [f"52:54:00:00:00:0{i}" for i in range(1, 5)]
NOTHING = "version: 1\n"


def config(*slaves, namespace=None, **more):
    bond = {"mode": "active-backup", "slaves": list(slaves), **more}
    if not namespace:
        return {"bonds": {"bond0": bond}}
    return {"namespaces": {namespace: {}}, "bonds": {"bond0": {**bond, "namespace": namespace}}}


def match(**what):
    return {"match": {name.replace("_", "-"): value for name, value in what.items()}}


def paths():
    return [os.path.basename(os.path.realpath(f"/sys/class/net/eth{i}/device")) for i in range(4)]


def the_cards():
    have = lab.query("-d link show")
    cards = {e["ifname"]: e for e in have if e["ifname"].startswith("eth")}
    same([cards[f"eth{i}"]["address"] for i in range(4)], MACS, "four cards with their MACs")
    same([cards[f"eth{i}"]["parentdev"] for i in range(4)], paths(),
         "the kernel tells where they sit")


def by_mac():
    applies(config(match(permanent_mac=MACS[2]), match(permanent_mac=MACS[0])), "by permanent MAC")
    same((slave_order("bond0"), links()["bond0"].mac), (["eth2", "eth0"], MACS[2]),
         "by permanent MAC: both are found, in the order of the file")
    same(links()["eth0"].mac, MACS[2], "as slaves they carry the bond's MAC")
    settled(config(match(permanent_mac=MACS[2].upper()), match(permanent_mac=MACS[0])),
            "by permanent MAC, while the cards carry another one")
    lab.ip("link set eth3 address 02:00:00:00:00:33")
    run = applies(config(match(permanent_mac=MACS[2]), match(permanent_mac=MACS[3])),
                  "a card whose MAC was changed by hand")
    same(slave_order("bond0"), ["eth2", "eth3"], "it is found by its permanent MAC", run)
    applies(NOTHING, "it goes")
    lab.ip(f"link set eth3 address {MACS[3]}")
    same([links()[f"eth{i}"].mac for i in range(4)], MACS, "all have their own MAC again")
    applies(config(match(permanent_mac=MACS[0]), "eth1", mac={"permanent-of": "eth1"}),
            "the MAC of a named slave")
    same(links()["bond0"].mac, MACS[1], "permanent-of: the bond has the MAC of that card")
    applies(config(match(permanent_mac=MACS[3]), match(permanent_mac=MACS[0]), mac="first-slave"),
            "the MAC of the first one, others now")
    same(links()["bond0"].mac, MACS[3], "first-slave: the bond has the first one's MAC")
    applies(NOTHING, "it goes")


def by_path_and_driver():
    where = paths()
    applies(config(match(path=where[1])), "by path")
    same(slave_order("bond0"), ["eth1"], "by path: that one")
    applies(config(match(driver="virtio_net")), "by driver")
    same(sorted(slave_order("bond0")), [f"eth{i}" for i in range(4)], "by driver: all four")
    lab.batch("link add d0 type dummy\nlink add link eth3 name eth3.5 type vlan id 5")
    settled(config(match(driver="virtio_net")), "by driver, beside virtual links")
    applies(config(match(name="eth[23]", driver="virtio_*")), "by name and driver")
    same(sorted(slave_order("bond0")), ["eth2", "eth3"], "what stands in one match must all fit")
    run = once(config(match(name="*")))
    same(sorted(slave_order("bond0")), [f"eth{i}" for i in range(4)],
         "a name that fits all takes no virtual link, and not the bond", run)
    applies(config(match(driver="virtio_net"), "eth1"), "a name of its own besides")
    lab.clean("d0", "eth3.5")
    applies(NOTHING, "it goes")
    two = {"bonds": {"bond0": {"mode": "balance-rr", "slaves": ["eth2"]},
                     "bond1": {"mode": "balance-rr", "slaves": [match(driver="virtio_net")]}}}
    applies(two, "what another bond names is not matched")
    same((slave_order("bond0"), slave_order("bond1")), (["eth2"], ["eth0", "eth1", "eth3"]),
         "it stays with the bond that names it, the rest in natural order")
    both = {"bonds": {"bond0": {"mode": "balance-rr", "slaves": [match(driver="virtio_net")]},
                      "bond1": {"mode": "balance-rr", "slaves": [match(path=where[0])]}}}
    run = once(both)
    check(run.status == 1 and "eth0" in run.err and not run.writes,
          "two matches that fit one card: an error that names it, nothing is written", run)
    run = once(config({**match(driver="virtio_net"), "queue-id": 1}))
    check(run.status == 1 and not run.writes, "a queue-id for several results: an error", run)
    run = once(config(match(permanent_mac="52:54:00:99:99:99"), "eth0"))
    check(run.status == 0 and "52:54:00:99:99:99" in run.err, "nothing fits yet: a note", run)
    once(NOTHING)


def into_a_namespace():
    where = paths()
    wanted = config(match(permanent_mac=MACS[0]), match(path=where[1]), namespace="storage",
                    addresses=["192.0.2.1/24"])
    applies(wanted, "matched into a namespace", namespaces=["storage"])
    same(slave_order("bond0", "storage"), ["eth0", "eth1"], "both were found and moved in")
    check(not {"eth0", "eth1"} & set(links()), "they are not outside any more")
    settled(wanted, "while they are inside", namespaces=["storage"])
    lab.ip("netns del storage")
    check(lab.wait_for(lambda: {"eth0", "eth1"} <= set(links()), 20),
          "the namespace deleted by hand: the kernel sends the cards home")
    have = links()
    same([(have[e].mac, have[e].master) for e in ("eth0", "eth1")], [(MACS[0], 0), (MACS[1], 0)],
         "at home they are free and have their own MAC")
    run = applies(wanted, "and run again", namespaces=["storage"])
    check("somebody deleted the namespace; came home: eth0, eth1" in run.err,
          "it says what happened", run)
    same(slave_order("bond0", "storage"), ["eth0", "eth1"], "they are inside again")
    name_taken(wanted)


def name_taken(wanted):
    """The name of a card is taken outside when its namespace dies: the kernel renames it."""
    lab.ip("link add eth0 type dummy")
    lab.ip("netns del storage")
    check(lab.wait_for(lambda: "eth1" in links() and any(
        link.mac == MACS[0] for link in links().values()), 20),
          "the name is taken: the card is home under another")
    run = once(wanted, namespaces=["storage"])
    inside = links("storage")
    check(run.status == 0 and any(link.mac == MACS[0] and link.master == inside["bond0"].index
                                  for link in inside.values()),
          "the match by permanent MAC finds it under its new name", run, set(inside))
    run = applies(NOTHING, "all leaves the file")
    check({MACS[0], MACS[1]} <= {link.mac for link in links().values()},
          "both cards are home again", run)


the_cards()
by_mac()
by_path_and_driver()
into_a_namespace()
lab.finish()
