#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# run: long
"""What `netbondctl explain` says of a bond whose far end is Open vSwitch, the LACP of another
author: healthy, with LACP turned off at the switch, and with a switch whose control plane hangs."""

import json
import os
import signal
import subprocess
import time

import lab
from lab import NETBONDCTL, NETBONDD, check, wait_for

FAR, HERE = "far", "/run/openvswitch"
RUN, CONFIG = "/tmp/run", "/tmp/config"
SLAVES, PORTS = ("e0", "e1"), ("p0", "p1")
BOND = {"mode": "802.3ad", "lacp-rate": "fast", "miimon": 100, "xmit-hash-policy": "layer3+4",
        "slaves": list(SLAVES), "addresses": ["192.0.2.1/24"], "drift": "ignore"}
PATIENCE = 120.0


def inside(*argv):
    return lab.must("ip", "netns", "exec", FAR, *argv)


def vsctl(*argv):
    return lab.must("ovs-vsctl", "-t", "60", f"--db=unix:{HERE}/db.sock", *argv)


def appctl(*argv):
    return lab.run("ovs-appctl", "-T", "5", "-t", f"{HERE}/sw.ctl", *argv)[1]


def start_switch():
    """The database and the daemon in FAR. The datapath is the kernel's. Returns the daemon's pid."""
    for folder in (HERE, "/var/log/openvswitch"):
        os.makedirs(folder, exist_ok=True)
    lab.must("ovsdb-tool", "create", f"{HERE}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
    common = ("--detach", "-vconsole:off", "--no-chdir")
    inside("ovsdb-server", f"{HERE}/conf.db", f"--remote=punix:{HERE}/db.sock",
           f"--unixctl={HERE}/db.ctl", f"--pidfile={HERE}/db.pid", f"--log-file={HERE}/db.log", *common)
    vsctl("--no-wait", "init")
    # Its count_cpu_cores() is cached for 10 s, beginning with 0 at 0 of CLOCK_MONOTONIC: in a machine
    # younger than that it makes no thread to hear with, and receives nothing ever.
    wait_for(lambda: time.monotonic() > 11, 60)
    inside("ovs-vswitchd", f"unix:{HERE}/db.sock", f"--unixctl={HERE}/sw.ctl",
           f"--pidfile={HERE}/sw.pid", f"--log-file={HERE}/sw.log", *common)
    with open(f"{HERE}/sw.pid", encoding="ascii") as file:
        return int(file.read())


def make_far():
    """One bridge with one LAG. The ports are up before the switch has them, as cabled ones are."""
    lab.cables(FAR, dict(zip(SLAVES, PORTS)))
    lab.batch("\n".join(f"link set {port} up" for port in PORTS), FAR)
    pid = start_switch()
    vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=system",
          "fail-mode=standalone", "--", "add-bond", "br0", "lag", *PORTS, "lacp=active",
          "bond_mode=balance-tcp", "other_config:lacp-time=fast")
    lab.batch("link set br0 up\naddress add 192.0.2.2/24 dev br0", FAR)
    return pid


def start_daemon():
    os.makedirs(CONFIG)
    with open(CONFIG + "/bond.yaml", "w", encoding="utf-8") as out:
        json.dump({"bonds": {"b0": BOND}}, out)
    log = open("/tmp/netbondd.log", "w+", encoding="utf-8")
    return subprocess.Popen([NETBONDD, "--config-dir", CONFIG, "--runtime-dir", RUN], stdout=log,
                            stderr=log)


def explain(*words):
    return lab.run(NETBONDCTL, "explain", "--runtime-dir", RUN, *words)


def told():
    """{finding: {slaves it is told of}}, None while the daemon does not answer"""
    _, out, _ = explain("-o", "json", "b0")
    if not out:
        return None
    return {f["id"]: set(f.get("slaves", "").split(", ")) - {""} for f in json.loads(out)["bonds"][0]["findings"]}


def tells(sentence, **wanted):
    """Waits until exactly these findings are told. Underscores stand for dashes."""
    want = {name.replace("_", "-"): slaves for name, slaves in wanted.items()}
    check(wait_for(lambda: told() == want, PATIENCE, 0.5), sentence, told(), want, explain("b0")[1],
          appctl("lacp/show"), appctl("lacp/show-stats"), appctl("bond/show", "lag"))


def negotiated():
    return "status: active negotiated" in appctl("lacp/show")


def main():
    switch = make_far()
    daemon = start_daemon()
    check(wait_for(negotiated, PATIENCE), "the switch says it has negotiated", appctl("lacp/show"))
    check(wait_for(lambda: lab.answers("192.0.2.2"), PATIENCE), "traffic gets through")
    tells("a healthy bond: nothing is told")

    os.kill(switch, signal.SIGSTOP)
    tells("the control plane of the switch hangs: the partner was lost on both",
          without_lacp=set(), lacp_partner_lost=set(SLAVES))
    os.kill(switch, signal.SIGCONT)
    tells("it goes on: nothing is told")

    vsctl("set", "port", "lag", "lacp=off")
    tells("LACP is off at the switch: the partner was lost", without_lacp=set(),
          lacp_partner_lost=set(SLAVES))
    vsctl("set", "port", "lag", "lacp=active")
    tells("LACP is on again: nothing is told")

    inside("ovs-ofctl", "mod-port", f"unix:{HERE}/br0.mgmt", "p1", "down")
    tells("the switch shuts a port", slave_no_carrier={"e1"})
    inside("ovs-ofctl", "mod-port", f"unix:{HERE}/br0.mgmt", "p1", "up")
    tells("and opens it: nothing is told")

    daemon.send_signal(signal.SIGTERM)
    daemon.wait(20)
    appctl("exit", "--cleanup")
    lab.run("ovs-appctl", "-T", "5", "-t", f"{HERE}/db.ctl", "exit")
    lab.finish()


main()
