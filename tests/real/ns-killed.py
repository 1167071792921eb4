#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondd --once killed at any system call that changes something, on the way into namespaces, from
one into another and home: no NIC is lost, and the next run goes on from there."""

import json
import os
import random
import re

import lab
from lab import NETBONDD, check, links, once, same

CALLS = "sendmsg,sendto,mount,umount2,setns,unshare,unlink,unlinkat,rename,renameat,renameat2"
POINTS = 200 if lab.LONG else 30
NICS = ("e0", "e1", "e2", "e3")


def bond(namespace, *slaves):
    return {"name": "bond0", "namespace": namespace, "mode": "active-backup",
            "slaves": list(slaves), "addresses": ["192.0.2.1/24"]}


BOTH = {"blue": {}, "red": {}}
# Into two namespaces; one bond goes from one into the other's place; slaves exchanged; all home.
STEPS = (
    ({"namespaces": BOTH, "bonds": {"a": bond("blue", "e0", "e1"), "b": bond("red", "e2", "e3")}},
     {"e0": "blue", "e1": "blue", "e2": "red", "e3": "red"}),
    ({"namespaces": {"red": {}}, "bonds": {"a": bond("red", "e0", "e1")}},
     {"e0": "red", "e1": "red", "e2": "", "e3": ""}),
    ({"namespaces": BOTH, "bonds": {"a": bond("blue", "e1", "e2"), "b": bond("red", "e0")}},
     {"e0": "red", "e1": "blue", "e2": "blue", "e3": ""}),
    ({"namespaces": {}, "bonds": {}}, dict.fromkeys(NICS, "")),
)


def places():
    found = {name: [] for name in NICS}
    for namespace in ("", *lab.pinned()):
        try:
            have = links(namespace)
        except OSError:                 # its pin is not mounted yet, or not any more
            continue
        for name in set(have) & set(NICS):
            found[name].append(namespace)
    return found


def strace(config, *options):
    with open("/tmp/killed.yaml", "w", encoding="utf-8") as out:
        out.write(json.dumps(config))
    return lab.run("strace", "-f", "-o", "/tmp/trace", "-e", f"trace={CALLS}", *options, NETBONDD,
                   "--once", "--exact", "--allow", "rebuild", "/tmp/killed.yaml")


def measure():
    """How many such calls each step makes."""
    counts = []
    for config, want in STEPS:
        status, out, err = strace(config)
        if status != 0:
            raise RuntimeError(out + err)
        with open("/tmp/trace", encoding="utf-8") as trace:
            counts.append(sum(bool(re.match(rf"\d+ +({CALLS.replace(',', '|')})\(", line))
                              for line in trace))
        same(places(), {name: [where] for name, where in want.items()}, "not killed: all in place")
    return counts


lab.dummies(*NICS)
counts = measure()
print("# calls that change something, by step:", *counts)
rng = random.Random(11)
lost, stuck, dead, tries = [], [], 0, 0
while dead < POINTS and tries < 3 * POINTS:
    step = tries % len(STEPS)
    tries += 1
    config, want = STEPS[step]
    point = rng.randrange(1, counts[step] + 1)
    status, _, _ = strace(config, "-e", f"inject={CALLS}:signal=KILL:when={point}")
    dead += status != 0             # each thread counts for itself: some run to their end
    where = places()
    if any(len(found) != 1 for found in where.values()):
        lost.append((step, point, where))
    run = once(config)
    if run.status != 0 or places() != {name: [place] for name, place in want.items()}:
        stuck.append((step, point, run.status, run.out, run.err, places()))
same(lost, [], f"killed at {POINTS} points: each NIC is in one place")
same(stuck, [], "and the next run ends well, with all in their places")
same(dead, POINTS, f"so many of {tries} runs were killed")
once(STEPS[-1][0])              # however many runs it took, the last one takes all away
same((lab.pinned(), [os.path.exists(f"/run/netns/{name}") for name in BOTH]), ([], [False, False]),
     "nothing is left")
lab.finish()
