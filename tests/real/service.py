# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the installed service share: netbondd under systemd, its journal, its files."""

import contextlib
import json
import os
import re
import shutil

import lab
import rtnl
from lab import check, links, must, run, same, wait_for

UNIT = "netbondd.service"
WAITER = "netbond-wait-online.service"
FOLDER = "/etc/netbond"
STATE = "/var/lib/netbond"
CATALOG = "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c"      # the ids in daemon/log.h begin so
APPLIED, DRIFT, BAD_CONFIG, FAILOVER = (CATALOG + end for end in ("01", "02", "04", "06"))
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def write(config, name="bonds.yaml"):
    os.makedirs(FOLDER, exist_ok=True)
    with open(f"{FOLDER}/{name}", "w", encoding="utf-8") as out:
        out.write(json.dumps(config))


def write_unit(name, text, folder="/run/systemd/system"):
    os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
    with open(f"{folder}/{name}", "w", encoding="ascii") as out:
        out.write(text)


@contextlib.contextmanager
def drop_in(unit, text):
    write_unit(f"{unit}.d/test.conf", text)
    ctl("daemon-reload")
    try:
        yield
    finally:
        shutil.rmtree(f"/run/systemd/system/{unit}.d")
        ctl("daemon-reload")


def ctl(*argv):
    return must("systemctl", *argv)


def show(name, unit=UNIT):
    return ctl("show", "--value", "-p", name, unit).strip()


def since(name, unit=UNIT):
    """One of systemd's time stamps, µs."""
    return int(show(f"{name}TimestampMonotonic", unit))


def pid():
    return int(show("MainPID"))


def journal(*more):
    """The daemon's own entries, oldest first."""
    must("journalctl", "--sync")
    text = must("journalctl", "-q", "-o", "json", "SYSLOG_IDENTIFIER=netbondd", *more)
    return [json.loads(line) for line in text.splitlines()]


def said(pattern, *more):
    return [entry for entry in journal(*more) if re.search(pattern, entry["MESSAGE"])]


class Tail:
    """The end of a unit's journal, read only when it is printed."""

    def __init__(self, unit=UNIT):
        self.unit = unit

    def __str__(self):
        return run("journalctl", "-q", "--no-pager", "-n", "25", "-u", self.unit)[1]


TAIL = Tail()


def at_rest():
    return show("StatusText").endswith(" 0 differences held, idle")


def reload(sentence, what=at_rest):
    """Files changed: they are read, and then @what() is so."""
    ctl("reload", UNIT)
    return check(wait_for(what, 30), sentence, show("StatusText"), TAIL)


def passed_by(old):
    """Waits until another process is ready than @old, and has looked at the kernel."""
    return wait_for(lambda: pid() not in (0, old) and at_rest(), 60)


def let_go(*names):
    """Bonds that left the files, removed by hand, and other links."""
    reload(f"{names[0]} left the files: removing it is held",
           lambda: show("StatusText").endswith("1 differences held, held"))
    lab.batch("\n".join(f"link del {name}" for name in names))
    return check(wait_for(at_rest, 30), "removed by hand, nothing is left to do",
                 show("StatusText"), TAIL)


# Installation

def installed():
    return list(json.loads(must("meson", "introspect", "--installed", lab.BUILD)).values())


def program(name):
    return next(path for path in installed() if path.endswith("/" + name))


def install():
    """What the administrator does by hand, README: "Install". Works before systemd runs, too."""
    must("meson", "install", "--quiet", "--no-rebuild", "-C", lab.BUILD)
    must("systemd-sysusers", "netbond.conf")
    must("systemd-tmpfiles", "--create", "netbond.conf")
    must("journalctl", "--update-catalog")


# What stands in the README

def snippets():
    """{path: text} of the README's files; each names its path in the first line."""
    with open("README.md", encoding="utf-8") as file:
        blocks = re.findall(r"^```\w+\n# (/etc/\S+)\n(.*?)^```$", file.read(), re.M | re.S)
    return dict(blocks)


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


# What must not change

def identity(names):
    """What would be another number if a bond had been made anew or its link had flapped."""
    found, have = {}, links()
    for name in names:
        with open(f"/sys/class/net/{name}/carrier_changes", encoding="ascii") as file:
            found[name] = have[name].index, int(file.read())
    return found


class Untouched:
    """Nothing is written to the kernel meanwhile, and each link stays what it was."""

    def __init__(self, sentence, names):
        self.sentence, self.names = sentence, names

    def __enter__(self):
        self.before = identity(self.names)
        self.wire = rtnl.Wire()
        self.wire.__enter__()

    def __exit__(self, kind, *_):
        if kind:
            return
        self.wire.__exit__()
        same(self.wire.writes, [], f"{self.sentence}: nothing is written to the kernel")
        check(self.wire.requests, f"{self.sentence}: the kernel was looked at")
        same(identity(self.names), self.before,
             f"{self.sentence}: each link is the same, no carrier change")
        self.wire.socket.close()
