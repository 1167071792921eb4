#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `netbondctl explain` says of faults made for it, all at once: a bond each, with a bond, a
teamd, a bridge or nothing at the far end, and of healthy bonds in all modes, of which it says nothing.
--long adds churn, and how long a mended path takes to heal."""

import array
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import lab
from lab import NETBONDCTL, NETBONDD, check, ip, wait_for

FAR = "far"
RUN, CONFIG = "/tmp/run", "/tmp/config"
FAST = "mode 802.3ad miimon 50 lacp_rate fast"
ONE_SYSTEM = f"{FAST} ad_actor_system 02:00:00:00:66:01"
LACP = {"mode": "802.3ad", "lacp-rate": "fast"}
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
PATIENCE = 120.0        # the machine may be slow; what is asserted does not depend on it


# Cables whose speed can be set: a tap here, a tap there, and a process in between

TUNSETIFF, SIOCETHTOOL, ETHTOOL_SSET = 0x400454ca, 0x8946, 2
HALF, FULL = 0, 1
kept = []


def tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), 0x1002))
    kept.append(fd)
    return fd


def set_speed(name, speed, duplex=FULL):
    """struct ethtool_cmd; a speed of -1 is one that the NIC does not know"""
    command = array.array("B", struct.pack("=IIIHBBBBBBIIHBBI8x", ETHTOOL_SSET, 0, 0, speed & 0xffff,
                                           duplex, 0, 0, 0, 0, 0, 0, 0, speed >> 16 & 0xffff, 0, 0,
                                           0))
    request = struct.pack("16sP", name.encode(), command.buffer_info()[0]).ljust(40, b"\0")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket.fileno(), SIOCETHTOOL, request)


def cable(here, there, speed, far_speed=None):
    """A tap @here and one @there in FAR, with frames carried between them by a child."""
    one = tap(here)
    set_speed(here, speed)
    with lab.rtnl.Inside(FAR):
        two = tap(there)
        set_speed(there, far_speed or speed)
    child = os.fork()
    if child == 0:
        import select
        while True:
            for ready in select.select([one, two], [], [])[0]:
                try:
                    os.write(two if ready == one else one, os.read(ready, 65536))
                except OSError:
                    time.sleep(0.05)        # the other end is down
    children.append(child)


children = []


def stop_children():
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


# Faults

def drop(namespace, link, *directions):
    """Frames are lost although the carrier stays."""
    argv = ["tc", *(["-n", namespace] if namespace else [])]
    lab.must(*argv, "qdisc", "add", "dev", link, "clsact")
    for direction in directions:
        lab.must(*argv, "filter", "add", "dev", link, direction, "matchall", "action", "drop")


class Case:
    """One bond with slaves NAME0, NAME1 and far ends NAME0p, NAME1p."""
    all = []

    def __init__(self, name, sentence, want, config=None, far="bond", options=FAST, fault=None,
                 slaves=2, veth=True, more=None, maybe=()):
        self.name, self.sentence, self.want = name, sentence, want
        self.slaves = [f"{name}{i}" for i in range(slaves)]
        self.ports = [f"{slave}p" for slave in self.slaves]
        self.config = {"miimon": 50, "drift": "ignore", **(config or LACP),
                       "slaves": self.slaves + (more or [])}
        self.far, self.options, self.fault, self.veth = far, options, fault, veth
        # Churn comes after a minute, if the test lasts that long.
        self.maybe = {"lacp-churned", *maybe} - set(want)
        self.told = ["nothing was asked"]       # what is wrong with what was told last
        if "arp-interval" in self.config:
            del self.config["miimon"]
        Case.all.append(self)

    @property
    def peer(self):
        return f"f{self.name}"

    def make_far(self):
        if self.far == "bond":
            lab.partner_bond(FAR, self.peer, self.ports, self.options)
        elif self.far == "bridge":
            lab.partner_bridge(FAR, self.peer, self.ports)
        elif self.far == "ports":
            lab.batch("\n".join(f"link set {port} up" for port in self.ports), FAR)
        elif callable(self.far):
            self.far(self)

    def missing(self, findings):
        """What is not as wanted of the bond's findings."""
        found = {finding["id"]: finding["seen"] for finding in findings}
        wrong = [f"{what} is told: {found[what]}" for what in found
                 if what not in self.want and what not in self.maybe]
        for what, pattern in self.want.items():
            if what not in found:
                wrong.append(f"{what} is not told")
            elif pattern and not re.fullmatch(pattern, found[what]):
                wrong.append(f"{what}: {found[what]}")
        return wrong


def carrier_lost(case):
    ip(f"link set {case.ports[1]} down", FAR)


def two_bonds(first, second):
    """Each port of the far end in a bond of its own."""
    def make(case):
        for i, options in enumerate((first, second)):
            lab.partner_bond(FAR, f"{case.peer}{i}", [case.ports[i]], f"{FAST} {options}")
    return make


def teamd(config):
    def make(case):
        os.makedirs("/run/teamd", exist_ok=True)
        file = f"/run/{case.peer}.json"
        ports = {port: config.get("ports", [{}, {}])[i] for i, port in enumerate(case.ports)}
        with open(file, "w", encoding="utf-8") as out:
            json.dump({"device": case.peer, "runner": {
                "name": "lacp", "active": True, "fast_rate": True, "tx_hash": ["eth", "ipv4"]},
                "link_watch": {"name": "ethtool"}, "ports": ports}, out)
        lab.must("ip", "netns", "exec", FAR, "teamd", "-U", "-d", "-f", file, "-p",
                 f"/run/teamd/{case.peer}.pid")
        ip(f"link set {case.peer} up", FAR)
    return make


def released_with_its_mac(case):
    """The bond keeps the MAC of the slave that left."""
    ip(f"link set {case.slaves[0]} nomaster")
    ip(f"link set {case.slaves[0]} up")


def flap(case):
    ip(f"link set {case.ports[1]} down", FAR)
    wait_for(lambda: lab.links()[case.slaves[1]].slave["mii-status"] != 0)
    ip(f"link set {case.ports[1]} up", FAR)


def to_backup(case):
    ip(f"link set {case.name} type bond active_slave {case.slaves[1]}")


def lose_speed(case):
    """The driver asks again when the link comes back."""
    set_speed(case.slaves[1], -1)
    ip(f"link set {case.slaves[1]} down")
    ip(f"link set {case.slaves[1]} up")


def forget_target(case):
    with open(f"/sys/class/net/{case.name}/bonding/arp_ip_target", "w", encoding="ascii") as out:
        out.write("-192.0.2.77")


def isolated(case):
    """The target is the switch itself; nothing goes from port to port."""
    lab.partner_bridge(FAR, case.peer, case.ports, ["198.18.5.2/24"])
    for port in case.ports:
        ip(f"link set {port} type bridge_slave isolated on", FAR)


STATES = r"own state 0x[0-9a-f]{2} \([^)]*\), partner's 0x[0-9a-f]{2}(?: \([^)]*\))?"


def seen(case, *parts):
    return "; ".join(re.escape(case) + str(i) + part for i, part in parts)


def declare_healthy():
    plain = "mode {} miimon 50"
    for mode in ("balance-rr", "balance-xor"):
        Case("h" + mode[8:], f"{mode}, healthy", {}, {"mode": mode}, options=plain.format(mode))
    Case("hbc", "broadcast, healthy", {}, {"mode": "broadcast"}, options=plain.format("balance-rr"))
    for mode in ("active-backup", "balance-tlb", "balance-alb"):
        Case("h" + mode[-3:], f"{mode}, healthy", {}, {"mode": mode}, far="bridge")
    Case("had", "802.3ad, healthy", {})
    Case("hteam", "802.3ad with teamd, healthy", {}, far=teamd({}))
    Case("hmlag", "802.3ad with two boxes of one system id and key, healthy", {},
         far=two_bonds("ad_actor_system 02:00:00:00:77:01", "ad_actor_system 02:00:00:00:77:01"))
    Case("hfs", "802.3ad, fast here and slow there: no fault", {},
         options="mode 802.3ad miimon 50 lacp_rate slow")


def declare_links():
    Case("dark", "carrier lost", {"slave-no-carrier": "dark1 has no carrier, failure number 1"},
         fault=carrier_lost)
    Case("sdn", "a slave set down", {"slave-set-down": "sdn1 is set down"},
         fault=lambda case: ip("link set sdn1 down"))
    Case("alldn", "all links lost", {
        "no-link": "alldn has no carrier: none of its 2 slaves has a link",
        "slave-no-carrier": "alldn0 has no carrier, .*; alldn1 has no carrier, .*"},
        fault=lambda case: ip(f"link set {case.peer} down", FAR) or
        [ip(f"link set {port} down", FAR) for port in case.ports])
    Case("upd", "updelay", {
        "slave-returning": "upd1 has carrier again and waits for updelay, 600000 ms"},
        {"mode": "active-backup", "updelay": 600000}, far="bridge", fault=flap)
    Case("dnd", "downdelay", {
        "slave-failing": "dnd1 has no carrier, and is used until downdelay, 600000 ms, is over"},
        {"mode": "active-backup", "downdelay": 600000}, far="bridge", fault=carrier_lost)
    Case("nom", "no monitoring", {"unmonitored": "miimon is 0 and arp-interval is 0"},
         {"mode": "balance-xor", "miimon": 0}, far="bridge")
    Case("mtu", "another MTU", {"slave-mtu": "mtu1 has MTU 1400, mtu has 1500"},
         {"mode": "active-backup"}, far="bridge", fault=lambda case: ip("link set mtu1 mtu 1400"))
    Case("mac", "another MAC", {
        "slave-mac": "mac1 has MAC 02:00:00:00:99:01, mac has .{17}"}, {"mode": "balance-xor"},
        far="bridge", fault=lambda case: ip("link set mac1 address 02:00:00:00:99:01"))
    Case("rel", "a released slave is up with the bond's MAC", {
        "mac-elsewhere": "rel0 is up and has the MAC of rel, .{17}"}, {"mode": "active-backup"}, far="bridge",
        fault=released_with_its_mac)
    Case("twin", "two slaves of one MAC", {
        "mac-twice": "twin0 and twin1 have the same own MAC, 02:00:00:00:98:01"},
        {"mode": "active-backup"}, far="bridge")
    Case("bsd", "a bond set down", {"bond-set-down": "bsd is set down"}, {"mode": "active-backup"},
         far="bridge", fault=lambda case: ip("link set bsd down"))
    Case("gone", "a bond that somebody deleted", {"bond-missing": "gone is declared, and not there"},
         {"mode": "active-backup"}, far="bridge", fault=lambda case: ip("link del gone"))
    Case("none", "a bond without slaves", {
        "no-slaves": "none has no slave",
        "slave-waited-for": r"eth78 \(there is no such link\) is no slave of none yet"},
        {"mode": "active-backup"}, far=None, slaves=0, more=["eth78"])
    Case("wait", "a slave that is missing", {
        "slave-waited-for": r"eth77 \(there is no such link\) is no slave of wait yet"},
        {"mode": "active-backup"}, far="bridge", more=["eth77"])
    Case("pri", "a primary that stays backup", {
        "primary-stays-backup": "the primary pri0 has a link, and pri1 is active; primary-reselect "
        "is failure"}, {"mode": "active-backup", "primary": "pri0", "primary-reselect": "failure"},
        far="bridge", fault=to_backup)
    Case("ovr", "a primary that is overridden", {
        "primary-overridden": "the primary ovr0 has a link, and ovr1 is active; primary-reselect is "
        "always"}, {"mode": "active-backup", "primary": "ovr0"}, far="bridge", fault=to_backup)
    Case("spd", "a slave of unknown speed", {"slave-speed": "the speed of spd1 is not known"},
         {"mode": "balance-tlb"}, far=None, veth=False)
    Case("one", "vlan+srcmac with one MAC", {
        "hash-one-way-srcmac": r"xmit-hash-policy vlan\+srcmac, one MAC and no VLAN: 0x[0-9a-f]+ "
        r"modulo 2 is [01]: one[01]"}, {"mode": "balance-xor", "xmit-hash-policy": "vlan+srcmac"},
        options="mode balance-xor miimon 50")
    Case("gw", "layer2 behind a gateway", {
        "hash-one-way": r"xmit-hash-policy layer2, and the default route leads to 192\.0\.2\.254 "
        r"\([0-9a-f:]{17}\): last bytes of both MACs and 0x0800, 0x[0-9a-f]+ modulo 2 is [01]: "
        "gw[01]"}, {"mode": "balance-xor", "addresses": ["192.0.2.1/24"],
                    "routes": [{"to": "default", "via": "192.0.2.254"}]},
        options="mode balance-xor miimon 50",
        fault=lambda case: ip(f"address add 192.0.2.254/24 dev {case.peer}", FAR) or
        wait_for(lambda: lab.run("ping", "-c1", "-W1", "192.0.2.254")[0] == 0))


def declare_arp():
    arp = {"mode": "active-backup", "arp-interval": 100}
    Case("arp", "ARP targets that do not answer", {
        "arp-silent": r"(arp[01] has carrier, but no answer of 198\.51\.100\.99 comes in by it"
        r"(; )?)+", "arp-target-subnet": r"arp-ip-target 198\.51\.100\.99 in no subnet of arp"},
        {**arp, "arp-ip-target": ["198.51.100.99"], "arp-validate": "all",
         "addresses": ["198.18.1.1/24"]}, far="bridge", maybe=["no-link"])
    Case("val", "ARP validation of a backup in a network that keeps the ports apart", {
        "arp-not-validated": "val[01] has carrier, and what the active slave val[01] asks does not "
        "come in by it; arp-validate is all"},
        {**arp, "arp-ip-target": ["198.18.5.2"], "arp-validate": "all",
         "addresses": ["198.18.5.1/24"]}, far=isolated)
    Case("own", "the bond's own address as ARP target", {
        "arp-target-own": "arp-ip-target 198.18.6.1 is an address of own itself",
        "arp-silent": r"(own[01] has carrier, but no answer of 198\.18\.6\.1 comes in by it(; )?)+"},
        {**arp, "arp-ip-target": ["198.18.6.1"], "addresses": ["198.18.6.1/24"]}, far="bridge",
        maybe=["no-link"])
    Case("notg", "ARP monitoring without a target", {
        "arp-no-target": "arp-interval is 100 ms, and there is no arp-ip-target"},
        {**arp, "arp-ip-target": ["192.0.2.77"]}, far="bridge", fault=forget_target)


def second_group(case):
    """The rest of the ports in another group, of the same system and key, but another priority."""
    lab.partner_bond(FAR, f"{case.peer}1", case.ports[1:], f"{ONE_SYSTEM} ad_actor_sys_prio 2")


def declare_lacp():
    # What tells the two groups apart is shown nowhere, but that they are two.
    Case("agg", "a group with more ports came later, and ad-select is count", {
        "lacp-other-aggregator": "agg0 is in aggregator [0-9]+, aggregator [0-9]+ is the active one"},
        {**LACP, "ad-select": "count"}, slaves=3, fault=second_group,
        far=lambda case: lab.partner_bond(FAR, f"{case.peer}0", case.ports[:1],
                                          f"{ONE_SYSTEM} ad_actor_sys_prio 1"))
    Case("plain", "a partner without LACP", {
        "without-lacp": "plain has carrier, its active aggregator has no partner",
        "lacp-never-heard": seen("plain", *[(i, f": {STATES}, 0 LACPDUs received, [0-9]+ sent")
                                            for i in (0, 1)])}, far="ports")
    Case("alone", "one slave, a partner without LACP", {
        "alone-without-lacp": "alone has one slave and no partner",
        "lacp-never-heard": f"alone0: {STATES}, 0 LACPDUs received, [0-9]+ sent"}, far="ports",
        slaves=1)
    Case("group", "one port outside the group", {
        "lacp-never-heard": f"group1: {STATES}, 0 LACPDUs received, [0-9]+ sent"},
        far=lambda case: (lab.partner_bond(FAR, case.peer, case.ports[:1], FAST),
                          ip(f"link set {case.ports[1]} up", FAR)))
    Case("dead", "a dead path with the light on", {
        "lacp-partner-lost": f"dead1: {STATES}, [1-9][0-9]* LACPDUs received, [0-9]+ sent"},
        fault=lambda case: drop(FAR, case.ports[1], "ingress", "egress"))
    Case("norx", "what we should receive is lost", {
        "lacp-partner-lost": f"norx1: {STATES}, [1-9][0-9]* LACPDUs received, [0-9]+ sent"},
        fault=lambda case: drop("", case.slaves[1], "ingress"))
    Case("notx", "what we send is lost", {"lacp-not-heard": f"notx1: {STATES}"},
         fault=lambda case: drop(FAR, case.ports[1], "ingress"))
    Case("two", "two partners", {
        "lacp-other-partner": "the partner of two[01] is .{17}, that of the active aggregator is "
        ".{17}"}, far=two_bonds("", ""))
    Case("keys", "one partner, two groups", {
        "lacp-partner-key": "the partner gives keys[01] key [0-9]+, and the active aggregator key "
        "[0-9]+"}, far=two_bonds("ad_actor_system 02:00:00:00:88:01 ad_user_port_key 1",
                                 "ad_actor_system 02:00:00:00:88:01 ad_user_port_key 2"))
    Case("pass", "both ends passive", {"lacp-both-passive": f"pass[01]: {STATES}(; pass1: {STATES})?"},
         {**LACP, "lacp-active": False}, options=FAST + " lacp_active off")
    Case("min", "min-links", {
        "min-links": "min-links is 2, and the active aggregator has 1",
        "slave-no-carrier": "min1 has no carrier, failure number 1"}, {**LACP, "min-links": 2},
        fault=carrier_lost)
    Case("slow", "slow timers", {"lacp-slow": "lacp-rate is slow"}, {"mode": "802.3ad"})
    # Where the ends choose different aggregators, no port carries anything: mostly so.
    Case("hole", "a partner with a key for each port (teamd)", {
        "lacp-partner-key": "the partner gives hole[01] key [0-9]+, and the active aggregator key "
        "[0-9]+"}, maybe=["black-hole", "lacp-not-in-sync"],
        far=teamd({"ports": [{}, {"lacp_key": 7}]}))
    Case.all[-1].config["slaves"].reverse()
    Case("loop", "two slaves cabled together", {
        "without-lacp": None,
        "lacp-loop": seen("loop", *[(i, f": {STATES}, [0-9]+ LACPDUs received, [0-9]+ sent")
                                    for i in (0, 1)])}, far=None, veth=False)
    Case("half", "half duplex", {
        "without-lacp": None, "lacp-half-duplex": r"half1 runs half duplex \(100 Mbit/s\)",
        "lacp-never-heard": f"half0: {STATES}, 0 LACPDUs received, [0-9]+ sent"}, far=None,
        veth=False)
    Case("unk", "unknown speed", {
        "slave-speed-unknown": "unk1 has carrier, no speed is known, and MII status is down",
        "lacp-never-heard": f"unk0: {STATES}, 0 LACPDUs received, [0-9]+ sent",
        "without-lacp": None}, far=None, veth=False, fault=lose_speed)
    Case("mix", "slaves of two speeds", {
        "lacp-own-key": r"mix[01] has key [0-9]+ \([0-9]+ Mbit/s\), the active aggregator has key "
        "[0-9]+"}, veth=False, maybe=["black-hole", "lacp-not-in-sync"])    # each end may choose another
    Case("farsp", "a far end of two speeds", {
        "lacp-partner-key": "the partner gives farsp[01] key [0-9]+, and the active aggregator key "
        "[0-9]+"}, veth=False, maybe=["black-hole", "lacp-not-in-sync"])


def make_links():
    lab.cables(FAR, {slave: port for case in Case.all if case.veth
                     for slave, port in zip(case.slaves, case.ports)})
    ip("link add loop0 type veth peer name loop1")
    for name in ("twin0", "twin1"):
        ip(f"link set {name} address 02:00:00:00:98:01")
    for name in ("half0", "half1", "unk0", "unk1", "spd0", "spd1"):
        tap(name)
    set_speed("half0", 100)
    set_speed("half1", 100, HALF)
    set_speed("spd1", -1)
    cable("mix0", "mix0p", 10000)
    cable("mix1", "mix1p", 1000)
    cable("farsp0", "farsp0p", 1000)
    cable("farsp1", "farsp1p", 1000, far_speed=10000)


def start_daemon():
    shutil.rmtree(CONFIG, ignore_errors=True)
    os.makedirs(CONFIG)
    with open(CONFIG + "/bond.yaml", "w", encoding="utf-8") as out:
        json.dump({"bonds": {case.name: case.config for case in Case.all}}, out)
    log = open("/tmp/netbondd.log", "w+", encoding="utf-8")
    process = subprocess.Popen([NETBONDD, "--config-dir", CONFIG, "--runtime-dir", RUN],
                               stdout=log, stderr=log)
    return process, log


def explain(*words):
    status, out, err = lab.run(NETBONDCTL, "explain", "--runtime-dir", RUN, *words)
    return status, out, err


def findings():
    _, out, err = explain("-o", "json")
    if not out:
        raise RuntimeError(err)
    return {bond["name"]: bond["findings"] for bond in json.loads(out)["bonds"]}


def settled():
    """Whether each fault was told once: some look like others as time goes by."""
    told = findings()
    for case in Case.all:
        if case.told or not case.want:
            case.told = case.missing(told[case.name])
    return not any(case.told for case in Case.all)


def all_carry():
    """Whether the bonds in 802.3ad with a far end that speaks it have come to terms."""
    have = lab.links()
    return all(have[slave].slave.get("ad-partner-oper-port-state", 0) & 0x30 == 0x30
               for case in Case.all
               if case.fault and case.far == "bond" and case.config["mode"] == "802.3ad"
               for slave in case.slaves)


def main():
    lab.run("modprobe", "team_mode_loadbalance")
    declare_healthy()
    declare_links()
    declare_arp()
    declare_lacp()
    make_links()
    for case in Case.all:
        case.make_far()
    print(f"# {time.monotonic() - lab.started:.0f} s: links and far ends are there", flush=True)
    process, log = start_daemon()
    wait_for(lambda: explain()[0] != 1, 60)
    if not check(wait_for(all_carry, 60), "LACP has come to terms before the faults"):
        log.seek(0)
        print(log.read())
    print(f"# {time.monotonic() - lab.started:.0f} s: {len(Case.all)} bonds work", flush=True)
    for case in Case.all:
        if case.fault:
            case.fault(case)
    wait_for(settled, PATIENCE, 1.0)
    for case in Case.all:
        check(not case.told, f"{case.sentence}: " + (", ".join(case.want) or "nothing is told"),
              *case.told)
    check(wait_for(lambda: holes() == {bond for bond, told in findings().items()
                                       if "black-hole" in {f["id"] for f in told}}, 20, 1.0),
          f"up without an active slave is told of these bonds and no other: {sorted(holes())}",
          holes(), findings())
    passing()
    mended()
    to_all()
    arp_history()
    text()
    balance()
    if lab.LONG:
        longer()
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    if lab.failed:
        log.seek(0)
        print(log.read())
    stop_children()
    lab.finish()


def holes():
    """The bonds that are up with carrier and have no active slave, by the kernel."""
    def value(path):
        try:
            with open(f"/sys/class/net/{path}", encoding="ascii") as file:
                return file.read().strip()
        except OSError:
            return ""               # it is down or gone

    return {case.name for case in Case.all if value(f"{case.name}/carrier") == "1" and not any(
        value(f"{slave}/bonding_slave/state") == "active"
        for slave in value(f"{case.name}/bonding/slaves").split())}


def tells(bond, *wanted):
    """Waits until exactly these findings are told of a bond. Returns whether they are."""
    return wait_for(lambda: {f["id"] for f in findings()[bond]} == set(wanted), PATIENCE, 1.0)


def balance():
    """What is counted of a bond whose traffic goes by one slave: the one that hash predicts."""
    def ctl(*words):
        return lab.run(NETBONDCTL, *words, "--runtime-dir", RUN)

    def sent(slave):
        with open(f"/sys/class/net/{slave}/statistics/tx_packets", encoding="ascii") as file:
            return int(file.read())

    way = json.loads(ctl("hash", "gw", "icmp", "192.0.2.1", "to", "192.0.2.254", "-o", "json")[1])
    slave = way["choice"]["slave"]
    ping = subprocess.Popen(["ping", "-q", "-i", "0.01", "192.0.2.254"], stdout=subprocess.DEVNULL)
    before = sent(slave)
    wait_for(lambda: sent(slave) > before + 10)
    before = sent(slave)
    status, out, err = ctl("balance", "gw", "--for", "2s", "-o", "json")
    after = sent(slave)
    doc = json.loads(out or "{}")
    counted = {s["name"]: s["tx-packets"] for s in doc.get("slaves", [])}
    check(status == 0 and 10 < counted[slave] <= after - before and doc["usec"] >= 2000000
          and doc["skew-sent-percent"] > 150, f"balance: all goes by {slave}, as predicted",
          f"{before} {after}", out, err)
    status, out, err = ctl("balance", "gw", "--for", "1s")
    ping.kill()
    ping.wait()
    row = next((line for line in out.splitlines() if line.startswith(slave)), "")
    check(status == 0 and row.endswith(" " + "#" * 19) and all(len(line) <= 80 for line in out.splitlines()),
          "in words, with its bar, within 80 columns", out, err)


def passing():
    """What lasts for 3 s only: a port that comes up, and one whose partner has just fallen silent."""
    def ids(bond):
        return {f["id"] for f in json.loads(explain("-o", "json", bond)[1])["bonds"][0]["findings"]}

    def once():
        ip("link set had1p down", FAR)
        wait_for(lambda: lab.links()["had1"].slave["mii-status"] != 0)
        ip("link set had1p up", FAR)
        drop(FAR, "hfs1p", "ingress", "egress")
        missed = {"had": "lacp-negotiating", "hfs": "lacp-expired"}

        def look():
            for bond, wanted in list(missed.items()):
                if wanted in ids(bond):
                    del missed[bond]
            return not missed
        wait_for(look, 20, 0)
        lab.must("tc", "-n", FAR, "qdisc", "del", "dev", "hfs1p", "clsact")
        return missed

    missed = once() and once()      # a busy machine may look too late
    check(not missed, "a port that negotiates, and one that expired: told while it lasts", missed)
    check(wait_for(lambda: not ids("had"), PATIENCE, 0.5), "and nothing is told of it afterwards",
          explain("had")[1])


def mended():
    """What mends a backup that cannot be validated, in a network where other frames come in by it."""
    noise = subprocess.Popen(["ip", "netns", "exec", FAR, "ping", "-b", "-q", "-i", "0.02",
                              "198.18.5.255"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: False, 1)
    check(tells("val", "arp-not-validated"), "other frames that come in validate no backup",
          findings()["val"])
    ip("link set val type bond arp_validate active")
    check(tells("val"), "with arp-validate active it is in use", findings()["val"])
    noise.terminate()
    noise.wait()


def longer():
    drop(FAR, "slow1p", "ingress", "egress")
    cut = time.monotonic()
    check(tells("plain", "without-lacp", "lacp-never-heard", "lacp-churned"),
          "churn is told after a minute", findings()["plain"])
    lab.must("tc", "-n", FAR, "qdisc", "del", "dev", "dead1p", "clsact")
    began = time.monotonic()
    check(tells("dead"), "a path that is mended heals by itself", findings()["dead"])
    print(f"# after {time.monotonic() - began:.0f} s", flush=True)
    check(tells("slow", "lacp-slow", "lacp-expired"), "slow timers: a dead path is told when it expires",
          findings()["slow"])
    print(f"# after {time.monotonic() - cut:.0f} s", flush=True)
    check(tells("slow", "lacp-slow", "lacp-partner-lost"), "and then the partner is lost",
          findings()["slow"])
    print(f"# after {time.monotonic() - cut:.0f} s", flush=True)


def arp_history():
    """ARP monitoring goes from slave to slave where nobody answers: no delay is to blame."""
    out = lab.must(NETBONDCTL, "history", "arp", "--runtime-dir", RUN, "-n", "0", "-o", "json")
    causes = {entry["cause"] for entry in json.loads(out)["entries"] if entry["event"] == "link"
              and entry.get("slave") and entry["to"] in ("failing", "coming back")}
    lab.same(causes - {"no ARP or NS target answers through it",
                       "the bond asks the ARP or NS targets through it"}, set(),
             f"history of ARP monitoring: {len(causes)} causes, and none is a delay")


def to_all():
    """What the kernel shows to CAP_NET_ADMIN alone the daemon shows to root alone."""
    secret = re.compile(r"([0-9a-f]{2}:){5}|key [0-9]")
    for bond, what in (("two", "lacp-other-partner"), ("keys", "lacp-partner-key")):
        with open(f"/proc/net/bonding/{bond}", encoding="ascii") as file:
            check("details partner lacp pdu" in file.read(), f"/proc tells root the partners of {bond}")
        proc = lab.must(*NOBODY, "cat", f"/proc/net/bonding/{bond}")
        out = lab.run(*NOBODY, NETBONDCTL, "explain", bond, "--runtime-dir", RUN, "-o", "json")[1]
        check("details partner lacp pdu" not in proc and what in out and "root is told which" in out
              and not secret.search(out), f"nobody is told {what} without MACs and keys", out)
        check(secret.search(explain(bond, "-o", "json")[1]), "root is told them", explain(bond)[1])


def text():
    status, out, err = explain("had")
    lab.same([status, out], [0, "had: nothing is wrong\n"], "in words: nothing is wrong, exit 0", err)
    status, out, err = explain("plain")
    check(status == 2 and "  warning without-lacp\n    seen  plain has" in out and
          all(len(line) <= 80 for line in out.splitlines()), "in words, within 80 columns, exit 2",
          out, err)
    status, out, err = explain("slow")
    check(status == 0 and "note lacp-slow" in out, "a note alone is exit 0", out, err)
    status, out, err = explain("hda")
    lab.same([status, out, err], [1, "", "netbondctl: there is no bond 'hda': did you mean had?\n"],
             "a bond that is not there")


main()
