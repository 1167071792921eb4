#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bonds inside network namespaces: made, filled, emptied, and the NICs sent home again."""

import os

import lab
from lab import addresses, applies, check, links, once, routes, same, settled, slave_order

NOTHING = "version: 1\n"
BOND = {"namespace": "storage", "mode": "active-backup", "slaves": ["e0", "e1"],
        "addresses": ["192.0.2.1/24", "2001:db8::1/64"],
        "routes": [{"to": "default", "via": "192.0.2.254"},
                   {"to": "2001:db8:ff::/48", "via": "2001:db8::fe"}]}


def config(namespaces=("storage",), **bonds):
    return {"namespaces": {name: {} for name in namespaces}, "bonds": bonds}


def in_and_home():
    lab.cables("far", {"e0": "p0", "e1": "p1"})
    lab.partner_bridge("far", "switch", ["p0", "p1"], ["192.0.2.2/24", "2001:db8::2/64"])
    before = links()
    run = applies(config(bond0=BOND), "a bond in a namespace that is not there yet",
                  namespaces=["storage"], allow=None)
    check("storage" in lab.must("ip", "netns", "list").split(), "ip netns sees the namespace", run)
    inside = links("storage")
    same(set(inside) - {"nlmon0"}, {"lo", "bond0", "e0", "e1"}, "bond and slaves are inside")
    check(inside["lo"].up, "lo is up inside")
    check(not {"bond0", "e0", "e1"} & set(links()), "and not outside")
    same((inside["e0"].mac, inside["bond0"].mac), (before["e0"].mac,) * 2,
         "inside the bond has the MAC of its first slave")
    same((addresses("bond0", "storage"), routes("bond0", "storage")),
         ({"192.0.2.1/24", "2001:db8::1/64"},
          {"default via 192.0.2.254", "2001:db8:ff::/48 via 2001:db8::fe"}),
         "inside it has its addresses and routes")
    for address in ("192.0.2.2", "2001:db8::2"):
        check(lab.wait_for(lambda: lab.answers(address, "storage")), f"{address} answers inside")
    drift_inside()
    run = applies(config(), "the bond leaves the file, its namespace stays",
                  namespaces=["storage"])
    have = links()
    check("bond0" not in links("storage") and {"e0", "e1"} <= set(have),
          "the bond is gone and both NICs are home", run)
    same([(have[e].mac, have[e].mtu, have[e].master) for e in ("e0", "e1")],
         [(before[e].mac, before[e].mtu, 0) for e in ("e0", "e1")],
         "at home they are as they were")
    run = applies(NOTHING, "the namespace leaves the file")
    check(not os.path.exists("/run/netns/storage"), "what netbond made is removed", run)
    lab.ip("link del switch", "far")
    lab.clean("e0", "e1")


def drift_inside():
    same_config = config(bond0=BOND)
    lab.batch("link set e1 nomaster\naddress del 192.0.2.1/24 dev bond0", "storage")
    run = applies(same_config, "drift inside a namespace", namespaces=["storage"], allow=None)
    same((slave_order("bond0", "storage"), addresses("bond0", "storage")),
         (["e0", "e1"], {"192.0.2.1/24", "2001:db8::1/64"}), "drift inside is mended", run)
    lab.ip("link set e1 netns 1", "storage")
    run = applies(same_config, "a slave taken out of the namespace by hand",
                  namespaces=["storage"], allow=None)
    same(slave_order("bond0", "storage"), ["e0", "e1"], "a slave taken out is back", run)
    changed = {**BOND, "mode": "balance-xor"}
    run = applies(config(bond0=changed), "another mode inside", namespaces=["storage"])
    same((links("storage")["bond0"].bond["mode"], addresses("bond0", "storage"),
          routes("bond0", "storage")),
         (2, {"192.0.2.1/24", "2001:db8::1/64"},
          {"default via 192.0.2.254", "2001:db8:ff::/48 via 2001:db8::fe"}),
         "another mode inside: addresses and routes are back", run)
    applies(same_config, "the first mode again", namespaces=["storage"])


def all_at_once_home():
    """Everything leaves the file in one step."""
    lab.dummies("e0", "e1")
    once(config(bond0=BOND))
    lab.dummies("e0")               # the name is taken when e0 comes home
    held = once(NOTHING, allow=None)
    check(held.status == 2 and not held.writes and os.path.exists("/run/netns/storage"),
          "bond and namespace leave the file: held at the default limit", held)
    run = applies(NOTHING, "bond and namespace leave the file, allowed")
    have = links()
    check(not os.path.exists("/run/netns/storage") and {"e0", "e0-1", "e1"} <= set(have),
          "the namespace is gone, the NICs are home, one under a free name", run, set(have))
    lab.clean("e0", "e0-1", "e1")


def same_name_twice():
    lab.dummies("e0", "e1", "e2")
    two = config(("blue", "red"),
                 **{"blue-bond0": {"name": "bond0", "namespace": "blue", "mode": "balance-rr",
                                   "slaves": ["e0"], "addresses": ["192.0.2.1/24"]},
                    "red-bond0": {"name": "bond0", "namespace": "red", "mode": "balance-xor",
                                  "slaves": ["e1"], "addresses": ["192.0.2.1/24"]},
                    "bond0": {"mode": "broadcast", "slaves": ["e2"],
                              "addresses": ["192.0.2.1/24"]}})
    applies(two, "three bonds of one name in three namespaces", namespaces=["blue", "red"])
    same([links(name)["bond0"].bond["mode"] for name in ("blue", "red", "")], [0, 2, 3],
         "each is what its entry says")
    same([slave_order("bond0", "blue"), slave_order("bond0", "red"), slave_order("bond0")],
         [["e0"], ["e1"], ["e2"]], "each has its slave")
    moved = config(("blue", "red"),
                   **{"bond0": {"namespace": "red", "mode": "balance-xor",
                                "slaves": ["e1", "e0"], "addresses": ["192.0.2.1/24"]}})
    run = applies(moved, "a slave moves from one namespace to another", namespaces=["blue", "red"])
    same((slave_order("bond0", "red"), "bond0" in links("blue"), "bond0" in links()),
         (["e1", "e0"], False, False), "e0 is in red now, the other bonds are gone", run)
    run = applies(NOTHING, "all of it goes")
    check({"e0", "e1", "e2"} <= set(links()) and not os.path.exists("/run/netns/blue") and
          not os.path.exists("/run/netns/red"), "all NICs are home, both namespaces gone", run)
    lab.clean("e0", "e1", "e2")


def foreign_namespace():
    """One that was there is used and never removed."""
    lab.ip("netns add theirs")
    lab.batch("link add t0 type dummy\nlink add other type bond", "theirs")
    lab.dummies("e0")
    wanted = config(("theirs",), bond0={"namespace": "theirs", "mode": "balance-rr",
                                        "slaves": ["t0", "e0"]})
    applies(wanted, "a namespace others made", namespaces=["theirs"])
    same(slave_order("bond0", "theirs"), ["t0", "e0"],
         "slaves that were there and slaves that come in")
    run = applies(NOTHING, "it leaves the file", namespaces=["theirs"])
    inside = links("theirs")
    check(os.path.exists("/run/netns/theirs") and "other" in inside and "t0" in inside and
          "e0" in links(), "the namespace, its own NIC and its own bond stay, ours goes home", run)
    lab.ip("netns del theirs")
    lab.clean("e0")


def vanished():
    """The namespace is deleted behind netbond's back; what was in it and virtual died with it."""
    lab.dummies("e0", "e1")
    once(config(bond0=BOND))
    lab.ip("netns del storage")
    lab.wait_for(lambda: "e0" not in links())
    lab.dummies("e0", "e1")
    run = applies(config(bond0=BOND), "a namespace deleted by hand", namespaces=["storage"],
                  allow=None)
    check("storage: somebody deleted the namespace; not back: e0, e1" in run.err,
          "it says whom that took along", run)
    same(slave_order("bond0", "storage"), ["e0", "e1"], "namespace, bond, slaves are there again")
    once(NOTHING)
    lab.clean("e0", "e1")


def waiting():
    run = once(config(bond0=BOND))
    check(run.status == 0 and "e0" in run.err and "no such device" in run.err,
          "slaves that are nowhere: the bond is made in its namespace and waits, with a note", run)
    settled(config(bond0=BOND), "while it waits", namespaces=["storage"])
    lab.dummies("e0", "e1")
    applies(config(bond0=BOND), "the slaves have come", namespaces=["storage"], allow=None)
    same(slave_order("bond0", "storage"), ["e0", "e1"], "they are inside")
    once(NOTHING)
    lab.clean("e0", "e1")


def renamed():
    """A NIC that somebody renamed inside, or took out of the bond, is still on record."""
    lab.dummies("e0", "e1")
    once(config(bond0=BOND))
    lab.batch("link set e0 nomaster\nlink set e0 down\nlink set e0 name weird", "storage")
    run = applies(config(bond0=BOND), "a slave renamed inside", namespaces=["storage"], allow=None)
    same(set(slave_order("bond0", "storage")), {"e1", "weird"}, "it is enslaved as it is called now", run)
    lab.batch("link set weird nomaster\nlink set e1 nomaster\n"
              "address add 203.0.113.1/24 dev e1", "storage")
    run = once(config(), allow=None, namespaces=["storage"])
    check(run.status == 2 and "move e1 back" in run.out and "e0" in links() and
          "e1" in links("storage"), "without the bond in the file: the free one goes home, one that "
          "somebody uses is held", run)
    run = applies(config(), "allowed, it goes too", namespaces=["storage"], allow="rebuild")
    check({"e0", "e1"} <= set(links()), "all are home under their own names", run)
    once(NOTHING)
    lab.clean("e0", "e1")


def not_alone():
    """A namespace with processes, or with devices of others, does not go."""
    lab.dummies("e0", "e1")
    once(config(bond0=BOND))
    process = lab.subprocess.Popen(["ip", "netns", "exec", "storage", "sleep", "1000"])
    lab.wait_for(lambda: lab.must("ip", "netns", "pids", "storage").split())
    lab.wait_for(lambda: open(f"/proc/{process.pid}/comm", encoding="ascii").read() == "sleep\n")
    run = once(NOTHING, namespaces=["storage"])
    check(run.status == 2 and f"processes live in it: {process.pid} (sleep)" in run.out and
          "--force" in run.out and os.path.exists("/run/netns/storage"),
          "a process lives there: refused, with the list and the way out", run)
    check({"e0", "e1"} <= set(links()), "the NICs are home all the same")
    run = once(NOTHING, namespaces=["storage"])
    check(run.status == 2 and not run.writes, "and again: nothing is written", run)
    process.kill()
    process.wait()
    lab.ip("link add theirs type dummy", "storage")
    run = once(NOTHING, namespaces=["storage"])
    check(run.status == 2 and "what netbond did not bring: theirs" in run.out, "a foreign device: "
          "refused, it is named", run)
    run = once(NOTHING, "--force", allow=None)
    check(run.status == 0 and not os.path.exists("/run/netns/storage"), "by force it goes", run)
    lab.clean("e0", "e1")


def same_inode():
    """Inode numbers come back; a namespace that others made with an old one is not ours."""
    once(config())
    for _ in range(20):
        old = os.stat("/run/netns/storage").st_ino
        lab.ip("netns del storage")
        lab.ip("netns add storage")
        if os.stat("/run/netns/storage").st_ino == old:
            break
    once(NOTHING)
    check(os.path.exists("/run/netns/storage"), "made by others with the inode of ours: it stays")
    lab.ip("netns del storage")
    lab.fresh_memory()


def moved():
    """A bond whose namespace changes in the file; when that cannot be, the old one stays."""
    lab.dummies("e0", "e1")
    here = {**BOND, "namespace": "blue"}
    there = {**BOND, "namespace": "red", "name": "bond0"}
    once(config(("blue", "red"), bond0=here))
    held = once(config(("blue", "red"), other=there), allow="down")
    check(held.status == 2 and not held.writes, "moving a bond: held as a whole below rebuild", held)
    lab.ip("link add bond0 type dummy", "red")
    run = once(config(("blue", "red"), other=there))
    same((run.status, slave_order("bond0", "blue"), addresses("bond0", "blue")),
         (1, ["e0", "e1"], {"192.0.2.1/24", "2001:db8::1/64"}),
         "it cannot be made there: the old one is in service", run)
    lab.ip("link del bond0", "red")
    run = applies(config(("blue", "red"), other=there), "moving a bond", namespaces=["blue", "red"])
    texts = run.texts()
    order = [next(i for i, text in enumerate(texts) if text.startswith(start)) for start in
             ("create bond", "release e0", "release e1", "delete bond0 (in blue)")]
    check(order == sorted(order), "the new one is made first, the old one goes last", texts)
    same((slave_order("bond0", "red"), addresses("bond0", "red"), "bond0" in links("blue")),
         (["e0", "e1"], {"192.0.2.1/24", "2001:db8::1/64"}, False), "it is there with all it had")
    out = {key: value for key, value in BOND.items() if key != "namespace"}
    applies(config(("blue", "red"), bond0=out), "and out of namespaces")
    same(slave_order("bond0"), ["e0", "e1"], "its slaves are home and enslaved")
    once(NOTHING)
    lab.clean("e0", "e1")


def no_namespace_there():
    """What lies at one pin is no namespace: that costs what belongs into it, and nothing else."""
    lab.dummies("e0", "e1", "e2", "e3")
    os.makedirs("/run/netns", exist_ok=True)
    with open("/run/netns/storage", "w", encoding="ascii") as out:
        out.write("mine")
    both = config(("storage", "other"), bond0=BOND, bond1={**BOND, "namespace": "other",
                                                          "slaves": ["e2"]},
                  bond2={"mode": "balance-rr", "slaves": ["e3"]})
    run = once(both)
    same((run.status, slave_order("bond1", "other"), slave_order("bond2")), (1, ["e2"], ["e3"]),
         "a file lies where a namespace shall be: all other bonds are made", run)
    check("/run/netns/storage is no network namespace" in run.err, "the file is named", run)
    with open("/run/netns/storage", encoding="ascii") as file:
        same(file.read(), "mine", "and left alone")
    os.unlink("/run/netns/storage")
    os.close(os.open("/run/netns/storage", os.O_CREAT, 0))
    run = once(both)
    same((run.status, slave_order("bond0", "storage")), (0, ["e0", "e1"]),
         "a pin whose maker died before the mount is used", run)
    once(NOTHING)
    lab.clean("e0", "e1", "e2", "e3")


def many():
    """Namespaces with two bonds each: made, drifted, removed."""
    count = 100 if lab.LONG else 10
    names = [f"n{i}" for i in range(count)]
    nics = [f"x{i}" for i in range(4 * count)]
    lab.dummies(*nics)
    wanted = config(names, **{f"{name}-{b}": {"name": f"bond{b}", "namespace": name,
                                              "mode": "active-backup",
                                              "slaves": nics[4 * i + 2 * b:4 * i + 2 * b + 2]}
                              for i, name in enumerate(names) for b in range(2)})
    applies(wanted, f"{count} namespaces with two bonds each", namespaces=names[:1])
    for i, name in enumerate(names):
        lab.batch(f"link set {nics[4 * i]} nomaster\nlink set {nics[4 * i + 2]} nomaster", name)
    applies(wanted, "one slave of each taken out", namespaces=names[:1], allow=None)
    wrong = [(name, b) for i, name in enumerate(names) for b in range(2)
             if set(slave_order(f"bond{b}", name)) != set(nics[4 * i + 2 * b:4 * i + 2 * b + 2])]
    same(wrong, [], "all bonds have their slaves again")
    applies(NOTHING, "all of it goes")
    check(not set(names) & set(lab.pinned()) and set(nics) <= set(links()), "no namespace is left, all NICs are home")
    lab.clean(*nics)


in_and_home()
all_at_once_home()
same_name_twice()
foreign_namespace()
vanished()
waiting()
renamed()
not_alone()
same_inode()
moved()
no_namespace_there()
many()
lab.finish()
