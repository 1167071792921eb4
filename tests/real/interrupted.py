#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondd ended in the middle of an apply, and asked for another one in the middle of one."""

import os
import re
import signal
import subprocess

import lab
from lab import check, ip, links, same, wait_for

FOLDER, LOG, N = "/tmp/netbond", "/tmp/netbondd.log", 40
OWED = "/run/netbond/owed.yaml"


def write(**options):
    os.makedirs(FOLDER, exist_ok=True)
    more = "".join(f", {name.replace('_', '-')}: {value}" for name, value in options.items())
    with open(f"{FOLDER}/a.yaml", "w", encoding="ascii") as out:
        out.write("bonds:\n" + "".join(
            f"  b{i}: {{mode: active-backup, slaves: [d{i}], addresses: [10.9.{i}.1/24]{more}}}\n"
            for i in range(N)))


def start():
    with open(LOG, "w", encoding="utf-8") as log:
        return subprocess.Popen([lab.NETBONDD, "--config-dir", FOLDER], stdout=log, stderr=log)


def says(pattern, seconds=60):
    def look():
        with open(LOG, encoding="utf-8") as log:
            return re.search(pattern, log.read())
    return wait_for(look, seconds)


def log():
    with open(LOG, encoding="utf-8") as text:
        return text.read()


def made():
    return sum(name.startswith("b") for name in links())


def whole(resend=1):
    have = links()
    return all(f"b{i}" in have and have[f"b{i}"].bond["resend-igmp"] == resend and
               have[f"d{i}"].master == have[f"b{i}"].index for i in range(N))


def ended(number, sentence):
    """Ended by @number after some of the bonds: the next one goes on, whatever the files say."""
    write()
    daemon = start()
    wait_for(lambda: made() > 3, 60, 0.01)
    daemon.send_signal(number)
    daemon.wait(30)
    there = made()
    check(0 < there < N, f"{sentence}: it stopped in the middle, after {there} of {N} bonds", log())
    with open(f"{FOLDER}/a.yaml", "w", encoding="ascii") as out:
        out.write("bonds: {}\n")
    daemon = start()
    check(wait_for(whole, 60) and says("resuming"), f"{sentence}: the next one goes on", log())
    return daemon


def end(daemon):
    daemon.terminate()
    daemon.wait(30)
    lab.delete_links(*(f"b{i}" for i in range(N)))
    lab.fresh_memory()


def reload_in_between(daemon):
    write()
    daemon.send_signal(signal.SIGHUP)
    says("configuration 2: converged")
    # In the middle of repairs: it takes their place.
    lab.batch("\n".join(f"link set d{i} nomaster" for i in range(N)))
    says("drift mended|mended")
    write(resend_igmp=2)
    daemon.send_signal(signal.SIGHUP)
    check(wait_for(lambda: whole(2), 60), "a reload in the middle of repairs takes their place", log())
    # In the middle of an apply: it follows.
    says("configuration 3: converged")
    write(resend_igmp=3)
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: links()["b1"].bond["resend-igmp"] == 3, 60, 0.01)
    write(resend_igmp=4)
    daemon.send_signal(signal.SIGHUP)
    check(wait_for(lambda: whole(4), 60), "a reload in the middle of another one follows it", log())


def renamed_and_replaced(daemon):
    """A slave under another name is another device; a new one of its name is its successor."""
    daemon.send_signal(signal.SIGSTOP)      # it would set it up again in between
    ip("link set d0 down")
    ip("link set d0 name x0")
    daemon.send_signal(signal.SIGCONT)
    check(says("b0: differs: remove slave x0") and links()["x0"].master,
          "a slave that was renamed is no longer the one in the file, but the last one stays", log())
    ip("link add d0 type dummy")
    check(wait_for(lambda: whole(4) and not links()["x0"].master, 30),
          "another device of that name takes its place", log())


def furnish(n):
    """What others put on a bond and a VLAN upon it: addresses and routes, which go when it goes down.
    Those of the VLAN stay on newer kernels when the bond is up again fast enough."""
    lab.batch("link add b0.5 link b0 type vlan id 5\nlink set b0.5 up\n" +
              "".join(f"address add 2001:db8:9::{i:x}/64 dev b0 nodad\n" for i in range(1, n)) +
              "".join(f"address add 2001:db8:5::{i:x}/64 dev b0.5 nodad\n" for i in range(1, 20)) +
              "route add 2001:db8:6::/64 via 2001:db8:5::fff dev b0.5")


def of_others():
    return {name: (lab.addresses(name), lab.routes(name)) for name in ("b0", "b0.5")}


def write_rate(rate):
    """lacp-rate takes the bond down, and nobody has to allow it."""
    os.makedirs(FOLDER, exist_ok=True)
    with open(f"{FOLDER}/a.yaml", "w", encoding="ascii") as out:
        out.write("settings: {auto-disruption: down}\n"
                  f"bonds: {{b0: {{mode: 802.3ad, lacp-rate: {rate}, slaves: [d0]}}}}\n")


def kill_while_owing(program, before, fewer_than=1000):
    """Once the bond was down, and before all is back. Looked at while the program stands still.
    Return: how many addresses are missing."""
    wait_for(lambda: os.path.exists(OWED), 30, 0)
    missing = 0
    while not 0 < missing < fewer_than and os.path.exists(OWED):
        program.send_signal(signal.SIGSTOP)
        missing = len(before["b0"][0] - of_others()["b0"][0])
        if not 0 < missing < fewer_than:
            program.send_signal(signal.SIGCONT)
    program.kill()
    program.wait(30)
    check(0 < missing < fewer_than, f"killed while {missing} addresses are missing", log())
    return missing


def others_lose_nothing():
    """What no file names is put back by the next one."""
    lab.delete_links("d0")
    lab.dummies("d0")
    write_rate("slow")
    daemon = start()
    says("configuration 1: converged")
    furnish(400)
    before = of_others()
    write_rate("fast")
    daemon.send_signal(signal.SIGHUP)
    missing = kill_while_owing(daemon, before)
    kill_while_owing(start(), before, missing)
    daemon = start()
    check(wait_for(lambda: of_others() == before and not os.path.exists(OWED), 60),
          "one killed while it puts them back: the next netbondd ends that, the routes too", log())
    daemon.terminate()
    daemon.wait(30)
    write_rate("slow")
    once = [lab.NETBONDD, "--once", "--exact", f"{FOLDER}/a.yaml"]
    kill_while_owing(subprocess.Popen(once, stdout=subprocess.DEVNULL), before)
    same(subprocess.run(once, stdout=subprocess.DEVNULL, check=False).returncode, 0,
         "--once after a --once that was killed converges")
    check(of_others() == before and not os.path.exists(OWED), "and all is there again", of_others())
    with open(f"{FOLDER}/a.yaml", encoding="ascii") as file:
        same(lab.once(file.read()).writes, [], "after that there is nothing to do")


def main():
    lab.dummies(*(f"d{i}" for i in range(N)))
    daemon = ended(signal.SIGTERM, "SIGTERM")
    end(daemon)
    daemon = ended(signal.SIGKILL, "kill -9")
    reload_in_between(daemon)
    renamed_and_replaced(daemon)
    daemon.terminate()
    same(daemon.wait(30), 0, "it ends as it should")
    lab.delete_links(*(f"b{i}" for i in range(N)))
    lab.fresh_memory()
    others_lose_nothing()
    lab.finish()


main()
