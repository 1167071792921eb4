#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which configuration rules: files over what is applied, files as the whole, folders, bad files;
and drift mended by one more run."""

import fcntl
import os

import lab
from lab import addresses, applies, bonds, check, links, once, routes, same, settled, slave_order

APPLIED = "/run/netbond/applied.yaml"
BOND0 = {"mode": "active-backup", "slaves": ["d0", "d1"], "num-grat-arp": 5, "mtu": 1400,
         "addresses": ["192.0.2.1/24", "2001:db8::1/64"],
         "routes": [{"to": "203.0.113.0/24", "via": "192.0.2.254"},
                    {"to": "2001:db8:7::/48", "via": "2001:db8::fe"}]}
BOND1 = {"mode": "balance-xor", "slaves": ["d2"], "addresses": ["198.51.100.1/24"]}


def applied():
    with open(APPLIED, encoding="utf-8") as file:
        return file.read()


def have_bonds():
    return {name for name, link in links().items() if link.kind == "bond"}


def overlay():
    applies(bonds(bond0=BOND0), "the first file", exact=False)
    applies(bonds(bond1=BOND1), "another file over it", exact=False)
    same(have_bonds(), {"bond0", "bond1"}, "a file names its bond, the other one stays")
    check("bond0:" in applied() and "bond1:" in applied(), "both stand in applied.yaml", applied())
    applies(bonds(bond1={**BOND1, "xmit-hash-policy": "layer3+4"}), "a changed bond1",
            exact=False)
    run = applies(bonds(bond1=BOND1), "bond1 without that option", exact=False)
    same((links()["bond1"].bond["xmit-hash-policy"], have_bonds()), (0, {"bond0", "bond1"}),
         "an object of the same key is replaced as a whole: the option is back to default", run)
    settled(None, "no file and empty folders would be the whole: applied.yaml itself",
            "--exact", APPLIED)
    run = once(bonds(bond1=BOND1), allow=None)
    same((run.status, have_bonds()), (2, {"bond0", "bond1"}),
         "--exact: what the file does not name would go, held at the default limit", run)
    run = applies(bonds(bond1=BOND1), "--exact, allowed")
    same(have_bonds(), {"bond1"}, "--exact: the file is the whole", run)
    check("bond0:" not in applied(), "--exact: applied.yaml has what the file has", applied())
    lab.clean("bond0", "bond1")


def overlay_in_a_namespace():
    once({"namespaces": {"storage": {}}, "bonds": {"bond0": BOND0}})
    inside = {**BOND1, "namespace": "storage"}
    run = applies(bonds(bond1=inside), "a file that names a namespace applied before", exact=False,
                  namespaces=["storage"])
    check("bond1" in links("storage"), "the bond is made there", run)
    run = once(bonds(bond2={"mode": "balance-rr", "slaves": [], "namespace": "stroage"}),
               exact=False)
    check(run.status == 1 and not run.writes and "did you mean storage" in run.err,
          "one that is declared nowhere is an error", run)
    once(bonds(), allow="rebuild")
    lab.clean("bond0")


def drift():
    config = bonds(bond0=BOND0)
    once(config)

    def mended(command, sentence, *steps):
        lab.batch(command)
        run = applies(config, sentence)
        same(run.worst, "live", f"{sentence}: mending it is class live", run)
        if steps:
            same([text for text in run.texts() if text != "set bond0: primary none"],
                 list(steps), f"{sentence}: exactly that is mended")

    mended("address del 192.0.2.1/24 dev bond0", "an IPv4 address removed by hand")
    same((addresses("bond0"), routes("bond0")),
         ({"192.0.2.1/24", "2001:db8::1/64"},
          {"203.0.113.0/24 via 192.0.2.254", "2001:db8:7::/48 via 2001:db8::fe"}),
         "with the last IPv4 address its routes had gone: all are back")
    mended("address del 2001:db8::1/64 dev bond0", "an IPv6 address removed by hand")
    same(routes("bond0"), {"203.0.113.0/24 via 192.0.2.254", "2001:db8:7::/48 via 2001:db8::fe"},
         "all routes are there after an IPv6 address went and came")
    mended("route del 203.0.113.0/24", "a route removed by hand",
           "add route 203.0.113.0/24 via 192.0.2.254 on bond0")
    mended("link set bond0 type bond num_grat_arp 2", "an option changed by hand",
           "set bond0: num-grat-arp 2 -> 5")
    mended("link set bond0 type bond resend_igmp 7", "an option changed that no file names",
           "set bond0: resend-igmp 7 -> 1")
    mended("link set d1 nomaster", "a slave released by hand", "enslave d1 to bond0")
    mended("link set bond0 down", "the bond set down by hand")
    same((addresses("bond0"), routes("bond0")),
         ({"192.0.2.1/24", "2001:db8::1/64"},
          {"203.0.113.0/24 via 192.0.2.254", "2001:db8:7::/48 via 2001:db8::fe"}),
         "the bond set down by hand: the IPv6 address and all routes are back")
    mended("link del bond0", "the bond removed by hand")
    lab.batch("link set bond0 mtu 1300")
    held = once(config, allow=None)
    same((held.status, links()["bond0"].mtu), (2, 1300), "an MTU changed by hand: mending it "
         "touches all slaves, held at the default limit", held)
    applies(config, "an MTU changed by hand, allowed")
    same({name: links()[name].mtu for name in ("bond0", "d0", "d1")},
         {"bond0": 1400, "d0": 1400, "d1": 1400}, "the MTU is the file's again")
    lab.clean("bond0")


def bad_files():
    config = bonds(bond0=BOND0)
    once(config)
    kept = applied()
    for what, text in {
            "an unknown key": "bonds: {bond0: {mode: active-backup, slaves: [d0], mimon: 5}}",
            "no YAML": "bonds: [", "a wrong value": "bonds: {bond0: {mode: 9, slaves: [d0]}}",
            "one good and one bad bond": "bonds:\n  bond0: {mode: balance-rr, slaves: []}\n"
            "  bond1: {mode: active-backup, slaves: [d2], arp-interval: 5, miimon: 7}"}.items():
        run = once(text)
        check(run.status == 1 and not run.writes and not run.operations,
              f"{what}: exit status 1, the kernel is not written to", run)
        check("/tmp/" in run.err and "error:" in run.err, f"{what}: file and place are told", run)
        check(applied() == kept, f"{what}: applied.yaml is kept")
    run = once(None, "--exact", "/tmp/there-is-no-such.yaml")
    check(run.status == 1 and not run.writes and "there-is-no-such" in run.err,
          "a file that is not there: exit status 1, its name is told", run)
    settled(config, "after bad files the old configuration stands")
    lab.clean("bond0")


def folders():
    for folder in ("/etc/netbond", "/usr/lib/netbond", "/run/netbond.d"):
        os.makedirs(folder, exist_ok=True)

    def write(path, config):
        with open(path, "w", encoding="utf-8") as file:
            file.write(lab.json.dumps(config))

    write("/usr/lib/netbond/10-a.yaml", bonds(bond0={"mode": "broadcast", "slaves": ["d0"]}))
    write("/etc/netbond/10-a.yaml", bonds(bond0=BOND0))
    write("/run/netbond.d/20-b.yaml", bonds(bond1=BOND1))
    applies(None, "without a file: the folders")
    same((have_bonds(), links()["bond0"].bond["mode"]), ({"bond0", "bond1"}, 1),
         "without a file: all folders, and the same name in /etc wins over /usr/lib")
    os.unlink("/run/netbond.d/20-b.yaml")
    applies(None, "a file gone from the folders")
    same(have_bonds(), {"bond0"}, "a bond whose file is gone is removed: the folders are the whole")
    os.unlink("/etc/netbond/10-a.yaml")
    os.unlink("/usr/lib/netbond/10-a.yaml")
    os.makedirs("/tmp/folder", exist_ok=True)
    write("/tmp/folder/x.yaml", bonds(bond1=BOND1))
    applies(None, "--config-dir", "--config-dir", "/tmp/folder")
    same(have_bonds(), {"bond1"}, "--config-dir: that folder is the whole")
    lab.clean("bond0", "bond1")


def another_directory():
    config = bonds(bond0=BOND0)
    applies(config, "--runtime-dir", "--runtime-dir", "/tmp/elsewhere")
    check(os.path.exists("/tmp/elsewhere/applied.yaml") and not os.path.exists(APPLIED),
          "--runtime-dir: applied.yaml is there and not in /run/netbond")
    with open("/tmp/elsewhere/lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = once(config, "--runtime-dir", "/tmp/elsewhere")
        check(run.status == 1 and not run.writes and "another netbondd" in run.err,
              "while another netbondd works there: an error that says so", run)
    # Another boot: what is written there is of no use any more.
    with open("/tmp/elsewhere/applied.yaml", encoding="utf-8") as file:
        text = file.read()
    with open("/tmp/elsewhere/applied.yaml", "w", encoding="utf-8") as file:
        file.write("# netbond, boot 00000000-0000-0000-0000-000000000000\n" +
                   text.split("\n", 1)[1])
    run = once(bonds(bond1=BOND1), "--runtime-dir", "/tmp/elsewhere", exact=False)
    with open("/tmp/elsewhere/applied.yaml", encoding="utf-8") as file:
        text = file.read()
    check(run.status == 0 and "bond1:" in text and "bond0:" not in text,
          "an applied.yaml of another boot is not laid under a file", run, text)
    lab.clean("bond0", "bond1")


lab.dummies("d0", "d1", "d2")
overlay()
overlay_in_a_namespace()
drift()
bad_files()
folders()
another_directory()
lab.finish()
