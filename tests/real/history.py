#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The history on a real driver: what happens is in it with cause and duration, whatever happens to the
daemon and to the disk. And metrics, of the same bonds."""

import json
import os
import signal
import subprocess
import time

import lab
from lab import NETBONDCTL, NETBONDD, check, ip, same, wait_for

TURNS = 20 if lab.LONG else 2
FOLDER, RUN, STATE = "/tmp/netbond", "/tmp/run", "/tmp/state"
CONFIG = {"bonds": {
    "bond0": {"mode": "active-backup", "slaves": ["a0", "a1"], "addresses": ["192.0.2.1/24"]},
    "lag": {"name": "bond1", "mode": "802.3ad", "lacp-rate": "fast", "slaves": ["c0", "c1"]}}}


class Daemon:
    def __init__(self):
        os.makedirs(FOLDER, exist_ok=True)
        with open(FOLDER + "/bonds.yaml", "w", encoding="utf-8") as out:
            json.dump(CONFIG, out)

    def start(self):
        self.log = open("/tmp/netbondd.log", "a+", encoding="utf-8")
        self.process = subprocess.Popen(
            [NETBONDD, "--config-dir", FOLDER, "--runtime-dir", RUN, "--state-dir", STATE],
            stdout=self.log, stderr=self.log)
        return wait_for(lambda: ctl("status")[0] != 1, 20)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(20)


def ctl(*args, text=""):
    return lab.run(NETBONDCTL, *args, "--runtime-dir", RUN, text=text)


def entries(*args):
    status, out, err = ctl("history", *args, "-o", "json")
    if status != 0:
        raise RuntimeError(err)
    return json.loads(out)["entries"]


def last(event, **members):
    """The newest entry of that kind with these members."""
    found = [e for e in entries() if e["event"] == event
             and all(e.get(k) == v for k, v in members.items())]
    return found[-1] if found else None


def lines():
    """What stands in the files, whole or not."""
    found = []
    for name in ("history.jsonl.1", "history.jsonl"):
        if os.path.exists(f"{STATE}/{name}"):
            with open(f"{STATE}/{name}", encoding="utf-8", errors="replace") as file:
                found += file.read().split("\n")
    return [line for line in found if line]


def events(daemon):
    ip("link set b0 down", "far")
    over = wait_for(lambda: last("failover", to="a1"))
    check(over and over["from"] == "a0" and over["cause"] == "a0 has no carrier"
          and over["bond"] == "bond0" and over["slave"] == "a1",
          "a pulled cable is a failover with its cause", over)
    down = last("link", slave="a0", to="down")
    check(down and "no carrier" in down["cause"], "and a change of the link", down)
    time.sleep(1)
    ip("link set b0 up", "far")
    up = wait_for(lambda: last("link", slave="a0", to="up", **{"from": "down"}))
    check(up and 900 < up["duration-ms"] < 60000, "its return says how long it was down", up)

    ip("link set bond0 type bond miimon 250")
    mended = wait_for(lambda: last("repair"))
    check(mended and "miimon 250 -> 100" in mended["what"] and mended["duration-ms"] > 0,
          "a repair says what was mended, and how fast", mended)
    lacp = wait_for(lambda: last("lacp", bond="bond1", to="distributing"), 30)
    check(lacp and lacp["key"] == "lag" and lacp["slave"] in ("c0", "c1") and "aggregator" in lacp,
          "LACP is there, under the name and the key of its bond", lacp)
    same({e["bond"] for e in entries("lag")}, {"bond1"}, "history of one bond, by its key")
    same(entries("bond1"), entries("lag"), "and by its name")
    daemon.process.send_signal(signal.SIGSTOP)      # it looks away
    for _ in range(4):
        lab.batch("link set b1 down\nlink set b1 up", "far")
    time.sleep(0.3)
    daemon.process.send_signal(signal.SIGCONT)
    flaps = wait_for(lambda: [e for e in entries("bond0") if "carrier changed" in e.get("cause", "")])
    check(flaps, "flaps between two looks are told by the kernel's count", entries("bond0")[-3:])
    begun = last("transaction")
    check(begun and begun["what"] == "start" and begun["operations"] > 4
          and entries()[0]["event"] == "daemon", "so are the start and what it applied", begun)
    status, out, _ = ctl("history", "-n", "3")
    check(status == 0 and len(out.splitlines()) >= 4 and max(map(len, out.splitlines())) <= 80,
          "as text, in 80 columns", out)
    out = ctl("status", "bond0")[1]
    check("In the last 24 hours: " in out and "failover" in out and "bond0: " in out,
          "status has the last day", out)
    same(len(entries("--since", "1h")), len(entries()), "--since")
    status, out, _ = lab.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                             NETBONDCTL, "history", "--runtime-dir", RUN)
    check(status == 0 and "failover" not in out and "active slave" in out, "everybody may read it", out)


def metrics():
    def value(text, name, **labels):
        for line in text.splitlines():
            if line.startswith(name + "{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return None

    status, out, err = ctl("metrics")
    check(status == 0 and not err and "\nnetbond_up 1\n" in out, "metrics", err)
    with open("/sys/class/net/a0/statistics/tx_bytes", encoding="ascii") as file:
        sent = int(file.read())
    check(0 < value(out, "netbond_slave_transmit_bytes_total", slave="a0") <= sent,
          "counters are the kernel's", out)
    failovers = len([e for e in entries("bond0") if e["event"] == "failover"])
    same(value(out, "netbond_bond_failovers_total", bond="bond0"), failovers,
         "events are those of the history")
    check(value(out, "netbond_slave_lacp_actor_state", slave="c0", bit="distributing") == 1
          and value(out, "netbond_slave_lacpdus_received_total", slave="c0") > 0,
          "LACP of a slave", out)
    status, answer, err = ctl("metrics", "--http", text="GET /metrics HTTP/1.1\r\n\r\n")
    check(answer.startswith("HTTP/1.1 200 OK") and "netbond_up 1" in answer, "the same over HTTP", err)


def killed(daemon):
    """kill -9 while entries are written as fast as a cable can be pulled."""
    seen = []
    for turn in range(TURNS):
        for n in range(4):
            lab.batch("link set b0 down\nlink set d0 down", "far")
            time.sleep(0.11 + 0.017 * n)
            lab.batch("link set b0 up\nlink set d0 up", "far")
            now = lines()
            # The last one may have been on its way.
            check(now[:len(seen)] == seen, f"turn {turn}: what was written stays") \
                if now[:len(seen)] != seen else None
            seen = now[:-1]
        daemon.end(signal.SIGKILL)
        if turn == 1:           # as a power cut leaves it
            with open(STATE + "/history.jsonl", "a", encoding="utf-8") as file:
                file.write('{"time":"2026-11-28T00:00')
            seen = lines()[:-1]
        check(daemon.start(), f"turn {turn}: killed, and started again")
    found, whole = entries(), []
    for line in lines():
        try:
            whole.append(json.loads(line))
        except ValueError:
            pass
    same(found, whole, "every line that was written is found, and nothing else")
    same(lines()[:len(seen)], seen, "of what stood in the file nothing is lost")
    same(len(lines()) - len(whole), 1, "one line is torn: the one of the power cut")
    same(len([e for e in found if e["event"] == "daemon" and e["to"] == "started"]),
         TURNS + 1,
         "each start is told")


def disk_full(daemon):
    daemon.end()
    lab.must("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", STATE)
    daemon.start()
    wait_for(lambda: last("daemon", to="started"))
    with open(STATE + "/filler", "wb", buffering=0) as filler:
        try:
            while filler.write(bytes(1024)):
                pass
        except OSError:
            pass
    for _ in range(30):
        lab.batch("link set b0 down", "far")
        time.sleep(0.15)
        lab.batch("link set b0 up", "far")
        time.sleep(0.15)
        if "history cannot be written" in open("/tmp/netbondd.log", encoding="utf-8").read():
            break
    check(wait_for(lambda: "cannot be written: No space left" in
                   open("/tmp/netbondd.log", encoding="utf-8").read()), "a full disk is told once")
    check(ctl("status")[0] != 1 and all(json.loads(line) for line in lines()),
          "the daemon goes on, and no line is torn")
    os.unlink(STATE + "/filler")
    lab.batch("link set b0 down", "far")
    lost = wait_for(lambda: last("lost"))
    check(lost and "could not be written" in lost["what"], "when there is room again, that is told", lost)
    lab.batch("link set b0 up", "far")
    check("netbond_daemon_history_lost_total 0\n" not in ctl("metrics")[1], "metrics count it")
    daemon.end()
    lab.must("umount", STATE)


lab.cables("far", {"a0": "b0", "a1": "b1", "c0": "d0", "c1": "d1"})
lab.partner_bridge("far", "switch", ["b0", "b1"])
lab.partner_bond("far", "peer", ["d0", "d1"], "mode 802.3ad lacp_rate fast miimon 100")
netbondd = Daemon()
check(netbondd.start(), "the daemon answers")
for part in (lambda: events(netbondd), metrics, lambda: killed(netbondd), lambda: disk_full(netbondd)):
    part()
    print(f"# {time.monotonic() - lab.started:.0f} s", flush=True)
lab.finish()
