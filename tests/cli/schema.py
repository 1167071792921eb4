#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondctl schema, judged by a standard validator: tests/cli/schema.py BUILD_DIR

A file the schema accepts or refuses is also given to `netbondctl check`, so that both mean the
same language; and the keys the schema knows are compared with those the parser lists.
"""

import json
import pathlib
import re
import subprocess
import sys

import yaml
from jsonschema import Draft202012Validator

from report import Report

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "conf/examples"
PROGRAM = str(pathlib.Path(sys.argv[1]).resolve() / "cli/netbondctl")

report = Report()


class Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, which is what editors use: 02:00:00:00:00:11 is a text."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (("bool", r"true|false", "tf"), ("null", r"~|null|", ["~", "n", ""]),
                            ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+", "-+0123456789")):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


def run(args, stdin=""):
    return subprocess.run([PROGRAM] + args, input=stdin, capture_output=True, text=True, timeout=60)


schema = json.loads(run(["schema"]).stdout)
validator = Draft202012Validator(schema)

# What stands in a bond, and why it is right or wrong.
GOOD_BONDS = [
    "{slaves: []}",
    "{slaves: [eth0], mode: 802.3ad}",
    "{slaves: [eth0], mode: 4, lacp-rate: 1}",
    "{slaves: [eth0], mode: 4, lacp_rate: fast, ad_user_port_key: 1023}",
    "{slaves: [eth0], xmit_hash_policy: vlan+srcmac, mode: balance-xor}",
    "{slaves: [eth0], mode: active-backup, num-unsol-na: 3, peer-notify-delay: 100}",
    "{slaves: [eth0], mode: active_backup, primary: eth0, primary_reselect: 2}",
    "{slaves: [{name: eth0, prio: -5, queue_id: 3}], mode: active-backup}",
    "{slaves: [{match: {permanent-mac: 02:00:00:00:00:01}}, {match: {name: 'en*', driver: e1000}}]}",
    "{slaves: [eth0], mode: 1, arp-interval: 500, arp-ip-target: 192.0.2.1}",
    "{slaves: [eth0], mode: 1, arp-interval: 500, arp-ip-target: [192.0.2.1, 192.0.2.2], "
    "arp-validate: filter-active}",
    "{slaves: [eth0], mode: 1, arp-interval: 500, ns-ip6-target: ['2001:db8::1']}",
    "{slaves: [eth0], use-carrier: yes, required: off, link-local: 0}",
    "{slaves: [eth0], mac: 02:00:00:00:00:11, mtu: 9000}",
    "{slaves: [eth0], mac: first-slave}",
    "{slaves: [eth0], mac: {permanent-of: eth0}}",
    "{slaves: [eth0], addresses: [192.0.2.1/24, '2001:db8::1/64', {address: 10.0.0.1/8, "
    "preferred: 0, label: 'bond0:x'}, {address: 'fd00::1/64', nodad: true}]}",
    "{slaves: [eth0], addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.254, "
    "metric: 5, table: 100}, {to: 198.51.100.0/24, src: 192.0.2.1}, {to: 0.0.0.0/0, table: 7}]}",
    "{slaves: [eth0], drift: warn, required_slaves: 1}",
    "{absent: true}",
    "{absent: yes, name: bond9}",
    "{slaves: [eth0], absent: false}",
    "{slaves: [eth0], miimon: 0x64}",
]

BAD_BONDS = [
    "{slaves: eth0}",
    "{slaves: [eth0], lacp-rat: fast}",
    "{slaves: [eth0], mode: 802.3at}",
    "{slaves: [eth0], mode: 7}",
    "{slaves: [eth0], mode: 4, lacp-rate: 2}",
    "{slaves: [eth0], mode: 4, primary: eth0}",
    "{slaves: [eth0], mode: balance-rr, lacp_rate: fast}",
    "{slaves: [eth0], mode: active-backup, packets-per-slave: 3}",
    "{slaves: [{name: eth0, prio: 5}], mode: 802.3ad}",
    "{slaves: [eth0], miimon: 100ms}",
    "{slaves: [eth0], miimon: -1}",
    "{slaves: [eth0], miimon: [100]}",
    "{slaves: [eth0], resend-igmp: 256}",
    "{slaves: [eth0], mode: 4, ad-actor-sys-prio: 0}",
    "{slaves: [eth0], mode: 4, ad-actor-system: 01:00:00:00:00:01}",
    "{slaves: [eth0], use-carrier: maybe}",
    "{slaves: [eth0], mode: 1, arp-interval: 500, arp-ip-target: 192.0.2.256}",
    "{slaves: [eth0], mode: 1, arp-interval: 500, arp-ip-target: ['2001:db8::1']}",
    "{slaves: [eth0], mode: 1, arp-interval: 500, ns-ip6-target: 192.0.2.1}",
    "{slaves: [eth0], mode: 1, arp-interval: 500, arp-ip-target: [%s]}" % ", ".join(
        f"192.0.2.{i}" for i in range(1, 18)),
    "{slaves: ['eth*']}",
    "{slaves: [{name: eth0, match: {name: 'eth*'}}]}",
    "{slaves: [{prio: 5}], mode: 1}",
    "{slaves: [{match: {}}]}",
    "{slaves: [{match: {macaddress: 02:00:00:00:00:01}}]}",
    "{slaves: [{name: eth0, mii-status: up}]}",
    "{slaves: [eth0], active-slave: eth0}",
    "{slaves: [eth0], ad-info: {}}",
    "{slaves: [eth0], mtu: 67}",
    "{slaves: [eth0], mtu: 65536}",
    "{slaves: [eth0], mac: 01:00:00:00:00:11}",
    "{slaves: [eth0], mac: second-slave}",
    "{slaves: [eth0], mac: {permanent-of: eth0, x: 1}}",
    "{slaves: [eth0], addresses: 192.0.2.1/24}",
    "{slaves: [eth0], addresses: [192.0.2.1]}",
    "{slaves: [eth0], addresses: [{label: x}]}",
    "{slaves: [eth0], addresses: [{address: 192.0.2.1/24, valid: 5}]}",
    "{slaves: [eth0], addresses: [{address: 192.0.2.1/24, preferred: 60}]}",
    "{slaves: [eth0], routes: [{via: 192.0.2.1}]}",
    "{slaves: [eth0], routes: [{to: default}]}",
    "{slaves: [eth0], routes: [{to: default, via: 192.0.2.1/24}]}",
    "{slaves: [eth0], routes: [{to: default, via: 192.0.2.1, table: mine}]}",
    "{slaves: [eth0], routes: [{to: default, via: 192.0.2.1, dev: eth0}]}",
    "{slaves: [eth0], drift: repare}",
    "{slaves: [eth0], required-slaves: -1}",
    "{slaves: [eth0], name: a/b}",
    "{slaves: [eth0], name: abcdefghijklmnop}",
    "{slaves: [eth0], namespace: ..}",
    "{slaves: [eth0], absent: true}",
    "{absent: true, mode: balance-rr}",
    "{slaves: [eth0], absent: 2}",
    "{}",
    "null",
    "[eth0, eth1]",
]

GOOD_FILES = [
    "{}",
    "version: 1",
    "settings: {drift: ignore, auto-disruption: live}\nbonds: {}",
    "settings: {auto_disruption: rebuild}",
    "namespaces: {blue: {}, red: {types: [net]}, pink: {share: {net: red}}}",
]

BAD_FILES = [
    "version: 2",
    "bond: {}",
    "links: []",
    "settings: {drift: repare}",
    "settings: {autodisruption: live}",
    "settings: {auto-disruption: all}",
    "namespaces: {a/b: {}}",
    "namespaces: {blue: {types: [nett]}}",
    "namespaces: {blue: {types: [net, net]}}",
    "namespaces: {blue: {share: {net: ..}}}",
    "namespaces: {blue: {uid-map: [{inside: 0, outside: 1}]}}",
    "namespaces: {blue: {hostname: 'a b', types: [net]}}",
    "bonds: [bond0]",
    "[bonds]",
]

# Right by the file's format, and refused by check until namespaces of other types are made.
LATER_FILES = [
    "namespaces: {a: {types: [uts, ipc, mnt], hostname: a}}",
    "namespaces: {a: {types: [user], uid-map: [{inside: 0, outside: 100000, count: 65536}]}}",
    "namespaces: {a: {types: [time], offsets: {monotonic: -5, boottime: 7}}}",
]


def fits(text):
    return [error.message for error in validator.iter_errors(yaml.load(text, Loader))]


def judge(text, good):
    """Schema and check alike."""
    problems = fits(text)
    done = run(["check", "-"], text)
    what = " ".join(text.split())[:90]
    if good:
        report.check(not problems, f"schema takes: {what}", problems)
        report.check(done.returncode == 0, f"check takes: {what}", done.stderr)
    else:
        report.check(problems, f"schema refuses: {what}")
        report.check(done.returncode == 1, f"check refuses: {what}", done.stdout)


def parser_keys(text):
    """What check says is allowed where an unknown key stands."""
    done = run(["check", "-"], text)
    found = re.search(r"= allowed: (.*)$", done.stderr, re.M)
    assert found, done.stderr
    return set(found.group(1).split(", and the options")[0].split(", "))


def schema_keys(*path):
    node = schema
    for step in path:
        node = node[step]
    return set(node["properties"])


def same_keys():
    """No key is known to one and not to the other."""
    rows = json.loads(run(["options", "-o", "json"]).stdout)["options"]
    names = {scope: {name for row in rows if row["scope"] == scope
                     for name in [row["name"]] + row["aliases"]}
             for scope in ("bond", "slave", "link")}
    places = [
        ("the file", "xyzzyxyzzy: 1", (), set()),
        ("settings", "settings: {xyzzyxyzzy: 1}", ("$defs", "settings"), set()),
        ("a bond", "bonds: {b: {slaves: [], xyzzyxyzzy: 1}}", ("$defs", "bond"), names["bond"]),
        ("a slave", "bonds: {b: {slaves: [{name: a, xyzzyxyzzy: 1}]}}", ("$defs", "slave"), set()),
        ("a match", "bonds: {b: {slaves: [{match: {xyzzyxyzzy: 1}}]}}",
         ("$defs", "slave", "properties", "match"), set()),
        ("an address", "bonds: {b: {slaves: [], addresses: [{xyzzyxyzzy: 1}]}}",
         ("$defs", "address"), set()),
        ("a route", "bonds: {b: {slaves: [], routes: [{xyzzyxyzzy: 1}]}}", ("$defs", "route"),
         set()),
        ("a mac", "bonds: {b: {slaves: [], mac: {xyzzyxyzzy: 1}}}",
         ("$defs", "bond", "properties", "mac", "anyOf", 2), set()),
        ("a namespace", "namespaces: {b: {xyzzyxyzzy: 1}}", ("$defs", "namespace"), set()),
        ("share", "namespaces: {b: {share: {xyzzyxyzzy: b}}}",
         ("$defs", "namespace", "properties", "share"), set()),
        ("an id map", "namespaces: {b: {uid-map: [{xyzzyxyzzy: 1}]}}",
         ("$defs", "id-map", "items"), set()),
        ("offsets", "namespaces: {b: {offsets: {xyzzyxyzzy: 1}}}",
         ("$defs", "namespace", "properties", "offsets"), set()),
    ]
    for what, text, path, options in places:
        want, have = parser_keys(text) | options, schema_keys(*path)
        report.check(want == have, f"schema and parser know the same keys of {what}",
                     f"parser alone: {want - have}\nschema alone: {have - want}")
    report.check(names["slave"] <= schema_keys("$defs", "slave") and
                 names["link"] <= schema_keys("$defs", "bond"), "every writable row is a property")


def rows_in_schema():
    """Ranges, words and numbers are the table's."""
    for row in json.loads(run(["options", "-o", "json"]).stdout)["options"]:
        shape = schema["$defs"]["slave" if row["scope"] == "slave" else "bond"]["properties"]
        shape = shape[row["name"]]
        good = row["scope"] == "link" or row["help"] in shape["description"]
        if "minimum" in row:
            good &= shape["minimum"] == row["minimum"] and shape["maximum"] == row["maximum"]
        if "values" in row:
            good &= all(v["name"] in shape["enum"] and v["number"] in shape["enum"]
                        for v in row["values"])
        report.check(good, f"{row['scope']} {row['name']} is in the schema as in the table", shape)


def refused_modes():
    """An option in a mode that refuses it: both say no; elsewhere: both take it."""
    values = {"integer": 1, "boolean": True, "MAC address": "02:00:00:00:00:01",
              "interface name": "eth0", "list of IPv4 addresses": "192.0.2.1",
              "list of IPv6 addresses": "2001:db8::1"}
    for row in json.loads(run(["options", "-o", "json"]).stdout)["options"]:
        if row["scope"] != "bond" or row["name"] == "mode":
            continue
        value = row["values"][0]["name"] if "values" in row else values[row["type"]]
        wrong = []
        for mode in ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad",
                     "balance-tlb", "balance-alb"):
            text = json.dumps({"bonds": {"b": {"slaves": ["eth0"], "mode": mode,
                                               row["name"]: value}}})
            said_no = "refused by the kernel in mode" in run(["check", "-"], text).stderr
            if bool(fits(text)) != said_no or said_no != (mode in row["modes"]["refused"]):
                wrong.append(mode)
        report.check(not wrong, f"modes that refuse {row['name']}", wrong)


def main():
    try:
        Draft202012Validator.check_schema(schema)
        report.check(True, "the schema is a JSON Schema of draft 2020-12")
    except Exception as error:  # whatever the validator says is the message
        report.check(False, "the schema is a JSON Schema of draft 2020-12", error)
    for path in sorted(EXAMPLES.glob("*.yaml")):
        problems = fits(path.read_text())
        report.check(not problems, f"the example {path.name} fits the schema", problems)
    for text in GOOD_BONDS:
        judge(f"bonds: {{bond0: {text}}}", True)
    for text in BAD_BONDS:
        judge(f"bonds: {{bond0: {text}}}", False)
    for text in GOOD_FILES:
        judge(text, True)
    for text in BAD_FILES:
        judge(text, False)
    for text in LATER_FILES:
        problems = fits(text)
        report.check(not problems, f"schema takes: {text}", problems)
    same_keys()
    rows_in_schema()
    refused_modes()
    return report.end()


sys.exit(main())
