#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondd as the program that stays: it resumes, listens, mends, and gives in to a fight."""

import json
import os
import re
import signal
import subprocess
import time

import lab
import rtnl
from lab import check, ip, links, same, wait_for

FOLDER = "/tmp/netbond"
LOG = "/tmp/netbondd.log"
CONFIG = {"bonds": {"bond0": {"mode": "active-backup", "slaves": ["e0", "e1"],
                              "addresses": ["192.0.2.1/24", "2001:db8::1/64"],
                              "routes": [{"to": "198.51.100.0/24", "via": "192.0.2.2"}]}}}


def write(config, name="bonds.yaml"):
    os.makedirs(FOLDER, exist_ok=True)
    with open(f"{FOLDER}/{name}", "w", encoding="utf-8") as out:
        out.write(config if isinstance(config, str) else json.dumps(config))


def changed(**values):
    config = json.loads(json.dumps(CONFIG))
    config["bonds"]["bond0"].update(values)
    return config


class Daemon:
    def __init__(self, *options, prefix=()):
        with open(LOG, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*prefix, lab.NETBONDD, "--config-dir", FOLDER, *options], stderr=log,
                stdout=log)

    @staticmethod
    def log():
        with open(LOG, encoding="utf-8") as log:
            return log.read()

    def says(self, pattern, seconds=20):
        return wait_for(lambda: re.search(pattern, self.log()), seconds)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(20)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)


def in_bond(slave="e0", bond="bond0"):
    have = links()
    return slave in have and bond in have and have[slave].master == have[bond].index


def has_address(address="192.0.2.1/24"):
    return address in [f"{a['local']}/{a['prefixlen']}" for l in
                       lab.query("address show dev bond0") for a in l["addr_info"]]


def has_route(prefix="198.51.100.0/24"):
    return any(route["dst"] == prefix for route in lab.query("route show dev bond0"))


def whole():
    return in_bond("e0") and in_bond("e1") and has_address() and has_route()


class Silence:
    """What is written to the kernel meanwhile, by anybody."""

    def __enter__(self):
        self.wire = rtnl.Wire()
        self.wire.__enter__()
        return self

    def __exit__(self, *error):
        self.wire.__exit__()
        self.writes = self.wire.writes
        self.wire.socket.close()


def first_start():
    write(CONFIG)
    daemon = Daemon()
    check(daemon.says(r"configuration 1: converged") and whole(),
          "the first start makes the files true", daemon.log())
    return daemon


def mends(daemon, what, spoil, mended):
    spoil()
    check(wait_for(mended), f"drift is mended: {what}", daemon.log())


def drift(daemon):
    mends(daemon, "a slave taken out", lambda: ip("link set e0 nomaster"), whole)
    mends(daemon, "an address deleted, and the route that went with it",
          lambda: ip("address del 192.0.2.1/24 dev bond0"), whole)
    mends(daemon, "an option changed", lambda: ip("link set bond0 type bond resend_igmp 9"),
          lambda: links()["bond0"].bond["resend-igmp"] == 1)
    mends(daemon, "the bond set down: up again with IPv6 address and route",
          lambda: ip("link set bond0 down"),
          lambda: links()["bond0"].up and whole() and has_address("2001:db8::1/64"))
    mends(daemon, "a slave set down", lambda: ip("link set e1 down"), lambda: links()["e1"].up)
    # A sixth repair within 30 s would be a fight; a reload is a new beginning.
    daemon.reload()
    daemon.says("configuration 2: converged")
    mends(daemon, "the whole bond deleted", lambda: ip("link del bond0"),
          lambda: "bond0" in links() and whole())


def quiet_restarts(daemon):
    """Stop, start, kill, start, with an edited file, under traffic: not one request that writes."""
    write(changed(**{"resend-igmp": 7}))
    wait_for(lambda: all(links()[s].slave["mii-status"] == 0 for s in ("e0", "e1")))
    check(wait_for(lambda: lab.answers("192.0.2.2")), "the far end answers")
    before = lab.drops("", "sw")
    counter = lab.Counter("192.0.2.2", namespace_to="sw")
    time.sleep(1)
    with Silence() as silence:
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
            daemon.end(number)
            daemon = Daemon()
            daemon.says("resuming")
            time.sleep(2.5)
    counter.end_sending()
    found = counter.result()
    same(silence.writes, [], "stop, start, kill and an edited file: nothing is written")
    check(found["lost"] == 0 and found["sent"] >= 2000,
          f"{found['sent']} packets sent meanwhile, 0 lost", found, lab.drops("", "sw") - before)
    same(links()["bond0"].bond["resend-igmp"], 1, "the edited file is not in force")
    daemon.reload()
    check(daemon.says("configuration 2: converged") and
          links()["bond0"].bond["resend-igmp"] == 7, "a reload brings it into force", daemon.log())
    return daemon


def carrier(name):
    with open(f"/sys/class/net/{name}/carrier", encoding="ascii") as value:
        return value.read() == "1\n"


def spell():
    """Since when bond0 is as it is, and whether that was seen."""
    status, out, _ = lab.run(lab.NETBONDCTL, "status", "-o", "json", "bond0")
    if status == 1:
        return 0, False         # it has only just started
    bond = json.loads(out)["bonds"][0]
    return bond["since"], bond["since-seen"]


def since(daemon):
    """A restart does not begin it anew, and what it missed is not hidden."""
    # LACP or a monitor may have the last word a moment after the links are up.
    for slave in ("e0", "e1"):
        wait_for(lambda s=slave: links()[s].slave["mii-status"] == 0)
    wait_for(lambda: spell() == (time.sleep(1), spell())[1])
    known = spell()
    check(known[1] and known[0] <= time.time() * 1e6, "the last change was seen", known)
    for number in (signal.SIGTERM, signal.SIGKILL):
        daemon.end(number)
        daemon = Daemon()
        daemon.says("resuming")
        wait_for(lambda: lab.run(lab.NETBONDCTL, "status")[0] == 0)
        same(spell(), known, f"{number.name}, started: since when is known still")
    daemon.end()
    for state in ("down", "up"):
        ip(f"link set p0 {state}", "sw")
        wait_for(lambda s=state: carrier("e0") == (s == "up"))
    # The monitor is later than the carrier: what it does once the daemon runs would be seen.
    wait_for(lambda: links()["e0"].slave["mii-status"] == 0)
    daemon = Daemon()
    check(wait_for(lambda: spell()[0] > known[0]) and not spell()[1],
          "a carrier lost and back while nobody looked: at least since the start", spell())
    unseen = spell()
    ip("link set p1 down", "sw")
    check(wait_for(lambda: spell()[1]) and spell()[0] > unseen[0], "a slave lost: since then", spell())
    ip("link set p1 up", "sw")
    wait_for(lambda: links()["e1"].slave["mii-status"] == 0)
    return daemon


def bad_files(daemon):
    write("bonds:\n  bond0: {mode: activ-backup, slaves: [e0, e1]}\n")
    with Silence() as silence:
        daemon.reload()
        check(daemon.says("what was applied before stays in force"),
              "a broken file: said, and what was applied stays", daemon.log())
    same(silence.writes, [], "a broken file: nothing is written")
    check("did you mean" in daemon.log() and "bonds.yaml:2:17" in daemon.log(),
          "the place and the likely word are in the log", daemon.log())
    mends(daemon, "also while the file is broken", lambda: ip("link set e0 nomaster"), whole)
    write(CONFIG)
    daemon.reload()
    check(daemon.says("configuration 3: converged"), "the mended file is taken", daemon.log())


def late_slaves(daemon):
    write(changed(slaves=["e0", "e1", "e9"]))
    daemon.reload()
    check(daemon.says(r"waits for slave e9") and daemon.says("configuration 4: converged"),
          "a slave that is not there is waited for, and is no error", daemon.log())
    ip("link add e9 type dummy")
    check(wait_for(lambda: in_bond("e9")), "it joins by itself when it comes", daemon.log())
    ip("link del e9")
    ip("link add e9 type dummy")
    check(wait_for(lambda: in_bond("e9")), "gone and come back, it joins again", daemon.log())
    ip("link del e9")
    lab.batch("link add x1 type dummy\nlink set x1 name x2\nlink set x2 name e9")
    check(wait_for(lambda: in_bond("e9")), "another's link joins that gets the name in two steps",
          daemon.log())
    daemon.process.send_signal(signal.SIGSTOP)
    lab.batch("link set e9 nomaster\nlink set e9 down\nlink set e9 name x3\n"
              "link add x4 type dummy\nlink set x4 name e9")
    daemon.process.send_signal(signal.SIGCONT)
    check(wait_for(lambda: in_bond("e9")) and not in_bond("x3"),
          "the name went to another link meanwhile: that one joins, and the first stays out",
          daemon.log())
    ip("link del x3")
    ip("link set e9 down")
    write(CONFIG)
    daemon.reload()
    check(wait_for(lambda: not in_bond("e9")), "no longer listed, it is released", daemon.log())
    ip("link del e9")


def policies(daemon):
    write(changed(drift="warn"))
    daemon.reload()
    daemon.says("configuration 6: converged")
    with Silence() as silence:
        ip("address del 192.0.2.1/24 dev bond0")
        check(daemon.says(r"differs: add address 192.0.2.1/24 \(drift: warn\)"),
              "drift: warn says what differs", daemon.log())
        time.sleep(1)
    check(not has_address() and len(silence.writes) == 1,
          "drift: warn mends nothing: the only write was ours", silence.writes)
    write(CONFIG)
    daemon.reload()
    check(wait_for(whole), "drift: repair again: mended", daemon.log())


def fight(daemon):
    """Somebody takes a slave out as often as it comes back."""
    end = time.monotonic() + 60
    out = 0
    while time.monotonic() < end and "contested" not in daemon.log():
        if in_bond("e1"):
            ip("link set e1 nomaster")
            out += 1
        time.sleep(0.05)
    check(daemon.says(r"bond0: contested: repaired 5 times", 1),
          "a bond that needs more than five repairs in 30 s is contested", daemon.log())
    time.sleep(2)
    check(not in_bond("e1") and out <= 7, f"it is left alone then, after {out} rounds",
          daemon.log())
    check(wait_for(lambda: in_bond("e1"), 30), "the fight is over: it recovers by itself",
          daemon.log())


def storm(daemon):
    """Thousands of notifications: the state is right afterwards, and memory comes back."""
    def resident():
        with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    before = resident()
    ip("link add d0 type dummy")
    flaps = "\n".join("link set d0 up\nlink set d0 down" for _ in range(2000))
    lab.batch(flaps + "\nlink set e0 nomaster\n" + flaps)
    check(wait_for(whole, 30), "after 16,000 notifications the state is right", daemon.log())
    check(wait_for(lambda: resident() < before + 1024, 10),
          f"and memory is back ({before} kB before, {resident()} kB now)")
    ip("link del d0")


def wakeups(pid, seconds):
    """Moments at which a process did anything at all, and what it called then."""
    tracer = subprocess.Popen(["strace", "-f", "-q", "-ttt", "-o", "/tmp/idle", "-p", str(pid)])
    time.sleep(seconds)
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    found, last = [], None
    with open("/tmp/idle", encoding="utf-8") as trace:
        calls = [line.split(maxsplit=2)[1:] for line in trace]
    for moment, text in calls:
        # When strace comes, sleeps are broken off and begun again; when it goes, too.
        if float(moment) < float(calls[0][0]) + 1 or "<detached" in text:
            continue
        if last is None or float(moment) > last + 1:
            found.append([])
        found[-1].append(text)
        last = float(moment)
    return found


def idle(daemon):
    """Nothing happens: nothing runs but the slow look, each 60 s and up to 6 s late."""
    wait_for(lambda: False, 2)
    seconds = 140 if lab.LONG else 15
    found = wakeups(daemon.process.pid, seconds)
    asks = [any("sendmsg(" in text or "sendto(" in text for text in texts) for texts in found]
    check(seconds // 67 <= len(found) <= seconds // 60 + 1 and all(asks),
          f"{seconds} s without events: nothing but the slow look wakes it, {len(found)} times",
          *(text for texts in found for text in texts))


def main():
    lab.cables("sw", {"e0": "p0", "e1": "p1"})
    lab.partner_bridge("sw", "br0", ["p0", "p1"], ["192.0.2.2/24", "2001:db8::2/64"])
    daemon = first_start()
    drift(daemon)
    second = subprocess.run([lab.NETBONDD, "--once"], capture_output=True, text=True)
    check(second.returncode == 1 and "another netbondd works there" in second.stderr,
          "--once beside it is refused, with a sentence", second.stderr)
    daemon = since(daemon)
    daemon = quiet_restarts(daemon)
    bad_files(daemon)
    late_slaves(daemon)
    policies(daemon)
    storm(daemon)
    idle(daemon)
    fight(daemon)
    same(daemon.end(), 0, "SIGTERM ends it well")
    check(whole(), "and leaves the bond as it is")
    lab.finish()


main()
