#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# run: long
"""All at once, again and again: slaves that flap at 100 Hz, 10,000 addresses on a bond, 1,000
links of others that come and go, more notifications than netbondd can be told of, a tool that
takes a slave out whenever it is in. Afterwards the state is right, and the memory as before.

    tests/lab/run --timeout 4200 -- tests/real/soak.py build --seconds 3600

By default two short rounds with 200 links; --long is five minutes."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import lab
import rtnl
from lab import check, ip, links, same, wait_for

FOLDER, LOG = "/tmp/netbond", "/tmp/netbondd.log"
CONFIG = """bonds:
  bond0:
    mode: active-backup
    slaves: [e0, e1]
    addresses: [192.0.2.1/24, "2001:db8::1/64"]
    routes: [{to: 198.51.100.0/24, via: 192.0.2.2}]
  bond1: {mode: balance-xor, slaves: [a0], addresses: [10.0.0.1/8]}
  bond2: {mode: active-backup, slaves: [f0, f1]}
"""
SLAVES = {"e0": "bond0", "e1": "bond0", "a0": "bond1", "f0": "bond2", "f1": "bond2"}
ADDRESSES, HERTZ, ROUND = 10000, 100, 4
LEEWAY_KB = 1024


def seconds():
    if "--seconds" in sys.argv:
        return float(sys.argv[sys.argv.index("--seconds") + 1])
    return 300 if lab.LONG else ROUND


LINKS = 1000 if seconds() > ROUND else 200


class Daemon:
    def __init__(self):
        os.makedirs(FOLDER, exist_ok=True)
        with open(f"{FOLDER}/a.yaml", "w", encoding="ascii") as out:
            out.write(CONFIG)
        with open(LOG, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([lab.NETBONDD, "--config-dir", FOLDER], stderr=log)
        self.pid = self.process.pid

    @staticmethod
    def log():
        with open(LOG, encoding="utf-8") as log:
            return log.read()

    def resident(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    def cpu(self):
        """Seconds on a processor, in the kernel as well."""
        with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9

    def overruns(self):
        """Messages its sockets had no room for."""
        inodes = {re.sub(r"\D", "", os.readlink(f"/proc/{self.pid}/fd/{fd}"))
                  for fd in os.listdir(f"/proc/{self.pid}/fd")}
        with open("/proc/net/netlink", encoding="ascii") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        return sum(int(row[8]) for row in rows if row[9] in inodes)

    def rest(self):
        """Memory once nothing runs any more: the least of what it comes down to."""
        before = -1
        while self.cpu() - before > 0.02:
            before = self.cpu()
            time.sleep(1)
        return self.resident()


def whole():
    have = links()
    return all(bond in have and have[slave].master == have[bond].index
               for slave, bond in SLAVES.items()) and \
        lab.addresses("bond0") == {"192.0.2.1/24", "2001:db8::1/64"} and \
        lab.routes("bond0") == {"198.51.100.0/24 via 192.0.2.2"}


def furnish():
    lab.batch("".join(f"address add 10.{i >> 8 & 255}.{i & 255}.7/32 dev bond1\n"
                      f"address add 2001:db8:1::{i:x}/128 dev bond1 nodad\n"
                      for i in range(1, ADDRESSES // 2 + 1)))


class Trouble(threading.Thread):
    """Makes some of it over and over, until it is told to stop."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over, self.error = threading.Event(), None
        self.turns = 0

    def run(self):
        try:
            while not self.over.is_set():
                self.turn()
                self.turns += 1
        except (OSError, RuntimeError, rtnl.Refused) as error:
            self.error = error

    def stop(self):
        self.over.set()
        self.join()
        if self.error:
            raise self.error


class Flaps(Trouble):
    """The switch's ports go down and up, one after the other, and all are up in the end."""

    def __init__(self):
        super().__init__()
        with rtnl.Inside("sw"):
            self.netlink = rtnl.Rtnl()
            have = self.netlink.links()
        self.ports = [have["p0"].index, have["p1"].index]

    def turn(self):
        port = self.ports[self.turns // 2 % 2]
        self.netlink.set_up(port, self.turns % 2)
        self.over.wait(1 / HERTZ)

    def stop(self):
        super().stop()
        for port in self.ports:
            self.netlink.set_up(port, True)


class Fight(Trouble):
    """`ip link set f1 nomaster` whenever it is in."""

    def __init__(self):
        super().__init__()
        self.netlink, self.taken = rtnl.Rtnl(), 0
        self.slave = self.netlink.links()["f1"].index

    def turn(self):
        if os.path.exists("/sys/class/net/f1/master"):
            self.netlink.set_master(self.slave, 0)
            self.taken += 1
        self.over.wait(0.02)


class Guests(Trouble):
    """Links of others come and go."""

    def turn(self):
        names = [f"g{i}" for i in range(LINKS)]
        lab.dummies(*names)
        lab.delete_links(*names)


def storm(daemon):
    """While it cannot listen more happens than its sockets hold, and a slave is lost."""
    daemon.process.send_signal(signal.SIGSTOP)
    lost, turns = daemon.overruns(), 0
    while daemon.overruns() == lost and turns < 100:
        lab.batch("link set s0 up\nlink set s0 down\n" * 500)
        turns += 1
    ip("link set a0 nomaster")
    lost = daemon.overruns() - lost
    daemon.process.send_signal(signal.SIGCONT)
    return lost


def have_round(daemon, length):
    """Returns how often each kind of trouble was made, and how many messages were lost."""
    troubles = [Flaps(), Fight(), Guests()]
    end, lost = time.monotonic() + length, 0
    for trouble in troubles:
        trouble.start()
    while time.monotonic() < end or not lost:
        lost += storm(daemon)
        wait_for(lambda: time.monotonic() > end, length / 2)
    for trouble in troubles:
        trouble.stop()
    flaps, fight, guests = troubles
    return flaps.turns, fight.taken, guests.turns, lost


def soak(daemon, limit):
    """Rounds of trouble; the sum of what there was."""
    total, start, rounds = [0, 0, 0, 0], time.monotonic(), 0
    busy = daemon.cpu()
    while time.monotonic() < start + limit or rounds == 0:
        total = [a + b for a, b in zip(total, have_round(daemon, ROUND))]
        rounds += 1
        if limit > ROUND:
            print(f"# {time.monotonic() - start:.0f} s: {daemon.rest()} kB at rest", flush=True)
    lasted = time.monotonic() - start
    print(f"# {rounds} rounds in {lasted:.0f} s: {total[0]} flaps, a slave taken {total[1]} times, "
          f"{LINKS} links {total[2]} times, {total[3]} messages lost; "
          f"{(daemon.cpu() - busy) / lasted * 100:.0f} % of a processor", flush=True)
    return total


def settle(daemon):
    """bond2 may be left alone for minutes: apply ends that."""
    lab.run(lab.NETBONDCTL, "apply")
    return wait_for(whole, 60) and daemon.rest()


def main():
    lab.cables("sw", {"e0": "p0", "e1": "p1"})
    lab.partner_bridge("sw", "br0", ["p0", "p1"], ["192.0.2.2/24", "2001:db8::2/64"])
    lab.dummies("a0", "f0", "f1", "s0")
    daemon = Daemon()
    check(wait_for(whole, 30), "three bonds", daemon.log())
    furnish()
    many = lab.addresses("bond1")
    same(len(many), ADDRESSES + 1, "10,000 addresses of others on one of them")
    soak(daemon, ROUND / 2)             # what it needs once, it has then
    before = settle(daemon)
    check(before, "the state is right after the first trouble", daemon.log())
    total = soak(daemon, seconds())
    check(all(total), "there was trouble of each kind", total)
    after = settle(daemon)
    check(after, "the state is right afterwards", daemon.log())
    check(lab.addresses("bond1") == many, "with all the addresses of others")
    check(after and abs(after - before) <= LEEWAY_KB,
          f"memory at rest is as before ({before} kB, {after} kB)")
    daemon.process.terminate()
    same(daemon.process.wait(30), 0, "SIGTERM ends it well")
    same(lab.once(CONFIG).writes, [], "and there is nothing left to do")
    lab.finish()


main()
