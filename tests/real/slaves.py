#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Slaves that come, go, change places and have values of their own."""

import lab
from lab import applies, bonds, check, converges, links, once, same, settled, slave_order

BRIDGED = ("active-backup", "balance-tlb", "balance-alb")


def config(mode, slaves, **more):
    return bonds(bond0={"mode": mode, "slaves": slaves, "addresses": ["192.0.2.1/24"], **more})


def steps(run):
    """Without the order to forget a primary that is hidden while it is no slave."""
    return [text for text in run.texts() if text != "set bond0: primary none"]


def plain(name):
    """Whether a former slave is as it was before: no master, down, its own MAC, MTU 1500."""
    link = links()[name]
    return (link.master, link.up, link.mac, link.mtu) == (0, False, own_mac[name], 1500)


def come_and_go(mode):
    applies(config(mode, ["e0", "e1"], mtu=1400), f"{mode}: two slaves")
    lab.wait_for(all_usable)
    run = applies(config(mode, ["e0", "e1", "e2"], mtu=1400), f"{mode}: a third slave")
    same(steps(run), ["enslave e2 to bond0"], f"{mode}: a third slave: nothing else is touched")
    same(run.worst, "live", f"{mode}: a third slave is class live")
    same((slave_order("bond0"), links()["e2"].mtu), (["e0", "e1", "e2"], 1400),
         f"{mode}: the third slave stands last and has the bond's MTU")
    lab.wait_for(all_usable)
    run = applies(config(mode, ["e0", "e2"], mtu=1400), f"{mode}: the second one goes")
    # 802.3ad: without a partner no port collects and distributes, so none is sure to carry on.
    least = "down" if mode == "802.3ad" else "slave"
    same(run.worst, least, f"{mode}: one of three goes is class {least}", run)
    same(slave_order("bond0"), ["e0", "e2"], f"{mode}: the other two stay")
    check(plain("e1"), f"{mode}: the released one is down, with its own MAC and MTU")
    held = once(config(mode, [], mtu=1400), allow=None)
    same((held.status, slave_order("bond0")), (2, ["e0", "e2"]),
         f"{mode}: none shall stay: held at the default limit, nothing is released", held)
    mac = links()["bond0"].mac
    run = applies(config(mode, [], mtu=1400), f"{mode}: none shall stay, allowed")
    same((run.worst, slave_order("bond0"), links()["bond0"].mac), ("rebuild", [], mac),
         f"{mode}: none stays: class rebuild, the bond keeps its MAC", run)
    check(plain("e0") and plain("e2"), f"{mode}: both are down, with their own MAC and MTU")
    lab.clean("bond0")


def all_usable(bond="bond0"):
    have = links()
    mine = [link for link in have.values() if link.master == have[bond].index]
    return mine and all(link.slave["mii-status"] == 0 for link in mine)


def swap_both(mode):
    once(config(mode, ["e0", "e1"]))
    lab.wait_for(all_usable)
    run = once(config(mode, ["e2", "e3"]), allow=None)
    settled(config(mode, ["e2", "e3"]), f"{mode}: both replaced", allow=None)
    check(run.status == 0 and run.plans == 1 and run.worst == "slave",
          f"{mode}: both slaves replaced at the default limit, class slave", run)
    words = [text.split()[0] for text in steps(run)]
    same(words, ["enslave", "enslave", "wait", "release", "wait", "release"],
         f"{mode}: both replaced: new ones in, a wait before each of the old ones goes")
    same(slave_order("bond0"), ["e2", "e3"], f"{mode}: both replaced: the new ones, in order")
    check(plain("e0") and plain("e1"), f"{mode}: both replaced: the old ones are down and free")
    lab.clean("bond0")


def circle():
    """The one bond has no slave that stays: it gets its new one first, whoever is declared first."""
    once(bonds(bond0={"mode": "balance-xor", "slaves": ["e0"]},
               bond1={"mode": "active-backup", "slaves": ["e1", "e2"]}))
    lab.wait_for(lambda: all_usable("bond0") and all_usable("bond1"))
    run = applies(bonds(bond0={"mode": "balance-xor", "slaves": ["e1"]},
                        bond1={"mode": "active-backup", "slaves": ["e2", "e0"]}),
                  "a bond gives its only slave for another one, at the default limit", allow=None)
    same((run.worst, slave_order("bond0"), slave_order("bond1")),
         ("slave", ["e1"], ["e2", "e0"]), "they changed hands at class slave", run)
    lab.clean("bond0", "bond1")


def altnames():
    lab.ip("link property add dev e1 altname enp9s0f1np1")
    wanted = config("active-backup", ["e0", "enp9s0f1np1"], primary="enp9s0f1np1")
    run = applies(wanted, "a slave and the primary by an altname")
    same((slave_order("bond0"), links()["bond0"].bond.get("primary")),
         (["e0", "e1"], links()["e1"].index), "it is a slave and the primary", run)
    lab.ip("link set bond0 type bond primary e0")
    run = applies(wanted, "another primary by hand")
    same((steps(run), links()["bond0"].bond.get("primary")),
         (["set bond0: primary e0 -> e1"], links()["e1"].index), "it is mended", run)
    lab.ip("link property del dev e1 altname enp9s0f1np1")
    lab.clean("bond0")


def order():
    once(config("balance-xor", ["e0", "e1", "e2"]))
    lab.wait_for(all_usable)
    run = once(config("balance-xor", ["e2", "e0", "e1"]))
    check(run.status == 0 and not run.writes and slave_order("bond0") == ["e0", "e1", "e2"],
          "another order in the file alone changes nothing", run)
    check("another order" in run.err and "--reorder" in run.err,
          "another order in the file: a note says so, and how to mend it", run)
    run = converges(config("balance-xor", ["e2", "e0", "e1"]), "--reorder", "--reorder")
    same(slave_order("bond0"), ["e2", "e0", "e1"], "--reorder: the order of the file", run)
    same(run.worst, "slave", "--reorder is class slave", run)
    again = once(config("balance-xor", ["e2", "e0", "e1"]), "--reorder")
    check(again.status == 0 and not again.writes and "order" not in again.err,
          "--reorder: the second run writes nothing and has no note", again)
    run = once(config("balance-xor", ["e2", "e1", "e0"]), "--reorder", allow=None)
    released = [text for text in run.texts() if text.startswith("release")]
    same((slave_order("bond0"), len(released)), (["e2", "e1", "e0"], 1),
         "--reorder: what is in place already stays in place, one of the other two moves", run)
    lab.clean("bond0")


def slave_values():
    ordered = [{"name": "e0", "prio": 5}, {"name": "e1", "prio": 10}, "e2"]
    applies(config("active-backup", ordered), "prio at creation")
    have = links()
    same([have[e].slave["prio"] for e in ("e0", "e1", "e2")], [5, 10, 0], "prio in the kernel")
    lab.wait_for(all_usable)
    same(links()["bond0"].bond["active-slave"], have["e1"].index, "the highest prio is active")
    swapped = [{"name": "e0", "prio": 10}, {"name": "e1", "prio": 5}, {"name": "e2", "prio": -7}]
    run = applies(config("active-backup", swapped), "prio swapped")
    same([links()[e].slave["prio"] for e in ("e0", "e1", "e2")], [10, 5, -7],
         "prio swapped in the kernel, a negative one too")
    same(run.worst, "live", "prio swapped is class live", run)
    same(links()["bond0"].bond["active-slave"], have["e0"].index,
         "prio swapped: the other one is active now")
    applies(config("active-backup", ["e0", "e1", "e2"]), "prio taken out")
    same([links()[e].slave["prio"] for e in ("e0", "e1", "e2")], [0, 0, 0], "prio is 0 again")

    queues = [{"name": "e0", "queue-id": 1}, {"name": "e1", "queue-id": 2}, "e2"]
    applies(config("active-backup", queues), "queue-id")
    turned = [{"name": "e0", "queue-id": 2}, {"name": "e1", "queue-id": 1},
              {"name": "e2", "queue-id": 3}]
    run = applies(config("active-backup", turned), "queue-id swapped")
    same([links()[e].slave["queue-id"] for e in ("e0", "e1", "e2")], [2, 1, 3],
         "queue-id swapped in the kernel, which refuses one queue for two slaves", run)
    ring = [{"name": "e0", "queue-id": 1}, {"name": "e1", "queue-id": 3},
            {"name": "e2", "queue-id": 2}]
    applies(config("active-backup", ring), "queue-id in a ring")
    same([links()[e].slave["queue-id"] for e in ("e0", "e1", "e2")], [1, 3, 2],
         "queue-id handed round")
    moved = ["e0", {"name": "e1", "queue-id": 1}, {"name": "e3", "queue-id": 2}]
    lab.wait_for(all_usable)
    applies(config("active-backup", moved), "a slave is replaced that had the queue of the new one")
    same([links()[e].slave["queue-id"] for e in ("e0", "e1", "e3")], [0, 1, 2],
         "the new slave has the queue of the one it replaces")
    lab.clean("bond0")

    ports = [{"name": "e0", "actor-port-prio": 100}, {"name": "e1", "actor-port-prio": 200}]
    applies(config("802.3ad", ports), "actor-port-prio")
    ports = [{"name": "e0", "actor-port-prio": 200}, {"name": "e1", "actor-port-prio": 100}]
    applies(config("802.3ad", ports), "actor-port-prio swapped")
    same([links()[e].slave["actor-port-prio"] for e in ("e0", "e1")], [200, 100],
         "actor-port-prio swapped in the kernel")
    applies(config("802.3ad", ["e0", "e1"]), "actor-port-prio taken out")
    same([links()[e].slave["actor-port-prio"] for e in ("e0", "e1")], [255, 255],
         "actor-port-prio is 255 again")
    lab.clean("bond0")


def values_survive():
    """What the kernel forgets on release is set again by the same plan."""
    slaves = [{"name": "e0", "prio": 3, "queue-id": 4}, {"name": "e1", "prio": 9, "queue-id": 5}]
    once(config("active-backup", slaves, primary="e0"))
    for what, more in (("mode", {"mode": "balance-alb", "primary": "e0"}),
                       ("fail-over-mac", {"mode": "active-backup", "fail-over-mac": "follow"})):
        applies(config(more.pop("mode"), slaves, **more), f"slave values over a change of {what}")
        same([(links()[e].slave["prio"], links()[e].slave["queue-id"]) for e in ("e0", "e1")],
             [(3, 4), (9, 5)], f"prio and queue-id survive a change of {what}")
    lab.clean("bond0")


def by_hand():
    once(config("active-backup", ["e0", "e1"]))
    lab.ip("link set e1 down")
    run = applies(config("active-backup", ["e0", "e1"]), "a slave set down by hand")
    same((run.texts(), run.worst, links()["e1"].up), (["set e1: up"], "live", True),
         "a slave set down by hand is set up, nothing else")
    lab.ip("link set e1 mtu 1300")
    run = applies(config("active-backup", ["e0", "e1"]), "a slave's MTU changed by hand")
    same(links()["e1"].mtu, 1500, "a slave's MTU changed by hand is mended", run)
    lab.ip("link set e1 nomaster")
    run = applies(config("active-backup", ["e0", "e1"]), "a slave released by hand")
    same((steps(run), slave_order("bond0")), (["enslave e1 to bond0"], ["e0", "e1"]),
         "a slave released by hand is enslaved again, nothing else")
    lab.ip("link set bond0 down")
    applies(config("active-backup", ["e0", "e1"]), "the bond set down by hand")
    check(links()["bond0"].up, "a bond set down by hand is set up")
    lab.clean("bond0")


def taken_from_others():
    """A slave of a bridge or of another bond."""
    lab.batch("link add br0 type bridge\nlink set e0 master br0\nlink set br0 up\nlink set e0 up")
    held = once(config("active-backup", ["e0", "e1"]), allow=None)
    same((held.status, slave_order("bond0"), links()["e0"].slave_kind), (2, ["e1"], "bridge"),
         "a port of a bridge is not taken unasked", held)
    run = applies(config("active-backup", ["e0", "e1"]), "a port of a bridge, allowed")
    same((run.worst, slave_order("bond0")), ("down", ["e1", "e0"]),
         "a port of a bridge is taken, class down", run)
    lab.clean("bond0", "br0")

    two = bonds(bond0={"mode": "balance-xor", "slaves": ["e0", "e1"]},
                bond1={"mode": "active-backup", "slaves": ["e2", "e3"]})
    once(two)
    lab.wait_for(lambda: all_usable("bond0") and all_usable("bond1"))
    swapped = bonds(bond0={"mode": "balance-xor", "slaves": ["e0", "e2"]},
                    bond1={"mode": "active-backup", "slaves": ["e1", "e3"]})
    run = applies(swapped, "two bonds swap a slave", allow="slave")
    same((slave_order("bond0"), slave_order("bond1")), (["e0", "e2"], ["e3", "e1"]),
         "two bonds swap a slave at class slave: a late one stands behind", run)
    all_four = bonds(bond0={"mode": "balance-xor", "slaves": ["e1", "e3"]},
                     bond1={"mode": "active-backup", "slaves": ["e0", "e2"]})
    applies(all_four, "two bonds swap all slaves")
    same((sorted(slave_order("bond0")), sorted(slave_order("bond1"))),
         (["e1", "e3"], ["e0", "e2"]), "two bonds swap all slaves")
    lab.clean("bond0", "bond1")


lab.cables("far", {f"e{i}": f"p{i}" for i in range(4)})
lab.partner_bridge("far", "switch", [f"p{i}" for i in range(4)])
own_mac = {name: link.mac for name, link in links().items()}
for name in lab.MODES:
    come_and_go(name)
for name in lab.MODES if lab.LONG else ("balance-rr", *BRIDGED):
    swap_both(name)
circle()
altnames()
order()
slave_values()
values_survive()
by_hand()
taken_from_others()
lab.finish()
