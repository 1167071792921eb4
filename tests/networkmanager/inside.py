#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""In the lab, with systemd: the service beside NetworkManager, which is told by the README's file to
leave the bond and its slaves alone."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../real"))

import lab  # noqa: E402
import service  # noqa: E402
from lab import check, ip, links, must, run, same, wait_for  # noqa: E402
from service import FOLDER, TAIL, UNIT, Tail, Untouched, at_rest, ctl, put, snippets  # noqa: E402
from unpack import unpack  # noqa: E402

NM = "NetworkManager.service"
FILE = "/etc/NetworkManager/conf.d/netbond.conf"
UDEV = ("systemd-udevd.service", "systemd-udevd-control.socket", "systemd-udevd-kernel.socket",
        "systemd-udev-trigger.service")
NAMES = ("bond0", "eth0", "eth1")


def prepare():
    service.install()
    unpack(lab.BUILD)
    put(FILE, snippets()[FILE])
    put(f"{FOLDER}/bond0.yaml", snippets()[f"{FOLDER}/bond0.yaml"])
    lab.cables("far", {"eth0": "w0", "eth1": "w1", "eth2": "w2"})
    lab.partner_bridge("far", "br0", ["w0", "w1"], ["192.0.2.1/24"])
    lab.batch("link add link br0 name br0.100 type vlan id 100\n"
              "address add 198.51.100.2/24 dev br0.100\nlink set br0.100 up\nlink set w2 up", "far")
    # NetworkManager waits for udev, which the lab has no other use for.
    for unit in UDEV:
        os.unlink(f"/etc/systemd/system/{unit}")
    wants = "/etc/systemd/system/lab.target.wants"
    os.makedirs(wants)
    source = next(p for p in service.installed() if p.endswith(f"/systemd/system/{UNIT}"))
    os.symlink(source, f"{wants}/{UNIT}")
    os.symlink(f"/lib/systemd/system/{UDEV[-1]}", f"{wants}/{UDEV[-1]}")


def states():
    """What NetworkManager says of each device."""
    text = run("nmcli", "-g", "DEVICE,STATE", "device")[1]
    return dict(line.split(":", 1) for line in text.splitlines())


def told():
    have = states()
    return {name: have.get(name) for name in NAMES}


def add(kind, *args):
    return run("nmcli", "--wait", "30", "connection", "add", "type", kind, *args)


def beside():
    check(wait_for(at_rest, 60) and lab.answers("192.0.2.1"), "netbond's bond carries traffic", TAIL)
    before = service.identity(NAMES)
    ctl("start", NM)
    check(wait_for(lambda: set(told().values()) == {"unmanaged"}, 60),
          "NetworkManager starts, and leaves the bond and both slaves alone", told(), Tail(NM))
    status, out, err = add("ethernet", "ifname", "eth2", "con-name", "other", "ip4",
                           "203.0.113.2/24", "ipv6.method", "disabled")
    check(status == 0 and wait_for(lambda: states().get("eth2") == "connected", 60),
          "another card is NetworkManager's", out, err, states(), Tail(NM))
    status, out, err = add("vlan", "ifname", "bond0.100", "con-name", "upon", "dev", "bond0", "id",
                           "100", "ip4", "198.51.100.10/24")
    check(status == 0 and wait_for(lambda: lab.answers("198.51.100.2"), 30),
          "its VLAN on the bond carries traffic", out, err, states(), Tail(NM))
    ctl("restart", NM)
    wait_for(lambda: "eth2" in states(), 60)
    same(service.identity(NAMES), before, "it restarts: no link flapped, from its start on")
    with Untouched("netbondd restarts", NAMES):
        old = service.pid()
        ctl("restart", UNIT)
        check(service.passed_by(old), "and looks at everything", TAIL)
    same(set(told().values()), {"unmanaged"}, "the bond and both slaves are left alone still")
    same([e["MESSAGE"] for e in service.said("drift|differs")], [], "netbond had nothing to mend")
    ip("link set eth0 down")
    check(wait_for(lambda: lab.answers("192.0.2.1"), 20) and wait_for(at_rest, 20),
          "a slave set down by hand is mended", TAIL)


def without_the_file():
    """The witness."""
    os.unlink(FILE)
    ctl("restart", NM)
    check(wait_for(lambda: "unmanaged" not in set(told().values()) and None not in told().values(),
                   60), "without the file NetworkManager takes them up", told())


if "--prepare" in sys.argv:
    prepare()
else:
    beside()
    without_the_file()
    lab.finish()
