#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a plan costs the traffic: numbered UDP packets each 2 ms in both directions, while plans of
class live run one after another and while both slaves are replaced at class slave. None is lost.
What the kernel counted as dropped, and where, is printed with each loss."""

import lab
from lab import addresses, bonds, check, links, once, same

HERE, THERE = "192.0.2.1", "192.0.2.2"
SWITCHED = ("active-backup", "balance-tlb", "balance-alb")
STATIC = {"balance-rr": "balance-rr", "balance-xor": "balance-xor", "broadcast": "balance-rr"}
TO_FAR, FROM_FAR = "to the far end", "from the far end"
# Packets the far end sends, one each 2 ms, before it acts on a port that was closed: 100 ms to its
# next look, and as much again on a machine that is busy.
REACTION = 100
STRICT = {"802.3ad": {"min-links": 2}}     # while slaves are replaced: never one alone
PAIRS = [(f"e{i}", f"e{i + 1}") for i in range(0, 8, 2)]

# Changes the plan must call live, each over the one before.
ALWAYS = [{"miimon": 50}, {"miimon": 50, "updelay": 100, "downdelay": 50}, {"resend-igmp": 3},
          {"num-grat-arp": 2}, {"all-slaves-active": True}, {"lp-interval": 2},
          {"addresses": [HERE + "/24", "192.0.2.77/24", "2001:db8::1/64"]},
          {"addresses": [HERE + "/24", "192.0.2.77/24", "2001:db8::1/64"],
           "routes": [{"to": "203.0.113.0/24", "via": THERE}]}]
LIVE = {
    "balance-rr": [{"packets-per-slave": 16}, {"packets-per-slave": 0}],
    "active-backup": [{"primary-reselect": "failure"}, {"primary": "e1"}, {"primary": "e0"}, {}],
    "balance-xor": [{"xmit-hash-policy": p} for p in ("layer3+4", "layer2+3", "vlan+srcmac")],
    "broadcast": [],
    "802.3ad": [{"xmit-hash-policy": "layer3+4"}, {"min-links": 1}, {"min-links": 2}],
    "balance-tlb": [{"xmit-hash-policy": "layer3+4"}, {"primary": "e1"}, {}],
    "balance-alb": [{"primary": "e1"}, {}],
}


def config(mode, slaves=("e0", "e1"), **more):
    return bonds(bond0={"mode": mode, "slaves": list(slaves), "addresses": [HERE + "/24"], **more})


def usable(mode):
    """Whether at least two slaves are there and all carry traffic; in 802.3ad both ends say so."""
    have = links()
    mine = [link.slave for link in have.values() if link.master == have["bond0"].index]
    return len(mine) > 1 and all(
        slave["mii-status"] == 0 and
        (mode != "802.3ad" or (slave.get("ad-actor-oper-port-state", 0) & 0x30 == 0x30 and
                               slave.get("ad-partner-oper-port-state", 0) & 0x10))
        for slave in mine)


def lacp_partner(ports):
    """
    A partner like a switch: it takes frames in as soon as a port is in sync, and sends when this
    end collects. The kernel's default for both, coupled_control, lets it drop what comes up to a
    tick of 100 ms too early.
    """
    lab.batch("link add peer type bond mode 802.3ad miimon 100 lacp_rate fast all_slaves_active 1",
              "far")
    with lab.rtnl.Inside("far"):
        nl = lab.rtnl.Rtnl()
        nl.set_bond(nl.links()["peer"].index, "coupled-control", 0)
    lab.batch("\n".join(f"link set {port} master peer" for port in ports) +
              f"\naddress add {THERE}/24 dev peer\nlink set peer up", "far")


def set_up(mode):
    ports = [f"p{i}" for i in range(8)]
    lab.cables("far", {f"e{i}": port for i, port in enumerate(ports)})
    if mode in STATIC:
        lab.partner_bond("far", "peer", ports, f"mode {STATIC[mode]} miimon 100", [THERE + "/24"])
    elif mode == "802.3ad":
        lacp_partner(ports)
    else:
        lab.partner_bridge("far", "peer", ports, [THERE + "/24"])
    once(config(mode))
    check(lab.wait_for(lambda: usable(mode), 20), f"{mode}: both slaves are usable")
    check(lab.wait_for(lambda: lab.answers(THERE)), f"{mode}: the far end answers")


def tear_down():
    lab.ip("link del peer", "far")
    lab.clean("bond0", *(name for pair in PAIRS for name in pair))


class Watch:
    """Both directions at once, and where the kernel says it dropped something."""

    def __enter__(self):
        self.before = lab.drops(lab.INSIDE, "far")
        self.counters = {TO_FAR: lab.Counter(THERE, lab.INSIDE, "far"),
                         FROM_FAR: lab.Counter(HERE, "far", lab.INSIDE)}
        lab.time.sleep(0.3)
        return self

    def __exit__(self, *_):
        lab.time.sleep(0.5)
        for counter in self.counters.values():
            counter.end_sending()
        self.found = {way: counter.result() for way, counter in self.counters.items()}
        self.drops = lab.drops(lab.INSIDE, "far") - self.before

    def lost(self, way):
        """How many, without those a starved reader of this test left to its socket."""
        receiver = "far" if way == TO_FAR else lab.INSIDE
        return self.found[way]["lost"] - self.drops[receiver, "udp", "RcvbufErrors"]

    def __str__(self):
        return "\n".join([*(f"{way}: {found}" for way, found in self.found.items()),
                          *(f"dropped: {' '.join(where)}: {n}"
                            for where, n in sorted(self.drops.items()))])


def nothing_lost(watch, what, *details):
    for way, found in watch.found.items():
        check(watch.lost(way) == 0 and found["sent"] > 30,
              f"{what}: {found['sent']} packets {way}, none lost", watch, *details)


def live_changes(mode):
    runs = []
    with Watch() as watch:
        for more in [*LIVE[mode], *ALWAYS]:
            runs.append(once(config(mode, **more), allow="live"))
    for more, run in zip([*LIVE[mode], *ALWAYS], runs):
        check(run.status == 0 and run.result == "converged", f"{mode}: {more or 'taken out'}: "
              "done at class live", run)
    nothing_lost(watch, f"{mode}: {len(runs)} live plans", *runs)
    run = once(config(mode))
    same(addresses("bond0"), {HERE + "/24"}, f"{mode}: back to the start", run)


def too_late(watch, gone):
    """
    Packets from the far end that met a port already closed: it had heard of it (an LACPDU, carrier
    lost) and its own driver looks each 100 ms (ad_mux_machine(), bond_mii_monitor()).
    is_skb_forwardable() counts them.
    """
    return sum(watch.drops[lab.INSIDE, name, "rx dropped"] for name in gone)


def swap(mode, gone, pair):
    """Both slaves replaced by @pair. Returns how many packets were lost each way, and the details."""
    with Watch() as watch:
        run = once(config(mode, pair, **STRICT.get(mode, {})), allow=None)
    what = f"{mode}: both slaves replaced by {pair[0]} and {pair[1]}"
    check(run.status == 0 and run.plans == 1 and run.worst == "slave",
          f"{what} at the default limit, class slave", run)
    many = "2 slaves" if mode in STRICT else "a slave"
    waits = [text for text in run.texts() if text.startswith(f"wait until {many} of bond0")]
    same(len(waits), 2, f"{what}: a wait for usable slaves before each release", run)
    same(lab.slave_order("bond0"), list(pair), f"{what}: they are there")
    lost = {way: watch.lost(way) for way in watch.found}
    if 0 < lost[FROM_FAR] <= too_late(watch, gone) <= REACTION:
        print(f"# {what}: {lost[FROM_FAR]} packets came when the port they took was closed")
        lost[FROM_FAR] = 0
    return lost, (watch, run)


def replace_both(mode):
    """
    Nothing is lost to the far end. What comes from there depends on it as well: a static bond
    learns of ports by its own monitoring, and the peers of balance-alb keep the MAC of a slave that
    left until the driver tells them, up to 2 s later (RLB_UPDATE_DELAY). The others have three
    tries, since a guest that stands still in the wrong moment makes REACTION longer; a wrong order
    loses hundreds each time.
    """
    for gone, pair in zip(PAIRS, PAIRS[1:]):
        lost, details = swap(mode, gone, pair)
        if not lost[TO_FAR] and (mode in STATIC or mode == "balance-alb" or not lost[FROM_FAR]):
            break
        print(f"# {mode}: lost {lost}")
        print("\n".join(f"#   {line}" for line in str(details[0]).splitlines()))
    check(not lost[TO_FAR], f"{mode}: both replaced: no packet lost to the far end", *details)
    if mode in STATIC or mode == "balance-alb":
        print(f"# {mode}: lost from the far end: {lost[FROM_FAR]}")
        check(lab.wait_for(lambda: lab.answers(HERE, "far"), 20),
              f"{mode}: both replaced: the far end reaches this one", *details)
    else:
        check(not lost[FROM_FAR], f"{mode}: both replaced: no packet lost from the far end",
              *details)
    return pair


def grow(mode, pair):
    with Watch() as watch:
        run = once(config(mode, [*pair, "e1"]), allow="live")
        lab.wait_for(lambda: usable(mode), 20)
    check(run.status == 0 and run.result == "converged", f"{mode}: a third slave, class live", run)
    if mode == "802.3ad":           # this end is coupled: see lacp_partner()
        print("# 802.3ad: lost while a port joins:", {way: watch.lost(way) for way in watch.found})
    else:
        nothing_lost(watch, f"{mode}: a third slave", run)


for name in lab.MODES if lab.LONG else ("active-backup", "balance-xor", "802.3ad", "balance-alb"):
    set_up(name)
    live_changes(name)
    grow(name, replace_both(name))
    tear_down()
lab.finish()
