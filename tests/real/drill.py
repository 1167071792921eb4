#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondctl drill: in every mode that can fail over what is lost stays within what monitoring promises,
and whatever happens, what was out comes back."""

import json
import os
import signal
import subprocess
import time

import lab
from lab import NETBONDCTL, NETBONDD, check, ip, links, same, wait_for

FOLDER, RUN = "/tmp/netbond", "/tmp/run"
UML = 200       # ms on top: a guest of 10 ms ticks on a shared processor

# name: options; the far end is a switch, or a bond of the same mode
BONDS = {
    "ab": ({"mode": "active-backup"}, None),
    "arp": ({"mode": "active-backup", "arp-interval": 100, "arp-ip-target": ["10.0.2.2"],
             "arp-validate": "all"}, None),
    "late": ({"mode": "active-backup", "miimon": 50, "downdelay": 200}, None),
    "rr": ({"mode": "balance-rr"}, "balance-rr miimon 100"),
    "xor": ({"mode": "balance-xor", "xmit-hash-policy": "layer3+4"},
            "balance-xor xmit_hash_policy layer3+4 miimon 100"),
    "bc": ({"mode": "broadcast"}, "balance-rr miimon 100"),
    "lacp": ({"mode": "802.3ad", "lacp-rate": "fast"}, "802.3ad lacp_rate fast miimon 100"),
    "tlb": ({"mode": "balance-tlb"}, None),
    "alb": ({"mode": "balance-alb"}, None),
}
if not lab.LONG:        # one of each kind of failover
    for name in ("late", "xor", "bc", "tlb"):
        del BONDS[name]
NAMES = list(BONDS)


def legs(name):
    return [f"{name}0", f"{name}1"]


def far_end(name, partner):
    namespace, number = f"far-{name}", NAMES.index(name) + 1
    lab.cables(namespace, {leg: f"p{leg}" for leg in legs(name)})
    ports, address = [f"p{leg}" for leg in legs(name)], [f"10.0.{number}.2/24"]
    if partner:
        lab.partner_bond(namespace, "far", ports, "mode " + partner, address)
    else:
        lab.partner_bridge(namespace, "switch", ports, address)


def config():
    bonds = {name: {**options, "slaves": legs(name),
                    "addresses": [f"10.0.{NAMES.index(name) + 1}.1/24"]}
             for name, (options, _) in BONDS.items()}
    bonds["ab"]["slaves"] = [{"name": "ab0", "queue-id": 3, "prio": 7}, "ab1"]
    bonds["dummy"] = {"mode": "balance-rr", "slaves": ["d0", "d1"]}
    bonds["blind"] = {"mode": "active-backup", "miimon": 0, "slaves": ["d2", "d3"]}
    bonds["one"] = {"mode": "active-backup", "slaves": ["d4"], "drift": "warn"}
    return {"bonds": bonds}


class Daemon:
    def __enter__(self):
        os.makedirs(FOLDER, exist_ok=True)
        with open(FOLDER + "/bonds.yaml", "w", encoding="utf-8") as out:
            json.dump(config(), out)
        self.log = open("/tmp/netbondd.log", "a+", encoding="utf-8")
        self.start()
        return self

    def start(self):
        self.process = subprocess.Popen([NETBONDD, "--config-dir", FOLDER, "--runtime-dir", RUN],
                                        stdout=self.log, stderr=self.log)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def argv(*args):
    return [NETBONDCTL, *args, "--runtime-dir", RUN]


def ctl(*args):
    return lab.run(*argv(*args))


def drill(bond, *args):
    """(status, document, standard error)"""
    status, out, err = ctl("drill", bond, *args, "-o", "json")
    return status, json.loads(out or "{}"), err


def usable(bond):
    status, out, _ = ctl("show", bond, "-o", "json")
    doc = json.loads(out or "{}")
    slaves = doc.get("bonds", [{}])[0].get("ports", []) if status == 0 else []
    return len(slaves) > 1 and all(s["usable"] for s in slaves)


def is_whole(bond="ab"):
    have = links()
    return all(have[leg].flags & 1 and have[leg].master == have[bond].index for leg in legs(bond))


def is_in_time(doc):
    limit = doc.get("promised-ms", 0) + UML
    return doc.get("complete") and all(
        s["reacted-ms"] <= limit and all(p["outage-ms"] <= limit for p in s["probes"])
        for s in doc["slaves"])


def modes():
    for name in NAMES:
        address = f"10.0.{NAMES.index(name) + 1}.2"
        check(wait_for(lambda: lab.run("ping", "-c1", "-W1", "-I", name, address)[0] == 0, 30)
              and wait_for(lambda: ctl("status", name)[0] == 0, 30), f"{name}: ready for a drill",
              ctl("status", name)[1])
        # A machine that is busy elsewhere is late once, a bond that is late is so each time.
        for _ in range(3):
            status, doc, err = drill(name, "--hold", "0", "--probe", address)
            slaves = doc.get("slaves", [])
            if is_in_time(doc):
                break
        told = json.dumps(doc, indent=1) + err
        if not check(status in (0, 2) and doc.get("complete") and len(slaves) == 2
                     and {s["slave"] for s in slaves} == set(legs(name)),
                     f"{name}: both slaves were out and are back", told):
            continue
        promised = doc["promised-ms"]
        worst = max(p["outage-ms"] for s in slaves for p in s["probes"])
        check(all(s["reacted-ms"] <= promised + UML for s in slaves),
              f"{name}: the bond reacted within {promised} ms + {UML}", told)
        check(all(p["sent"] > 5 for s in slaves for p in s["probes"]) and worst <= promised + UML,
              f"{name}: the pings stood still for {worst:.0f} ms, promised are {promised} + {UML}",
              told)
        check(is_whole(name), f"{name}: all is as before")


def other_ways():
    for _ in range(3):
        status, doc, err = drill("dummy", "--how", "carrier", "--hold", "0")
        if is_in_time(doc):
            break
    check(status in (0, 2) and doc.get("complete") and len(doc["slaves"]) == 2
          and doc["slaves"][0]["reacted-ms"] <= 100 + UML, "carrier: where the driver can", err, doc)
    status, doc, err = drill("ab", "ab0", "--how", "carrier")
    check(status == 1 and "carrier" in err + json.dumps(doc), "carrier: refused where it cannot", err,
          doc)
    counter = lab.Counter("10.0.1.2", namespace_to="far-ab")
    status, doc, err = drill("ab", "ab0", "--how", "release", "--hold", "1s")
    counter.end_sending()
    lost = counter.result()
    check(status in (0, 2) and doc.get("complete") and doc["slaves"][0]["reacted-ms"] <= UML
          and lost.get("longest_ms", 0) <= UML, "release: the bond reacts at once, by other packets too",
          err, doc, lost)
    slave = links()["ab0"].slave
    same((slave["queue-id"], slave["prio"]), (3, 7), "release: the slave has its options again")


def refused():
    for bond, args, words in (
            ("one", (), "last usable"), ("blind", (), "no monitoring"), ("ab", ("ab9",), "no such"),
            ("nothing", (), "no bond"), ("ab", ("--how", "axe"), "down, carrier or release"),
            ("ab", ("--hold", "1h"), "at most a minute"), ("ab", ("--hold", "x"), "span of time")):
        status, _, err = ctl("drill", bond, *args)
        check(status == 1 and words in err, f"drill {bond} {' '.join(args)}: {words}", err)
    ip("link set prr1 down", "far-rr")
    wait_for(lambda: ctl("status", "rr")[0] == 2)
    status, _, err = ctl("drill", "rr", "rr0")
    check(status == 1 and "last usable" in err, "the last good leg is not cut", err)
    ctl("pause", "ab")
    status, _, err = ctl("drill", "ab")
    check(status == 1 and "paused" in err, "a paused bond is left alone", err)
    ctl("pause", "ab", "off")
    status, _, err = lab.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                             *argv("drill", "ab"))
    check(status == 1 and "root" in err, "nobody may not", err)
    check(is_whole(), "nothing was touched")


def is_out(slave="ab0"):
    return not links()[slave].flags & 1


def started(*args):
    process = subprocess.Popen(argv("drill", *args, "--hold", "60s"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    check(wait_for(lambda: is_out(args[1])), f"{args[1]} is out", process.poll())
    return process


def comes_back(sentence, slave="ab0", bond="ab"):
    check(wait_for(lambda: not is_out(slave) and is_whole(bond), 10), sentence,
          open("/tmp/netbondd.log").read()[-1500:])
    wait_for(lambda: ctl("status", bond)[0] == 0)


def surprises(daemon):
    process = started("ab", "ab0")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    check(process.returncode == 1 and "by a human" in err and "put back" in out,
          "Ctrl-C ends it, and it says so", out, err)
    comes_back("after Ctrl-C the slave is back")

    process = started("ab", "ab0")
    ctl("pause", "ab", "10m")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    check(not is_out() and "paused" in ctl("status", "ab")[1],
          "a pause that somebody sets meanwhile stays when the drill ends", ctl("status", "ab"))
    ctl("pause", "ab", "off")
    comes_back("and the slave is back")

    process = started("ab", "ab0")
    process.kill()
    process.communicate()
    comes_back("when netbondctl is killed the slave is put back")

    process = started("ab", "ab0")
    ip("link set pab1 down", "far-ab")
    out, err = process.communicate(timeout=20)
    check(process.returncode == 1 and "no other slave" in err, "another slave fails: it ends", err)
    ip("link set pab1 up", "far-ab")
    comes_back("and the slave is back at once")

    process = started("ab", "ab0")
    with open("/tmp/change.yaml", "w", encoding="ascii") as out:
        json.dump({"bonds": {"ab": {**config()["bonds"]["ab"], "updelay": 200}}}, out)
    status, _, err = ctl("try", "/tmp/change.yaml")
    check(status == 1 and "drill" in err and is_out(),
          "a try is refused meanwhile: it would go back to a bond without that slave", err)
    status, _, err = ctl("reload")
    check(status != 1, "a reload does not wait for a drill", err)
    process.communicate(timeout=20)
    comes_back("it ends the drill first")

    process = started("ab", "ab0")
    daemon.process.kill()
    daemon.process.wait()
    process.communicate(timeout=20)
    check(is_out() and os.path.exists(RUN + "/drill"), "the daemon is killed: the slave is out")
    daemon.start()
    comes_back("the next daemon puts it back")
    check(wait_for(lambda: not os.path.exists(RUN + "/drill")), "and the note is gone")

    process = started("ab", "ab0")
    daemon.process.terminate()
    daemon.process.wait()
    process.communicate(timeout=20)
    comes_back("a daemon that ends puts it back first")
    daemon.start()
    wait_for(lambda: ctl("status")[0] != 1)
    out = ctl("history", "ab", "-n", "0")[1]
    check("drill: ab0 down: ended early" in out and "drill: ab1 down: " in out
          and "drill: ab0 release: " in out, "the history has the drills", out)


lab.dummies("d0", "d1", "d2", "d3", "d4")
for bond_name, (_, partner_options) in BONDS.items():
    far_end(bond_name, partner_options)
with Daemon() as netbondd:
    check(wait_for(lambda: ctl("status")[0] != 1, 30), "the daemon answers")
    for part in (modes, other_ways, refused, lambda: surprises(netbondd)):
        part()
        print(f"# {time.monotonic() - lab.started:.0f} s", flush=True)
lab.finish()
