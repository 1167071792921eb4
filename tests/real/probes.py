#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The probes of a try: a change that cuts the path goes back by itself, one that only takes LACP
anew does not; what was silent before is not held against it."""

import json
import os
import re
import subprocess
import time

import lab
from lab import NETBONDCTL, NETBONDD, check, ip, run, wait_for

RUN, CONFIG, LOG = "/tmp/run", "/tmp/config", "/tmp/netbondd.log"
NEAR, FAR = "192.0.2.1", "203.0.113.1"
LACP = {"mode": "802.3ad", "slaves": ["e0", "e1"], "miimon": 100, "lacp-rate": "fast",
        "addresses": ["192.0.2.10/24", "2001:db8::10/64"],
        "routes": [{"to": "203.0.113.0/24", "via": NEAR}]}


def write(path, config):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        json.dump(config, out)
    return path


def bond(**changes):
    return {"bonds": {"bond0": {**LACP, **changes}}}


def ctl(verb, *argv):
    return run(NETBONDCTL, verb, "--runtime-dir", RUN, *argv)


def trying(config, *options):
    """(status, all that was said)"""
    status, out, err = ctl("try", "--allow", "rebuild", *options, write("/tmp/new.yaml", config))
    return status, out + err


def told():
    with open(LOG, encoding="utf-8") as log:
        return log.read()


def answers(address):
    return run("ping", "-n", "-c", "1", "-W", "1", address)[0] == 0


def confirm_or_not(sentence, result, want):
    status, text = result
    kept = status == 0 and "In force" in text
    ctl("confirm" if want else "rollback")
    check(kept == want, sentence, text, told())


def goes_back(sentence, result, why):
    status, text = result
    check(status == 1 and re.search(why, text), sentence, text, told())
    check(wait_for(lambda: answers(NEAR), 30), "and the path is there again", told())


def cut_otherwise():
    """More ways to lose the path."""
    # The address moves to another subnet: nobody is there any more.
    goes_back("an address in the wrong subnet: it goes back by itself",
              trying(bond(addresses=["198.51.100.10/24"], routes=[]), "--timeout", "30s",
                     "--probe", NEAR), "answered before|answered a ping before")
    # Off the link: only ping can tell.
    goes_back("a lost route to a host farther away: ping tells, and it goes back",
              trying(bond(routes=[]), "--timeout", "30s", "--probe", FAR), "answered a ping before")


def play():
    lab.cables("far", {"e0": "f0", "e1": "f1", "x0": "y0"})
    lab.partner_bond("far", "fbond", ["f0", "f1"],
                     "mode 802.3ad lacp_rate fast miimon 100 xmit_hash_policy layer3+4",
                     [NEAR + "/24", "2001:db8::1/64"])
    ip("link add dummy0 type dummy", "far")
    ip(f"address add {FAR}/24 dev dummy0", "far")
    ip("link set dummy0 up", "far")
    ip("link set y0 up", "far")
    write(CONFIG + "/a.yaml", bond())
    with open(LOG, "w", encoding="utf-8") as log:
        daemon = subprocess.Popen([NETBONDD, "--config-dir", CONFIG, "--runtime-dir", RUN],
                                  stdout=log, stderr=log)
    check(wait_for(lambda: answers(NEAR) and answers(FAR), 60), "the partner answers", told())

    confirm_or_not("a new LACP negotiation is waited for: the probes answer then",
                   trying(bond(**{"xmit-hash-policy": "layer2", "lacp-rate": "slow"}), "--timeout", "60s",
                          "--probe", NEAR, "--probe", "2001:db8::1", "--probe", FAR), True)
    wait_for(lambda: answers(NEAR), 60)

    # The slaves leave for one that leads nowhere.
    began = time.monotonic()
    goes_back("a link that leads nowhere: it goes back by itself",
              trying({"bonds": {"bond0": {"mode": "active-backup", "slaves": ["x0"],
                                          "addresses": LACP["addresses"]}}}, "--timeout", "60s", "--probe", NEAR), "answered before|answered a ping before")
    check(time.monotonic() - began < 55, "before the countdown ended")
    if lab.LONG:
        cut_otherwise()
    # Silent before.
    confirm_or_not("a host that was silent before is not held against the change",
                   trying(bond(**{"resend-igmp": 3}), "--timeout", "30s", "--probe", "192.0.2.77"), True)
    status, text = trying(bond(**{"resend-igmp": 5}), "--probe", "nonsense")
    check(status == 1 and "is no IPv4 or IPv6 address" in text, "a probe that is no address", text)
    # A stale entry that the kernel believes in is asked again, not believed.
    check(answers(NEAR), "the neighbour is known and reachable")
    ip("link set fbond arp off", "far")
    ip("address del 192.0.2.1/24 dev fbond", "far")
    confirm_or_not("a neighbour that the kernel only believes in does not count as answering",
                   trying(bond(**{"resend-igmp": 4}), "--timeout", "30s", "--probe", NEAR), True)
    check("192.0.2.1 does not answer now" in told(), "it is told", told())
    daemon.terminate()
    lab.same(daemon.wait(20), 0, "the daemon ends well")


play()
lab.finish()
