#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What others made: taken over as it is, left alone when not named, never deleted. What netbond
made goes when no file names it any more."""

import lab
from lab import addresses, applies, bonds, check, links, once, routes, same, settled, slave_order

NOTHING = "version: 1\n"


def equal_is_left_alone():
    """The bond as a file would make it, made by `ip`."""
    for mode in lab.MODES:
        lab.batch(f"""link add bond0 type bond mode {mode} miimon 100
            link set d0 master bond0\nlink set d1 master bond0\nlink set bond0 up
            address add 192.0.2.1/24 dev bond0\naddress add 2001:db8::1/64 dev bond0 nodad
            route add 198.51.100.0/24 via 192.0.2.254 dev bond0
            route add 2001:db8:5::/48 via 2001:db8::fe dev bond0""")
        settled(bonds(bond0={"mode": mode, "slaves": ["d0", "d1"],
                             "addresses": ["192.0.2.1/24", "2001:db8::1/64"],
                             "routes": [{"to": "198.51.100.0/24", "via": "192.0.2.254"},
                                        {"to": "2001:db8:5::/48", "via": "2001:db8::fe"}]}),
                f"{mode}: a bond made by ip as the file says", allow=None)
        lab.clean("bond0")


def only_differences():
    lab.batch("""link add bond0 type bond mode active-backup miimon 50 updelay 100 num_grat_arp 5
        link set d0 master bond0\nlink set d1 master bond0\nlink set d2 master bond0
        link set bond0 up mtu 1400
        address add 192.0.2.1/24 dev bond0\naddress add 192.0.2.9/24 dev bond0
        route add 203.0.113.0/24 via 192.0.2.200 proto static""")
    config = bonds(bond0={"mode": "active-backup", "slaves": ["d0", "d1"], "updelay": 200,
                          "addresses": ["192.0.2.1/24"]})
    before = links()["bond0"]
    run = applies(config, "a bond made by ip that differs", allow="slave")
    have = links()["bond0"]
    same((have.index, have.mac, have.mtu), (before.index, before.mac, 1400),
         "adoption keeps device, MAC, and the MTU the file does not name")
    same((have.bond["miimon"], have.bond["updelay"], have.bond["num-grat-arp"]), (100, 200, 1),
         "adoption: options not named get the default", run)
    same(slave_order("bond0"), ["d0", "d1"], "adoption: the extra slave is released")
    same(addresses("bond0"), {"192.0.2.1/24", "192.0.2.9/24"},
         "adoption: an address the file does not name is left alone")
    same(routes("bond0"), {"203.0.113.0/24 via 192.0.2.200"},
         "adoption: a route the file does not name is left alone")
    sets = [text for text in run.texts() if text.startswith("set ")]
    same(len(sets), 1, "adoption: all options by one message", run)
    adopted_goes_on()


def adopted_goes_on():
    """Continues with the adopted bond0: an address named once is netbond's to remove."""
    config = bonds(bond0={"mode": "active-backup", "slaves": ["d0", "d1"], "updelay": 200})
    applies(config, "an adopted address is taken out of the file")
    same(addresses("bond0"), {"192.0.2.9/24"},
         "an adopted address goes with its line; the one never named stays")
    run = once(NOTHING)
    same((run.status, run.writes, "bond0" in links()), (0, [], True),
         "an adopted bond that leaves the file is let go: still there, nothing written", run)
    same((slave_order("bond0"), addresses("bond0")), (["d0", "d1"], {"192.0.2.9/24"}),
         "a bond that is let go keeps its slaves and addresses")
    lab.clean("bond0")


def mac_of_an_empty_bond():
    """A MAC set by hand stays; in place of a random one comes the first slave's."""
    two = {"mode": "active-backup", "slaves": ["d0", "d1"]}
    for address, mac in (("address 02:00:00:00:00:77", "02:00:00:00:00:77"),
                         ("", links()["d0"].mac)):
        lab.ip(f"link add bond0 {address} type bond mode active-backup miimon 100")
        run = applies(bonds(bond0=two), f"an empty bond, {address or 'with a random MAC'}")
        same(links()["bond0"].mac, mac, "its MAC is as it was set, else the first slave's", run)
        lab.clean("bond0")
    late = bonds(bond0={**two, "slaves": ["late", "d1"], "mac": "first-slave"})
    empty = bonds(bond0={**two, "slaves": ["late"], "mac": "first-slave"})
    once(empty)
    run = once(late)
    same(links()["bond0"].mac, links()["d1"].mac, "first-slave: the first one that is there", run)
    lab.ip("link add late address 02:00:00:00:00:88 type dummy")
    run = applies(late, "the first one of the list comes late")
    same(links()["bond0"].mac, own["d1"], "the MAC does not change with it", run)
    lab.ip("link set bond0 address 02:00:00:00:00:99")
    run = applies(late, "another MAC by hand")
    same(links()["bond0"].mac, "02:00:00:00:00:88", "it is the first slave's again", run)
    lab.clean("bond0", "late")


def foreign_is_untouched():
    lab.batch("""link add other type bond mode balance-xor miimon 30 xmit_hash_policy layer3+4
        link set d2 master other\nlink set other addrgenmode none\nlink set other up
        address add 198.51.100.9/24 dev other
        link add bonding7 type bond""")
    lab.wait_for(lambda: lab.query("link show dev other")[0]["operstate"] == "UP")
    before = lab.query("-d link show"), lab.query("address show")
    run = once(bonds(bond0={"mode": "balance-rr", "slaves": ["d0", "d1"]}))
    once(NOTHING)
    after = lab.query("-d link show"), lab.query("address show")

    def of(name, shown):
        return [entry for part in shown for entry in part if entry["ifname"] == name]
    for name in ("other", "bonding7", "d2"):
        same(of(name, after), of(name, before),
             f"{name}, which no file names, is the same after a bond came and went", run)
    lab.clean("other", "bonding7", "bond0")


def made_is_removed():
    config = bonds(bond0={"mode": "balance-rr", "slaves": ["d0", "d1"],
                          "addresses": ["192.0.2.1/24"]})
    once(config)
    held = once(NOTHING, allow=None)
    check(held.status == 2 and not held.writes and "bond0" in links() and
          "--allow rebuild" in held.out,
          "what netbond made and no file names: held at the default limit, told how to do it", held)
    run = applies(NOTHING, "what netbond made and no file names, allowed")
    same((run.worst, "bond0" in links()), ("rebuild", False), "it is removed, class rebuild")
    have = links()
    check(all(not have[d].master and not have[d].up for d in ("d0", "d1")),
          "its slaves are free and down")
    lab.clean()


def a_remake_is_not_ours():
    config = bonds(bond0={"mode": "balance-rr", "slaves": ["d0", "d1"]})
    once(config)
    lab.batch("link del bond0\nlink add bond0 type bond mode balance-xor\nlink set bond0 up")
    run = once(NOTHING)
    same((run.status, run.writes, "bond0" in links()), (0, [], True),
         "a foreign remake of a bond netbond made is not deleted", run)
    lab.clean("bond0")
    # The same ifindex and name, but what netbond made is gone and was seen to be gone.
    once(config)
    lab.ip("link del bond0")
    once(NOTHING)
    lab.ip("link add bond0 type bond")
    run = once(NOTHING)
    same((run.status, "bond0" in links()), (0, True), "what came later under the name stays", run)
    lab.clean("bond0")


def uppers_are_never_deleted_unasked():
    config = bonds(bond0={"mode": "balance-rr", "slaves": ["d0", "d1"]})
    once(config)
    lab.ip("link add link bond0 name bond0.7 type vlan id 7")
    gone = {"settings": {"auto-disruption": "rebuild"}, "bonds": {"bond0": {"absent": True}}}
    run = once(gone, allow=None)
    check(run.status == 2 and not run.writes and {"bond0", "bond0.7"} <= set(links()),
          "a bond with a VLAN is not removed unasked, although auto-disruption is rebuild", run)
    run = applies(gone, "absent: a bond with a VLAN, asked for", allow="rebuild")
    check(not {"bond0", "bond0.7"} & set(links()), "asked for, both are gone", run)
    lab.clean()


def absent():
    lab.batch("link add other type bond\nlink set other up\nlink add plain type dummy")
    run = applies(bonds(other={"absent": True}), "absent: a bond netbond did not make")
    same("other" in links(), False, "absent removes a bond whoever made it", run)
    settled(bonds(gone={"absent": True}), "absent: what is not there")
    run = once(bonds(plain={"absent": True}))
    check(run.status == 1 and not run.writes and "plain" in links() and "dummy" in run.err,
          "absent never removes what is no bond, and says what it is", run)
    run = once(bonds(plain={"mode": "balance-rr", "slaves": ["d0"]}))
    check(run.status == 1 and not run.writes and links()["plain"].kind == "dummy",
          "a bond of the name of another device: an error, nothing is touched", run)
    lab.clean("plain")


lab.dummies("d0", "d1", "d2")
own = {name: link.mac for name, link in links().items()}
equal_is_left_alone()
only_differences()
mac_of_an_empty_bond()
foreign_is_untouched()
made_is_removed()
a_remake_is_not_ours()
uppers_are_never_deleted_unasked()
absent()
lab.finish()
