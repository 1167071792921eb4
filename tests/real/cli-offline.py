#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondctl plan, snapshot and check against the kernel itself, as root and as nobody."""

import json
import os
import shutil

import yaml

import lab
import rtnl
from lab import NETBONDCTL, bonds, check, clean, links, once, same

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def write(config, path="/tmp/plan.yaml"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(config if isinstance(config, str) else json.dumps(config))
    return path


class Plan:
    """One run of netbondctl plan --offline -o json, watched for writes."""
    all = []                            # their documents

    def __init__(self, config, *options, prefix=(), exact=True, allow="rebuild"):
        argv = [*prefix, NETBONDCTL, "plan", "--offline", "-o", "json", *options]
        argv += ["--exact"] if exact and config is not None else []
        argv += ["--allow", allow] if allow else []
        argv += [write(config)] if config is not None else []
        with rtnl.Wire("") as wire:
            self.status, self.out, self.err = lab.run(*argv)
        check(not wire.writes, "a plan writes nothing to the kernel", wire.writes)
        self.doc = json.loads(self.out) if self.out else {}
        self.operations = self.doc.get("operations", [])

        Plan.all.append(self.doc)

    @property
    def texts(self):
        return [operation["text"] for operation in self.operations]

    def __str__(self):
        return f"exit status {self.status}\n{self.out}{self.err}"


def shown_is_run(config, sentence, namespaces=(), **more):
    """The plan, then netbondd --once: the same steps of the same classes; then nothing is left."""
    plan = Plan(config, **more)
    run = once(config, namespaces=namespaces, **more)
    same([(o["object"], o["class"], o["text"]) for o in plan.operations],
         [(o["goal"], o["class"], o["text"]) for o in run.operations],
         f"{sentence}: the plan shown is the plan run", plan, run)
    same(plan.status, 2 if plan.operations else 0, f"{sentence}: exit status", plan)
    same(plan.doc["class"], run.worst if plan.operations else None,
         f"{sentence}: the class of the whole is that of its worst step", plan)
    after = Plan(config, **more)
    check(after.status == 0 and not after.operations and after.doc["class"] is None,
          f"{sentence}: then there is nothing to do, exit status 0", after)


def plans():
    lab.dummies("d0", "d1", "d2")
    shown_is_run(bonds(bond0={"mode": "802.3ad", "slaves": ["d0", "d1"], "lacp-rate": "fast",
                              "addresses": ["192.0.2.1/24", "2001:db8::1/64"],
                              "routes": [{"to": "default", "via": "192.0.2.254"}]}), "a new bond")
    shown_is_run(bonds(bond0={"mode": "802.3ad", "slaves": ["d0", "d1"],
                              "addresses": ["192.0.2.1/24", "2001:db8::1/64"],
                              "routes": [{"to": "default", "via": "192.0.2.254"}]}),
                 "an option back to its default, which takes the bond down")
    shown_is_run(bonds(bond0={"mode": "active-backup", "slaves": ["d2", "d0"], "mtu": 1400,
                              "primary": "d2", "addresses": ["192.0.2.2/24"]}),
                 "another mode, other slaves, other addresses")
    shown_is_run(bonds(bond1={"mode": "balance-rr", "slaves": ["d0"]}),
                 "a bond that left the configuration, and a new one")
    shown_is_run({"namespaces": {"blue": {}},
                  "bonds": {"bond2": {"namespace": "blue", "slaves": ["d1"]}}}, "a namespace")
    shown_is_run({"bonds": {}}, "nothing declared any more", ["blue"])
    clean("d0", "d1", "d2")


def classes_and_holds():
    lab.dummies("d0", "d1")
    slow = bonds(bond0={"mode": "802.3ad", "slaves": ["d0", "d1"], "lacp-rate": "slow"})
    fast = bonds(bond0={"mode": "802.3ad", "slaves": ["d0", "d1"], "lacp-rate": "fast",
                        "xmit-hash-policy": "layer3+4"})
    once(slow)
    plan = Plan(fast, allow=None)
    check(plan.status == 2 and len(plan.texts) == 1 and "xmit-hash-policy" in plan.texts[0],
          "without --allow what disrupts more than a slave is not planned", plan)
    held = plan.doc["held"]
    check(len(held) == 1 and held[0]["object"] == "bond0" and held[0]["class"] == "down"
          and "lacp-rate" in held[0]["text"] and not held[0]["failed"] and held[0]["reason"],
          "it is held, with its class and its reason", plan)
    _, text, _ = lab.run(NETBONDCTL, "plan", "--offline", "--exact", write(fast))
    check("held: bond0: lacp-rate slow -> fast" in text and "--allow down" in text,
          "the text names the option that releases it", text)
    once(fast, allow="live")
    plan = Plan(fast, allow=None)
    check(plan.status == 2 and not plan.operations and len(plan.doc["held"]) == 1,
          "held and nothing else is exit status 2", plan)
    plan = Plan(fast, allow="down")
    check(plan.status == 2 and plan.operations and not plan.doc["held"],
          "--allow down plans it", plan)
    change = {k: v for o in plan.operations for k, v in o.get("options", {}).items()}
    same(change.get("lacp-rate"), {"before": "slow", "after": "fast"},
         "the operation has the value before and after")
    down = [o["set"]["up"] for o in plan.operations if "up" in o.get("set", {})]
    same(down, [False, True], "the bond goes down before and up behind it", plan)
    own = {"settings": {"auto-disruption": "down"}, **fast}
    check(Plan(own, allow=None).operations and not Plan(own, allow=None).doc["held"],
          "settings.auto-disruption is the limit where --allow is not given")
    clean("bond0", "d0", "d1")


def tokens():
    lab.dummies("d0")
    one = bonds(bond0={"slaves": ["d0"], "miimon": 100})
    two = bonds(bond0={"slaves": ["d0"], "miimon": 200})
    token = Plan(one).doc["token"]
    check(len(token) == 16 and int(token, 16) >= 0, "a token is 16 hexadecimal digits", token)
    same(Plan(one).doc["token"], token, "the same plan has the same token")
    check(Plan(two).doc["token"] != token, "another plan has another token")
    empty = bonds(bond7={"slaves": ["nic9"]})
    same(Plan(empty).doc["token"], Plan(empty).doc["token"],
         "a bond without any slave yet has the same plan twice, its MAC included")
    two = Plan(bonds(bond7={"slaves": ["nic9"]}, bond8={"slaves": ["nic8"]}))
    macs = {o["set"]["mac"]["after"] for o in two.operations if o["kind"] == "bond-create"}
    check(len(macs) == 2 and all(int(mac[:2], 16) & 3 == 2 for mac in macs),
          "two such bonds have two locally administered unicast MACs", two)
    clean("d0")


def overlay_and_exact():
    lab.dummies("d0", "d1", "d2")
    once(bonds(bond0={"slaves": ["d0"]}, bond1={"slaves": ["d1"]}))
    more = bonds(bond2={"slaves": ["d2"]})
    plan = Plan(more, exact=False)
    same({o["object"] for o in plan.operations}, {"bond2"},
         "FILE lies over what is applied: the other bonds stay")
    plan = Plan(more, exact=True)
    check({"delete bond0", "delete bond1"} <= set(plan.texts),
          "--exact: what FILE does not name goes", plan)
    change = bonds(bond0={"slaves": ["d0"], "miimon": 50})
    same({o["object"] for o in Plan(change, exact=False).operations}, {"bond0"},
         "an object of the same key is replaced")
    write(bonds(bond0={"slaves": ["d0"]}), "/tmp/set/10.yaml")
    plan = Plan(None, "--config-dir", "/tmp/set", exact=False)
    check("delete bond1" in plan.texts and not any(o["object"] == "bond0"
                                                   for o in plan.operations),
          "a folder's set is exact by itself", plan)
    lab.ip("link del bond1")
    lab.ip("link add bond1 type bond")
    plan = Plan(None, "--config-dir", "/tmp/set", exact=False)
    check(plan.status == 0, "a bond of that name that somebody else made is left alone", plan)
    write(bonds(bond0={"slaves": ["d0"]}, bond3={"slaves": ["d0"]}))
    steal = bonds(bond3={"slaves": ["d0"]})
    plan = Plan(steal, exact=False)
    check(plan.status == 1 and not plan.operations and "bond0" in plan.err,
          "a slave that what is applied has already: an error that names the other bond", plan)
    shutil.rmtree("/tmp/set")
    clean("bond0", "bond1", "d0", "d1", "d2")


def run_directory():
    lab.dummies("d0")
    plan = Plan(bonds(bond0={"slaves": ["d0"]}), "--runtime-dir", "/tmp/nowhere")
    check(plan.status == 2 and not os.path.exists("/tmp/nowhere"),
          "a run directory that is not there is not made by a plan", plan)
    once(bonds(bond0={"slaves": ["d0"]}), "--runtime-dir", "/tmp/rundir")
    empty = {"bonds": {}}
    plan = Plan(empty, "--runtime-dir", "/tmp/rundir")
    same(plan.texts[-1:], ["delete bond0"], "--runtime-dir: its memory is used")
    same(Plan(empty).texts, [], "another run directory knows nothing of that bond")
    before = sorted((e.name, e.stat().st_mtime_ns) for e in os.scandir("/tmp/rundir"))
    Plan(empty, "--runtime-dir", "/tmp/rundir")
    same(sorted((e.name, e.stat().st_mtime_ns) for e in os.scandir("/tmp/rundir")), before,
         "a plan changes nothing in the run directory")
    os.chmod("/tmp/rundir", 0o700)
    plan = Plan(empty, "--runtime-dir", "/tmp/rundir", prefix=NOBODY)
    check(plan.status == 1 and not plan.out and "Permission denied" in plan.err
          and "run as root" in plan.err,
          "a run directory that may not be read is an error: the plan would miss things", plan)
    shutil.rmtree("/tmp/rundir")
    clean("bond0", "d0")


def problems():
    lab.dummies("d0")
    plan = Plan("bonds: {bond0: {slaves: [d0], mimon: 5}}")
    check(plan.status == 1 and not plan.out and "did you mean 'miimon'?" in plan.err,
          "a configuration with an error: exit status 1 and no plan", plan)
    plan = Plan(bonds(bond0={"slaves": ["d0", "d9"]}))
    same(plan.doc["waiting"], [{"object": "bond0", "slave": "d9"}],
         "a slave that is not there is waited for")
    check(any(n["severity"] == "note" and "d9" in n["text"] and n["line"] == 1
              for n in plan.doc["notes"]), "a note tells of it, with its place", plan)
    lab.ip("link add bond0 type dummy")
    plan = Plan(bonds(bond0={"slaves": ["d0"]}))
    check(plan.status == 1 and any(n["severity"] == "error" for n in plan.doc["notes"]),
          "a device of that name that is no bond is an error", plan)
    clean("bond0", "d0")


def drift():
    lab.dummies("d0", "d1")
    config = bonds(bond0={"mode": "active-backup", "slaves": ["d0", "d1"], "miimon": 100})
    once(config)
    lab.ip("link set bond0 type bond miimon 250")
    plan = Plan(config)
    check(len(plan.operations) == 1 and plan.operations[0]["options"]["miimon"] ==
          {"before": 250, "after": 100}, "a value changed by hand is one operation", plan)
    plan = Plan(config, prefix=NOBODY)
    check(plan.status == 2 and plan.operations[0]["options"]["miimon"]["after"] == 100,
          "nobody sees the same plan", plan)
    clean("bond0", "d0", "d1")


def unprivileged():
    lab.dummies("d0", "d1")
    config = bonds(bond0={"mode": "802.3ad", "slaves": ["d0", "d1"], "ad-user-port-key": 5,
                          "ad-actor-sys-prio": 7, "ad-actor-system": "02:00:00:00:00:07"})
    once(config)
    plan = Plan(config, prefix=NOBODY)
    check(plan.status == 0 and not plan.operations,
          "values the kernel hides from nobody are not taken for different", plan)
    status, out, err = lab.run(*NOBODY, NETBONDCTL, "snapshot", "--offline")
    check(status == 0 and "bond0" in out and "ad-actor-system" not in out and not err,
          "nobody may take a snapshot, without these values", out, err)
    _, mine, _ = lab.run(NETBONDCTL, "snapshot", "--offline")
    check("ad-actor-system: " in mine and "02:00:00:00:00:07" in mine, "root has them", mine)
    lab.ip("netns add blue")
    status, out, err = lab.run(*NOBODY, NETBONDCTL, "snapshot", "--offline", "-n", "blue")
    check(status == 1 and not out and "blue" in err and err.startswith("error: "),
          "another namespace is not for nobody: one clear sentence", err)
    lab.ip("netns del blue")
    clean("bond0", "d0", "d1")


def snapshots():
    lab.dummies("d0", "d1")
    lab.ip("netns add blue")
    lab.ip("link add inner type bond mode balance-xor", "blue")
    once(bonds(bond0={"mode": "active-backup", "slaves": ["d1", "d0"], "primary": "d0",
                      "addresses": ["192.0.2.1/24"]}))
    status, out, err = lab.run(NETBONDCTL, "snapshot", "--offline", "-o", "json", "-n", "blue",
                               "--namespace=blue")
    check(status == 0 and not err, "a snapshot of two namespaces", err)
    doc = json.loads(out)
    by_name = {link["name"]: link for link in doc["links"] if "namespace" not in link}
    have = links()
    same(set(by_name), set(have), "every link of the own namespace is there")
    same({n: link.get("mac", "") for n, link in by_name.items() if n in ("bond0", "d0", "d1")},
         {n: have[n].mac for n in ("bond0", "d0", "d1")}, "with the MACs the kernel shows")
    bond = doc["bonds"]["bond0"]
    same((bond["mode"], bond["slaves"], bond["primary"]),
         ("active-backup", ["d1", "d0"], "d0"), "bonds stand in the schema of a configuration")
    inner = [b for b in doc["bonds"].values() if b.get("namespace") == "blue"]
    same([b["mode"] for b in inner], ["balance-xor"], "the bond of the other namespace is there")
    status, text, _ = lab.run(NETBONDCTL, "snapshot", "--offline", "-n", "blue")
    again = yaml.load(text, yaml.BaseLoader)
    same(set(again["bonds"]), set(doc["bonds"]), "YAML is the default, and has the same bonds")
    status, out, err = lab.run(NETBONDCTL, "snapshot", "--offline", "-n", "green")
    check(status == 1 and not out and "green" in err and "/run/netns" in err,
          "a namespace that is not there is an error", err)
    status, out, err = lab.run(NETBONDCTL, "snapshot", "--offline", "-n", "../net")
    check(status == 1 and not out, "a name that leaves the folder is an error", err)
    lab.ip("netns del blue")
    clean("bond0", "d0", "d1")


def readable():
    """0600 root is what an editor leaves behind; the daemon is not root."""
    path = write(bonds(bond0={"slaves": ["d0"]}), "/etc/netbond/bond.yaml")
    os.chmod("/etc/netbond", 0o755)
    os.chmod(path, 0o600)
    status, out, err = lab.run(NETBONDCTL, "check")
    check(status == 0 and "warning" not in err, "without the daemon's user nobody is missed", err)
    lab.must("useradd", "--system", "--user-group", "--no-create-home", "netbond")
    status, out, err = lab.run(NETBONDCTL, "check")
    check(status == 0 and "1 warning" in out and f"{path}: warning: the daemon (user netbond) "
          "may not read this file" in err, "check as root warns of a file 0600 root", out, err)
    command = f"chgrp netbond '{path}' && chmod g+r '{path}'"
    check(command in err, "and names the exact commands", err)
    status, out, err = lab.run(*NOBODY, NETBONDCTL, "check", path)
    check(status == 1 and "Permission denied" in err and "chmod" in err,
          "who may not read it gets an error", err)
    lab.must("sh", "-c", command)
    same(lab.run(NETBONDCTL, "check")[2], "", "after these commands there is no warning")
    same(lab.run("setpriv", "--reuid=netbond", "--regid=netbond", "--clear-groups", NETBONDCTL,
                 "check")[0], 0, "and the daemon's user can read it")
    os.chmod("/etc/netbond", 0o700)
    status, out, err = lab.run(NETBONDCTL, "check")
    command = "chgrp netbond '/etc/netbond' && chmod g+rx '/etc/netbond'"
    check("may not look into this folder" in err and command in err,
          "the same for the folder itself", err)
    lab.must("sh", "-c", command)
    same(lab.run(NETBONDCTL, "check")[2], "", "after these commands there is no warning")
    elsewhere = write(bonds(bond0={"slaves": ["d0"]}), "/tmp/mine.yaml")
    os.chmod(elsewhere, 0o600)
    same(lab.run(NETBONDCTL, "check", elsewhere)[2], "",
         "a file elsewhere is not the daemon's: no warning")
    shutil.rmtree("/etc/netbond")


for part in (plans, classes_and_holds, tokens, overlay_and_exact, run_directory, problems, drift,
             unprivileged, snapshots, readable):
    print(f"# {part.__name__}")
    part()
lab.documented(Plan.all, "plan")
lab.finish()
