#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every option in every mode that takes it: set at creation, changed on the living bond, taken out
again. One bond for each option, so that a plan shows the class of that option alone; afterwards
the same single change is asked of the kernel directly, to see what it needs for it."""

import errno
import functools
import json
import os

import lab
from lab import MODES, check, links, once, same

ORDER = ("live", "slave", "down", "rebuild")
NEEDED = {0: "live", errno.EBUSY: "down", errno.ENOTEMPTY: "rebuild"}


def table():
    """The rows a file may set, as the program tells them."""
    rows = json.loads(lab.must(lab.NETBONDCTL, "options", "-o", "json"))["options"]
    return [row for row in rows if row["scope"] in ("bond", "slave") and row["writable"] and
            row["name"] != "mode"]


def make_probes():
    """A bond of each mode with one slave, to ask this kernel what it knows and takes."""
    lab.batch("\n".join(f"link add probe{i} type bond mode {mode}\nlink set s{i} master probe{i}"
                        for i, mode in enumerate(MODES)))


def known_to_kernel():
    """What a bond of each mode and its slaves show in a dump."""
    have = links()
    known = {"bond": {"arp-ip-target", "ns-ip6-target", "primary"}, "slave": set()}
    for i in range(len(MODES)):
        known["bond"] |= set(have[f"probe{i}"].bond)
        known["slave"] |= set(have[f"s{i}"].slave)
        lab.ip(f"link set s{i} nomaster")
    return known


@functools.cache
def enumeration(name):
    row = next(r for r in all_rows if r["name"] == name)
    return [v["name"] for v in row["values"] if v["name"] != row["default"] and
            accepted(row, v["number"])]


def accepted(row, number):
    """Whether this kernel takes the value at all: a newer one may have more."""
    mode = MODES.index(row["modes"]["works"][0])
    try:
        lab.netlink.set_bond(links()[f"probe{mode}"].index, row["name"], number)
    except lab.rtnl.Refused:
        print(f"# {row['name']} {number}: refused by this kernel, left out here")
        return False
    return True


def values(row, slaves):
    """Two values unlike the default and each other, where there are two."""
    kind = row["type"]
    if kind == "enumeration":
        names = enumeration(row["name"])
        return names[0], names[-1] if len(names) > 1 else None
    if kind == "boolean":
        return not row["default"], None
    if kind == "list of IPv4 addresses":
        return ["192.0.2.7"], ["192.0.2.8", "192.0.2.9"]
    if kind == "list of IPv6 addresses":
        return ["2001:db8::7"], ["2001:db8::8", "2001:db8::9"]
    if kind == "MAC address":
        return "02:00:00:00:07:01", "02:00:00:00:07:02"
    if kind == "interface name":
        return slaves[1], slaves[0]
    if row.get("unit") == "ms":
        return 200, 400
    step = 1 if row["default"] + 2 <= row["maximum"] else -1
    return row["default"] + step, row["default"] + 2 * step


def context(row):
    """What else must be on for this one to be taken."""
    name, needs = row["name"], row.get("needs", ())
    if name == "arp-interval":
        return {"arp-ip-target": ["192.0.2.2"]}
    if name == "arp-ip-target":
        return {"arp-interval": 1000, "ns-ip6-target": ["2001:db8::2"]}
    if "arp-interval" in needs or name == "ns-ip6-target":
        return {"arp-interval": 1000, "arp-ip-target": ["192.0.2.2"]}
    return {"min-links": 1} if "min-links" in needs else {}


class Case:
    """One option on one bond."""

    def __init__(self, number, row, mode):
        self.row, self.mode, self.key = row, mode, f"{row['scope']}-{row['name']}"
        self.name, self.option = f"b{number}", row["name"]
        self.slaves = [f"s{2 * number}", f"s{2 * number + 1}"]
        self.first, self.second = values(row, self.slaves)
        self.last = self.first if self.second is None else self.second
        self.idle = mode in row["modes"]["idle"]
        self.context = {name: value for name, value in context(row).items()
                        if mode not in refused_in[name]}

    def config(self, value):
        slaves = list(self.slaves)
        more = dict(self.context)
        if value is not None and self.row["scope"] == "slave":
            slaves[0] = {"name": slaves[0], self.option: value}
        elif value is not None:
            more[self.option] = value
        return {"name": self.name, "mode": self.mode, "slaves": slaves, **more}

    def seen(self, have):
        found = (have[self.slaves[0]].slave if self.row["scope"] == "slave" else
                 have[self.name].bond)
        return found.get(self.option)

    def wanted(self, value, have):
        return lab.in_kernel(self.option, value, have)

    def default(self):
        value = self.row["default"]
        if value in (None, []):
            return None
        return lab.in_kernel(self.option, value)

    def ask_kernel(self, have):
        """The single change on the living bond: 0 or the errno."""
        number = self.wanted(self.first, have)
        try:
            if self.row["scope"] == "slave":
                lab.netlink.set_slave(have[self.slaves[0]].index, self.option, number)
            else:
                lab.netlink.set_bond(have[self.name].index, self.option, number)
        except lab.rtnl.Refused as refused:
            return refused.errno
        return 0


def apply_all(cases, which, what):
    """One run for all bonds of a mode, and one more that must write nothing."""
    config = {"bonds": {c.key: c.config(getattr(c, which) if which else None) for c in cases}}
    run, again = once(config), once(config)
    mode = cases[0].mode
    check(run.status == 0 and run.plans <= 1, f"{mode}: {len(cases)} options {what}: one plan",
          run)
    check(again.status == 0 and not again.writes,
          f"{mode}: {len(cases)} options {what}: the next run writes nothing", again.writes, again)
    return run


def check_change(case, run, have):
    same(case.seen(have), case.wanted(case.second, have),
         f"{case.mode}: {case.option} changed to {case.second} on the living bond",
         run.texts(case.key))


def check_removed(case, run, have):
    """Back to the default; but an idle value that nobody names is neither sent nor compared."""
    if case.idle:
        same((case.seen(have), run.texts(case.key)), (case.wanted(case.last, have), []),
             f"{case.mode}: {case.option} taken out where it is idle: left alone")
    else:
        same(case.seen(have), case.default(),
             f"{case.mode}: {case.option} taken out of the file: back to {case.row['default']}",
             run.texts(case.key))


def check_class(case, run, answer):
    """The plan's class against what the kernel asked for."""
    needed = NEEDED.get(answer)
    name = f"{case.mode}: {case.option} on a bond that is up with slaves"
    if needed is None:
        check(False, f"{name}: the kernel answers {os.strerror(answer)}")
        return
    worst = max(run.classes(case.key), key=ORDER.index, default=None)
    if worst == needed:
        check(True, f"{name}: the kernel needs {needed}, so says the plan")
    else:
        # Higher is right where the values or the slaves ask for it, and the row says so.
        raised = case.row["raised"] or case.row["class"] == worst
        check(worst is not None and ORDER.index(worst) > ORDER.index(needed) and raised,
              f"{name}: the kernel needs {needed}, the plan says {worst}, which the row foresees",
              run)


def one_mode(mode, rows):
    cases = [Case(i, row, mode) for i, row in enumerate(rows)]
    apply_all(cases, "first", "at creation")
    have = links()
    for case in cases:
        same(case.seen(have), case.wanted(case.first, have),
             f"{mode}: {case.option} {case.first} at creation")
        check(have[case.name].up and all(have[s].master == have[case.name].index and have[s].up
                                         for s in case.slaves),
              f"{mode}: the bond with {case.option} is up with both slaves")
    two = [c for c in cases if c.second is not None]
    changed = apply_all(cases, "last", "changed")
    have = links()
    for case in two:
        check_change(case, changed, have)
    removed = apply_all(cases, None, "taken out")
    have = links()
    for case in cases:
        check_removed(case, removed, have)
    for case in cases:
        if case.idle and case.second is None:
            continue                # nothing was planned that could be compared
        check_class(case, removed if case.second is None else changed, case.ask_kernel(have))
    lab.clean(*(c.name for c in cases))


all_rows = table()
refused_in = {row["name"]: row["modes"]["refused"] for row in all_rows}
most = 2 * len(all_rows)
lab.ip("netns add far")
lab.must("ip", "netns", "exec", "far", "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
lab.cables("far", {f"s{i}": f"p{i}" for i in range(most)})
lab.batch("\n".join(f"link set p{i} up" for i in range(most)), "far")

make_probes()
known = known_to_kernel()
for row in all_rows:
    if row["name"] not in known[row["scope"]]:
        print(f"# {row['name']} (since {row['since']}): this kernel does not show it, left out")
usable = [row for row in all_rows if row["name"] in known[row["scope"]]]
for row in usable:
    if row["type"] == "enumeration":
        enumeration(row["name"])
usable = [row for row in usable if row["type"] != "boolean" or row["scope"] == "slave" or
          accepted(row, int(not row["default"]))]
lab.clean(*(f"probe{i}" for i in range(len(MODES))))
check(len(usable) >= 30, f"this kernel shows {len(usable)} of {len(all_rows)} options")
for name in MODES:
    one_mode(name, [row for row in usable if name not in row["modes"]["refused"]])
lab.finish()
