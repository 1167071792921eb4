#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes that go back by themselves: try, confirm, rollback, probes, and what survives what."""

import difflib
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import yaml

import lab
from lab import NETBONDCTL, NETBONDD, check, ip, links, run, same, wait_for

RUN, CONFIG, STATE, LOG = "/tmp/run", "/tmp/config", "/tmp/state", "/tmp/netbondd.log"
ONE = {"bonds": {"bond0": {"mode": "active-backup", "slaves": ["e0", "e1"], "miimon": 50,
                           "addresses": ["192.0.2.10/24", "2001:db8::10/64"],
                           "routes": [{"to": "203.0.113.0/24", "via": "192.0.2.1"}]}}}
# Takes away all there is, and a NIC that has an address and a port of a bridge with it.
OTHER = {"bonds": {"bond0": {"mode": "balance-xor", "slaves": ["e3", "e1", "e2"], "mtu": 1300,
                             "addresses": ["198.51.100.1/24"]},
                   "bond1": {"mode": "active-backup", "slaves": ["e0"]}}}


def write(path, config):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(config if isinstance(config, str) else json.dumps(config))
    return path


class Daemon:
    def __init__(self):
        self.log = open(LOG, "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [NETBONDD, "--config-dir", CONFIG, "--runtime-dir", RUN, "--state-dir", STATE],
            stdout=self.log, stderr=self.log)
        wait_for(lambda: ctl("status")[0] != 1, 20)

    def told(self):
        with open(LOG, encoding="utf-8") as log:
            return log.read()

    def says(self, pattern, seconds=30):
        return wait_for(lambda: re.search(pattern, self.told()), seconds)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(20)


def ctl(verb, *argv, text=""):
    return run(NETBONDCTL, verb, "--runtime-dir", RUN, *argv, text=text)


def snapshot():
    """What is there, without what changes by itself."""
    state = yaml.safe_load(lab.must(NETBONDCTL, "snapshot", "--offline"))
    for link in state["links"]:
        for key in ("ifindex", "slave-state", "bond-state", "carrier", "operstate", "flags"):
            link.pop(key, None)
        for address in link.get("addresses", ()):
            if isinstance(address, dict):
                address.pop("flags", None)  # tentative for a while
        link["addresses"] = [address for address in link.get("addresses", ())
                             if not isinstance(address, dict) or
                             address.get("proto") not in ("kernel-ll", "kernel-lo")]
    return state


def manager():
    status, out, err = ctl("status", "-o", "json")
    return json.loads(out)["daemon"] if status != 1 else {}


def is_trying():
    return manager().get("trying", "/") != "/"


def same_as(before, sentence, daemon):
    """The state is that of before, as soon as it has settled."""
    if wait_for(lambda: snapshot() == before, 20):
        return check(True, sentence)
    lines = (yaml.dump(before).splitlines(), yaml.dump(snapshot()).splitlines())
    return check(False, sentence, "\n".join(difflib.unified_diff(*lines, lineterm="")),
                 daemon.told())


def try_file(*options):
    return ctl("try", "--allow", "rebuild", *options, write("/tmp/other.yaml", OTHER))


def goes_back(daemon, before):
    status, out, err = try_file("--timeout", "5s")
    check(status == 0 and "goes back by itself" in out, "try ends when the change is in force", out, err)
    check("bond1" in links(), "the tried bond is there", daemon.told())
    status, out, err = ctl("status")
    check("is being tried" in out and "confirm" in out and "rollback" in out,
          "status shows the try, the time left and the commands", out)
    ip("link set e2 nomaster")
    check(wait_for(lambda: links()["e2"].master == links()["bond0"].index),
          "drift is mended towards what is tried", daemon.told())
    check(wait_for(lambda: not is_trying(), 20), "the countdown ends it")
    same_as(before, "unconfirmed: all is as it was before, NICs and bridge included", daemon)
    check(daemon.says("nobody confirmed it"), "the log says why", daemon.told())
    check(not [name for name in os.listdir(RUN) if name.startswith("trial")],
          "nothing is left of the try on disk", os.listdir(RUN))


def by_hand(daemon, before):
    try_file()
    for verb in (("apply",), ("reload",), ("try", "/tmp/other.yaml")):
        status, out, err = ctl(*verb)
        if verb[0] == "try":
            check(status == 0 and "nothing to try" in out, "the same again is nothing", out, err)
        elif verb[0] == "reload":
            check(status == 1 and "a try is under way" in err, "reload is refused meanwhile", err)
    write(CONFIG + "/a.yaml", {"bonds": {"bond0": {**ONE["bonds"]["bond0"], "miimon": 70}}})
    status, out, err = ctl("try", "--allow", "rebuild")
    check(status == 1 and "a try is under way" in err, "a second try is refused, clearly", err)
    write(CONFIG + "/a.yaml", ONE)
    status, out, err = ctl("rollback")
    check(status == 0 and "rolled back" in out, "rollback waits until all is back", out, err)
    same_as(before, "rolled back by hand: all is as it was before", daemon)
    status, out, err = ctl("confirm")
    check(status == 1 and "nothing is being tried" in err, "there is nothing to confirm then", err)
    status, out, err = ctl("try", "--timeout", "1s", "/tmp/other.yaml")
    check(status == 1 and "from 5s" in err, "a time that is too short is refused", err)


def on_terminal(daemon, before):
    """Answers typed at the countdown, and Ctrl-C."""
    for keys, want, ends in (("n\n", "rolled back", False), ("\x03", "countdown goes on", True)):
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [NETBONDCTL, "try", "--runtime-dir", RUN, "--allow", "rebuild", "/tmp/other.yaml"],
            stdin=follower, stdout=follower, stderr=follower, start_new_session=True)
        os.close(follower)
        seen = ""
        for wait_text, send in (("Try it?", "y\n"), ("Keep it?", keys)):
            seen = read_until(leader, wait_text, seen)
            if keys == "\x03" and send == keys:
                process.send_signal(signal.SIGINT)
            else:
                os.write(leader, send.encode())
        seen = read_until(leader, want, seen)
        status = process.wait(30)
        check(want in seen and status == 1, f"on a terminal, {keys!r}: {want}", seen, status)
        os.close(leader)
        if ends:
            check(is_trying(), "Ctrl-C leaves the try to the daemon")
            ctl("rollback")
    same_as(before, "and back again", daemon)


def read_until(fd, text, seen, seconds=30):
    end = time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                data = os.read(fd, 4096)
            except OSError:
                break
            seen += data.decode(errors="replace")
    return seen


def survives(daemon, before):
    """kill -9 in the middle of the countdown, and while it runs out."""
    try_file("--timeout", "9s")
    tried = snapshot()
    daemon.end(signal.SIGKILL)
    daemon = Daemon()
    same(snapshot(), tried, "killed and started again: nothing was written")
    check(is_trying(), "the countdown goes on", daemon.told())
    check(wait_for(lambda: not is_trying(), 40), "and ends it", daemon.told())
    same_as(before, "all is as it was before", daemon)
    try_file("--timeout", "5s")
    daemon.end(signal.SIGTERM)
    same(snapshot(), tried, "SIGTERM leaves the tried state as it is")
    time.sleep(5)
    daemon = Daemon()
    check(wait_for(lambda: not is_trying(), 20) and daemon.says("time was up"),
          "started after the time was up: it goes back at once", daemon.told())
    same_as(before, "all is as it was before, once more", daemon)
    return daemon


def cut_off(daemon):
    """kill -9 while the change is being applied: it waits for a slave that never comes up."""
    before = snapshot()
    for peer in ("s1", "s2"):
        ip(f"link set {peer} down")
    config = {"bonds": {"bond0": {**ONE["bonds"]["bond0"], "slaves": ["e1", "e2"]}}}
    client = subprocess.Popen(
        [NETBONDCTL, "try", "--runtime-dir", RUN, "--allow", "down",
         write("/tmp/waits.yaml", config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bond = links()["bond0"].index
    check(wait_for(lambda: links()["e2"].master == bond, 20), "the change is half done",
          daemon.told())
    daemon.end(signal.SIGKILL)
    client.wait(20)
    daemon = Daemon()
    check(wait_for(lambda: not is_trying(), 30) and daemon.says("in the middle of it"),
          "killed in the middle of it: it goes back", daemon.told())
    for peer in ("s1", "s2"):
        ip(f"link set {peer} up")
    same_as(before, "all is as it was before the half done change", daemon)
    return daemon


def confirmed(daemon):
    write(CONFIG + "/a.yaml", {"bonds": {"bond0": {**ONE["bonds"]["bond0"], "resend-igmp": 7}}})
    ctl("try")
    check(os.path.exists(STATE + "/unconfirmed"), "a set that is tried is noted as unconfirmed")
    status, out, err = ctl("confirm")
    check(status == 0 and not os.path.exists(STATE + "/unconfirmed"), "confirmed: no longer", err)
    with open(STATE + "/last-good.yaml", encoding="utf-8") as good:
        check("resend-igmp: 7" in good.read(), "it is the last good one now")
    return daemon


def new_boot(daemon):
    """What a boot finds: no /run, the bonds gone, /var as it was."""
    daemon.end(signal.SIGKILL)
    shutil.rmtree(RUN)
    for name in ("bond0", "bond1"):
        if name in links():
            ip(f"link del {name}")
    return Daemon()


def rules(degraded, value):
    """The state says so, and this is in force, as soon as the daemon is that far."""
    return wait_for(lambda: degraded in manager().get("degraded", "") and igmp() == value, 20)


def boots(daemon):
    write(CONFIG + "/a.yaml", {"bonds": {"bond0": {**ONE["bonds"]["bond0"], "resend-igmp": 9}}})
    ctl("try")
    daemon = new_boot(daemon)
    check(rules("never confirmed", 7), "power cut during a try: the state says so, and the last good "
          "set rules", manager(), daemon.told())
    write(CONFIG + "/a.yaml", "bonds: {bond0: {mode: nonsense}}\n")
    daemon = new_boot(daemon)
    check(rules("errors", 7),
          "a boot with a broken file: the last good set rules, and the state says why",
          manager(), daemon.told())
    changed = {**ONE["bonds"]["bond0"], "resend-igmp": 8, "mtu": 1300}
    write(CONFIG + "/a.yaml", {"bonds": {"bond0": changed}})
    status, out, err = ctl("reload")
    check(status == 2 and igmp() == 8 and links()["bond0"].mtu != 1300,
          "a reload with something held", out, err)
    write(CONFIG + "/a.yaml", "bonds: {bond0: {mode: nonsense}}\n")
    daemon = new_boot(daemon)
    check(rules("errors", 8),
          "a set applied with something held is the last good one, too", manager(), daemon.told())
    write(CONFIG + "/a.yaml", {"bonds": {"bond0": {**ONE["bonds"]["bond0"], "resend-igmp": 11}}})
    status, out, err = ctl("reload")
    check(status == 0 and igmp() == 11 and manager()["degraded"] == "",
          "mended files rule again, and nothing is degraded", out, err, manager())
    write(CONFIG + "/a.yaml", "bonds: [")
    before = snapshot()
    status, out, err = ctl("reload")
    check(status == 1 and snapshot() == before and igmp() == 11,
          "a broken file on reload changes nothing", err)
    write(CONFIG + "/a.yaml", ONE)
    ctl("reload", "--runtime-dir", RUN)
    return daemon


def igmp():
    return links()["bond0"].bond["resend-igmp"] if "bond0" in links() else None


def read_only(daemon):
    """Disks that take nothing: clear words, and nothing is lost."""
    daemon.end()
    lab.must("mount", "-t", "tmpfs", "-o", "ro", "none", STATE)
    daemon = Daemon()
    write(CONFIG + "/a.yaml", {"bonds": {"bond0": {**ONE["bonds"]["bond0"], "resend-igmp": 13}}})
    status, out, err = ctl("try")
    check(status == 0 and daemon.says("Read-only file system"), "a read-only /var is no error",
          out, err, daemon.told())
    ctl("rollback")
    lab.must("umount", STATE)
    daemon.end()
    lab.must("mount", "-t", "tmpfs", "-o", "size=16k", "none", RUN)
    daemon = Daemon()
    write(CONFIG + "/a.yaml", ONE)
    ctl("reload")
    with open(RUN + "/fill", "wb") as fill:
        try:
            fill.write(b"x" * 100000)
            fill.flush()
        except OSError:
            pass
    before = snapshot()
    status, out, err = try_file()
    check(status == 1 and "cannot be kept" in err and snapshot() == before,
          "a full /run: the try is refused and nothing is changed", out, err)
    os.unlink(RUN + "/fill")
    daemon.end()
    lab.must("umount", RUN)
    return Daemon()


def dead_disk(daemon):
    """A state directory that hangs, as one that lies behind the bond may: a pipe nobody reads."""
    pipe = STATE + "/.last-good.yaml.new"
    os.mkfifo(pipe)
    write(CONFIG + "/a.yaml", {"bonds": {"bond0": {**ONE["bonds"]["bond0"], "resend-igmp": 3}}})
    status, out, err = ctl("reload")
    same((status, igmp()), (0, 3), "a disk that hangs: a reload is done", out, err, daemon.told())
    check(daemon.says("the disk does not answer"), "the log says so", daemon.told())
    ip("link set bond0 type bond resend_igmp 5")
    check(wait_for(lambda: igmp() == 3, 20), "drift is mended meanwhile", daemon.told())
    write(CONFIG + "/a.yaml", {"bonds": {"bond0": {**ONE["bonds"]["bond0"], "resend-igmp": 4}}})
    same((ctl("try", "--timeout", "5s")[0], igmp()), (0, 4), "a try begins", daemon.told())
    check(daemon.says("nobody confirmed it within 5 s", 40) and
          wait_for(lambda: igmp() == 3 and not is_trying(), 20), "and goes back by itself", daemon.told())
    same(ctl("status")[0], 2, "status says so, and does not wait for the history", daemon.told())
    os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
    return daemon


def play():
    for i in range(4):
        ip(f"link add e{i} type veth peer name s{i}")
        ip(f"link set s{i} up")
    ip("link add sw type bridge")
    for i in range(4):
        ip(f"link set s{i} master sw")
    ip("link set sw up")
    ip("link add br0 type bridge")
    ip("link set e3 master br0")
    ip("link set e2 up mtu 1400")
    ip("addr add 198.51.100.9/24 dev e2")
    ip("route add 198.51.101.0/24 via 198.51.100.7")
    os.makedirs(STATE, exist_ok=True)
    write(CONFIG + "/a.yaml", ONE)
    daemon = Daemon()
    before = snapshot()
    goes_back(daemon, before)
    by_hand(daemon, before)
    on_terminal(daemon, before)
    daemon = survives(daemon, before)
    daemon = cut_off(daemon)
    daemon = confirmed(daemon)
    daemon = dead_disk(daemon)
    daemon = boots(daemon)
    daemon = read_only(daemon)
    same(daemon.end(), 0, "the daemon ends well")


play()
lab.finish()
