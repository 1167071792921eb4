#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a plan costs the traffic: numbered UDP packets each 2 ms in both directions, while plans of
class live run one after another and while both slaves are replaced at class slave. None is lost."""

import lab
from lab import addresses, bonds, check, links, once, same

HERE, THERE = "192.0.2.1", "192.0.2.2"
SWITCHED = ("active-backup", "balance-tlb", "balance-alb")
STATIC = {"balance-rr": "balance-rr", "balance-xor": "balance-xor", "broadcast": "balance-rr"}
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
    check(lab.wait_for(lambda: lab.run("ping", "-c1", "-W1", THERE)[0] == 0),
          f"{mode}: the far end answers")


def tear_down():
    lab.ip("link del peer", "far")
    lab.clean("bond0", *(name for pair in PAIRS for name in pair))


class Watch:
    """Both directions at once."""

    def __enter__(self):
        self.counters = {"to the far end": lab.Counter(THERE, "", "far"),
                         "from the far end": lab.Counter(HERE, "far", "")}
        lab.time.sleep(0.3)
        return self

    def __exit__(self, *_):
        lab.time.sleep(0.5)
        for counter in self.counters.values():
            counter.end_sending()
        self.found = {way: counter.result() for way, counter in self.counters.items()}


def nothing_lost(watch, what, *details):
    for way, found in watch.found.items():
        check(found["lost"] == 0 and found["sent"] > 100,
              f"{what}: {found['sent']} packets {way}, none lost", found, *details)


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


def swap(mode, pair):
    """Both slaves replaced by @pair."""
    with Watch() as watch:
        run = once(config(mode, pair), allow=None)
    what = f"{mode}: both slaves replaced by {pair[0]} and {pair[1]}"
    check(run.status == 0 and run.plans == 1 and run.worst == "slave",
          f"{what} at the default limit, class slave", run)
    waits = [text for text in run.texts() if text.startswith("wait until a slave of bond0")]
    same(len(waits), 2, f"{what}: a wait for a usable slave before each release", run)
    same(lab.slave_order("bond0"), list(pair), f"{what}: they are there")
    return watch, run


def replace_both(mode):
    """
    Up to three times: a packet on the cable when its port closes is lost whoever closes it, and a
    busy machine makes that moment longer. A wrong order loses hundreds each time.
    """
    unhurt = set()
    for pair in PAIRS[1:]:
        watch, run = swap(mode, pair)
        unhurt |= {way for way, found in watch.found.items()
                   if found["lost"] == 0 and found["sent"] > 100}
        if mode in STATIC:
            # It learns of new ports by its own monitoring, which nobody here can see.
            print(f"# {mode}: lost from a static far end:", watch.found["from the far end"])
            unhurt.add("from the far end")
        if len(unhurt) == 2:
            break
    check("to the far end" in unhurt, f"{mode}: both replaced: no packet lost to the far end",
          watch.found, run)
    if mode not in STATIC:
        check("from the far end" in unhurt,
              f"{mode}: both replaced: no packet lost from the far end", watch.found, run)
    return pair


def grow(mode, pair):
    with Watch() as watch:
        run = once(config(mode, [*pair, "e1"]), allow="live")
        lab.wait_for(lambda: usable(mode), 20)
    check(run.status == 0 and run.result == "converged", f"{mode}: a third slave, class live", run)
    if mode == "802.3ad":           # this end is coupled: see lacp_partner()
        print("# 802.3ad: lost while a port joins:", {w: f["lost"] for w, f in watch.found.items()})
    else:
        nothing_lost(watch, f"{mode}: a third slave", run)


for name in lab.MODES if lab.LONG else ("active-backup", "balance-xor", "802.3ad", "balance-alb"):
    set_up(name)
    live_changes(name)
    grow(name, replace_both(name))
    tear_down()
lab.finish()
