#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes wrong, and what is left of it: one clear sentence, the exit status, and a bond that is
in service all the same."""

import os

import lab
from lab import addresses, applies, bonds, check, links, once, routes, same, settled, slave_order

BOTH = {"192.0.2.1/24", "2001:db8::1/64"}


def config(slaves=("d0", "d1"), **more):
    return bonds(bond0={"mode": "active-backup", "slaves": list(slaves),
                        "addresses": sorted(BOTH), **more})


def in_service(bond="bond0"):
    have = links()
    return bond in have and have[bond].up and addresses(bond) == BOTH


def missing_slave():
    run = once(config(["d0", "d7"]), allow=None)
    check(run.status == 0 and "d7" in run.err and "note" in run.err,
          "a slave that is not there: exit status 0 and a note", run)
    check(in_service() and slave_order("bond0") == ["d0"], "the bond works with the others")
    settled(config(["d0", "d7"]), "a slave that is not there")
    lab.ip("link add d7 type dummy")
    applies(config(["d0", "d7"]), "when it has come", allow=None)
    same(slave_order("bond0"), ["d0", "d7"], "it is enslaved")
    lab.ip("link del d7")
    run = once(config(["d0", "d7"]), allow=None)
    check(run.status == 0 and in_service(), "it vanishes again: waited for again", run)
    lab.clean("bond0")


def slave_that_refuses():
    lab.ip("link add link d1 name mv0 type macvlan")
    run = once(config())
    check(run.status == 1 and "d1" in run.err and "in use" in run.err,
          "a slave with a macvlan upon it: exit status 1, slave and the kernel's reason told", run)
    check(in_service() and slave_order("bond0") == ["d0"],
          "the bond is in service with the other slave, and has its addresses", run)
    run = once(config())
    check(run.status == 1 and in_service(), "a second run fails the same way, and harms nothing",
          run)
    lab.ip("link del mv0")
    applies(config(), "when the macvlan is gone")
    same(slave_order("bond0"), ["d0", "d1"], "it is enslaved then")
    lab.clean("bond0")


def other_type():
    lab.ip("tuntap add t0 mode tun")
    run = once(config(["d0", "t0"]))
    check(run.status == 1 and "t0" in run.err and in_service(),
          "a slave of another device type: told, and the bond is in service", run)
    lab.clean("bond0", "t0")


def loop():
    run = once(bonds(bond0={"mode": "active-backup", "slaves": ["bond1"]},
                     bond1={"mode": "active-backup", "slaves": ["bond0"]}))
    check(run.status == 1 and not run.writes, "bonds in a loop: an error, nothing is written", run)


def unknown_to_this_kernel():
    """Told before anything is written; where no bond was seen yet, by looking afterwards."""
    lab.ip("link add probe type bond mode 802.3ad")
    shown = set(links()["probe"].bond)
    lab.ip("link del probe")
    for name, more in (("lacp-strict", {"min-links": 1}), ("broadcast-neighbor", {})):
        if name in shown:
            print(f"# {name}: this kernel has it")
            continue
        what = {"mode": "802.3ad", name: True, **more}
        run = once(config(**what))
        check(run.status == 1 and name in run.err and "error" in run.err,
              f"{name} is unknown to this kernel, no bond was there: exit status 1, it is named",
              run)
        check("bond0" not in links() or in_service(), f"{name}: what is there is in service", run)
        lab.clean("bond0")
        once(config(mode="802.3ad"))
        run = once(config(**what))
        check(run.status == 1 and name in run.err and not run.writes and in_service(),
              f"{name} with a bond to look at: told before anything is written", run)
        settled(config(mode="802.3ad"), f"without {name}")
        lab.clean("bond0")


def refused_value():
    """A value only a newer kernel takes: the bond went down for it and comes up again."""
    routed = {"routes": [{"to": "default", "via": "192.0.2.254"},
                         {"to": "2001:db8:7::/48", "via": "2001:db8::fe"}]}
    once(config(mode="802.3ad", **routed))
    run = once(config(mode="802.3ad", **routed, **{"ad-select": "actor_port_prio"}))
    if run.status == 0:
        print("# ad-select actor_port_prio: this kernel takes it")
        lab.clean("bond0")
        return
    check(run.status == 1 and "ad-select" in run.err,
          "a value this kernel refuses: exit status 1, the option is named", run)
    check(any("down" in text for text in run.texts()) and in_service() and routes("bond0") ==
          {"default via 192.0.2.254", "2001:db8:7::/48 via 2001:db8::fe"},
          "the bond went down for it: it is up again with addresses and routes", run)
    same(slave_order("bond0"), ["d0", "d1"], "and with its slaves", run)
    told = [text for text in run.texts() if text.startswith("set bond0:") and "FAILED" not in text]
    same(told, ["set bond0: down", "set bond0: up"],
         "what is told as done is what was done: down, and up without the refused value", run)
    mixed = config(mode="802.3ad", **routed, **{"ad-select": "actor_port_prio",
                                                "xmit-hash-policy": "layer3+4"})
    run = once(mixed)
    same((run.status, links()["bond0"].bond["xmit-hash-policy"]), (1, 1),
         "a good option beside the refused one is set all the same", run)
    check(in_service(), "after that it is in service")
    settled(config(mode="802.3ad", **routed, **{"xmit-hash-policy": "layer3+4"}),
            "with the bad value taken out")
    lab.clean("bond0")
    run = once(mixed)
    check(run.status == 1 and "ad-select" in run.err and run.err.count("error:") == 1,
          "a value this kernel refuses, for a new bond: exit status 1, the option is named", run)
    check(in_service() and slave_order("bond0") == ["d0", "d1"] and
          lab.kernel_has("bond0", {"xmit-hash-policy": "layer3+4"})[0],
          "the new bond is made without it and is in service", run)
    lab.clean("bond0")


def one_bond_of_three():
    """A failure of one does not keep the others from their work."""
    lab.dummies("d2", "d3", "d4")
    lab.ip("link add link d2 name mv0 type macvlan")
    three = bonds(one={"mode": "balance-rr", "slaves": ["d0"], "addresses": ["192.0.2.1/24"]},
                  two={"mode": "balance-rr", "slaves": ["d2"], "addresses": ["192.0.2.2/24"]},
                  three={"mode": "balance-rr", "slaves": ["d4"], "addresses": ["192.0.2.3/24"]})
    run = once(three)
    same((run.status, [addresses(b) for b in ("one", "two", "three")], slave_order("three")),
         (1, [{f"192.0.2.{i}/24"} for i in (1, 2, 3)], ["d4"]),
         "one of three bonds fails: the others are done, its own address as well", run)
    lab.clean("one", "two", "three", "mv0", "d2", "d3", "d4")


def without_rights():
    once(config())
    plain = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    os.makedirs("/tmp/theirs", exist_ok=True)
    os.chown("/tmp/theirs", 65534, 65534)
    other = config(**{"num-grat-arp": 9})
    run = once(other, "--runtime-dir", "/tmp/theirs/run", prefix=plain)
    check(run.status == 1 and links()["bond0"].bond["num-grat-arp"] == 1,
          "as nobody: exit status 1, nothing is changed", run)
    check("CAP_NET_ADMIN" in run.err or "root" in run.err, "as nobody: the missing right is named",
          run)
    check(run.err.count("error:") == 1 and len(run.operations) <= 1,
          "as nobody: one sentence, not one for each operation", run)
    run = once(other, prefix=plain)
    check(run.status == 1 and "/run/netbond" in run.err and "root" in run.err and not run.writes,
          "as nobody with the folder of root: told, and what to do", run)
    run = once(config(), "--runtime-dir", "/proc/nowhere")
    check(run.status == 1 and "/proc/nowhere" in run.err and not run.writes,
          "a folder that cannot be made: told, nothing is written", run)
    with open("/tmp/secret.yaml", "w", encoding="utf-8") as file:
        file.write("bonds: {}\n")
    os.chmod("/tmp/secret.yaml", 0o600)
    run = once(None, "--exact", "--runtime-dir", "/tmp/theirs/run", "/tmp/secret.yaml",
               prefix=plain)
    check(run.status == 1 and "secret.yaml" in run.err and "chmod" in run.err,
          "a file it may not read: told with the chmod", run)
    lab.clean("bond0")


def no_slave_at_all_comes():
    """A WAIT that ends in vain: the last usable slave is not given up."""
    lab.cables("far", {"e0": "p0", "e1": "p1"})
    lab.ip("link set p0 up", "far")
    once(bonds(bond0={"mode": "active-backup", "slaves": ["e0"], "addresses": sorted(BOTH)}))
    lab.wait_for(lambda: links()["e0"].slave.get("mii-status") == 0)
    run = once(bonds(bond0={"mode": "active-backup", "slaves": ["e1"],
                            "addresses": sorted(BOTH)}), allow=None)
    check(run.status == 2 and "wait" in run.out + run.err,
          "the new slave has no carrier: pending, exit status 2", run)
    same(slave_order("bond0"), ["e0", "e1"], "the old one is not given up", run)
    lab.ip("link set p1 up", "far")
    lab.wait_for(lambda: links()["e1"].slave.get("mii-status") == 0)
    run = once(bonds(bond0={"mode": "active-backup", "slaves": ["e1"],
                            "addresses": sorted(BOTH)}), allow=None)
    same((run.status, slave_order("bond0")), (0, ["e1"]), "with carrier it goes on", run)
    lab.clean("bond0", "e0", "e1")


def killed():
    """Ended in the middle, the next run goes on from there."""
    lab.dummies("d2", "d3")
    wanted = config(["d0", "d1", "d2", "d3"], mode="802.3ad", **{"lacp-rate": "fast"})
    once(config(["d0", "d1"], mode="balance-rr"))
    for number in range(6, 100) if lab.LONG else (11, 13, 15, 18):
        what = f"killed at netlink message {number}"
        status, out, err = lab.run("strace", "-f", "-e", "trace=sendmsg,sendto", "-e",
                                   f"inject=sendmsg,sendto:signal=KILL:when={number}", lab.NETBONDD,
                                   "--once", "--exact", "--allow", "rebuild", write(wanted))
        if lab.LONG and status == 0:
            break                       # there are no more messages than that
        check(status in (137, -9) and "converged" not in out, f"{what}: it came to no end",
              status, out, err)
        applies(wanted, f"{what}, and run again")
        check(in_service(), f"{what}: in service after the next run")
        once(config(["d0", "d1"], mode="balance-rr"))
    lab.clean("bond0", "d2", "d3")


def write(wanted):
    with open("/tmp/killed.yaml", "w", encoding="utf-8") as file:
        file.write(lab.json.dumps(wanted))
    return "/tmp/killed.yaml"


lab.dummies("d0", "d1")
missing_slave()
slave_that_refuses()
other_type()
loop()
unknown_to_this_kernel()
refused_value()
one_bond_of_three()
without_rights()
no_slave_at_all_comes()
killed()
lab.finish()
