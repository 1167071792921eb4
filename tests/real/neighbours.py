#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --systemd --prepare --timeout 900
# run: long
"""The service beside others: the README's files for systemd-networkd, exactly as they stand there;
a card that the initrd configured; the daemon of another machine and of a container, by -H and -M."""

import os
import re
import subprocess
import sys
import time

import lab
import service
from lab import check, ip, links, must, run, same, wait_for
from service import (FOLDER, TAIL, UNIT, WAITER, Tail, Untouched, at_rest, ctl, put, show,
                     snippets)

NETWORKD = "systemd-networkd.service"
WILD = "[Match]\nName=eth*\n[Network]\nAddress=10.66.0.1/24\n"
NAMES = ("bond0", "bond0.100", "eth0", "eth1")
SSHD = """Port 22
HostKey /run/ssh/host
PidFile /run/ssh/pid
AuthorizedKeysFile /run/ssh/known
StrictModes no
UsePAM no
PermitRootLogin yes
"""


def prepare():
    service.install()
    for path, text in snippets().items():
        put(path, text)
    put("/etc/systemd/network/80-wild.network", WILD)
    lab.cables("far", {"eth0": "w0", "eth1": "w1"})
    lab.partner_bridge("far", "br0", ["w0", "w1"], ["192.0.2.1/24"])
    lab.batch("link add link br0 name br0.100 type vlan id 100\n"
              "address add 198.51.100.2/24 dev br0.100\nlink set br0.100 up", "far")
    # networkd waits for udev, which the lab has no other use for.
    for unit in ("systemd-udevd.service", "systemd-udevd-control.socket",
                 "systemd-udevd-kernel.socket", "systemd-udev-trigger.service"):
        os.unlink(f"/etc/systemd/system/{unit}")
    wants = "/etc/systemd/system/lab.target.wants"
    os.makedirs(wants)
    for unit in (UNIT, WAITER, NETWORKD, "systemd-udev-trigger.service"):
        path = unit if unit != UNIT and unit != WAITER else None
        source = f"/lib/systemd/system/{path}" if path else next(
            place for place in service.installed() if place.endswith(f"/systemd/system/{unit}"))
        os.symlink(source, f"{wants}/{unit}")


def networkctl(name):
    """(administrative state, addresses) of a link as networkd has it"""
    text = must("networkctl", "list", "--no-legend", "--no-pager")
    return {line.split()[1]: line.split()[-1] for line in text.splitlines()}.get(name)


def vlan_works():
    return "bond0.100" in links() and lab.answers("198.51.100.2")


def beside_networkd():
    check(len(snippets()) >= 7, "the README has files to try", list(snippets()))
    check(wait_for(vlan_works, 60), "networkd's VLAN on netbond's bond carries traffic", TAIL,
          Tail(NETWORKD), run("networkctl", "--no-pager")[1])
    check(lab.answers("192.0.2.1"), "so does the bond itself")
    same((lab.addresses("bond0"), lab.routes("bond0")),
         ({"192.0.2.10/24"}, {"default via 192.0.2.1"}),
         "the bond's address and route are netbond's, and stay")
    same((networkctl("eth0"), networkctl("eth1"), lab.addresses("eth0"), lab.addresses("eth1")),
         ("unmanaged", "unmanaged", set(), set()), "the file for every card left the slaves alone")
    with open("/proc/sys/net/ipv4/conf/bond0/arp_ignore", encoding="ascii") as value:
        same(value.read().strip(), "1", "the sysctl of the bond was set when it was made")
    same(show("Result", WAITER), "success", "netbond-wait-online succeeded", Tail(WAITER))
    before = service.identity(NAMES)
    ctl("restart", NETWORKD)
    check(wait_for(lambda: networkctl("bond0.100") == "configured", 30) and vlan_works(),
          "networkd restarted: the VLAN works", Tail(NETWORKD))
    with Untouched("netbondd restarted", NAMES):
        old = service.pid()
        ctl("restart", UNIT)
        check(service.passed_by(old) and vlan_works(), "netbondd restarted: the VLAN works", TAIL)
    same(service.identity(NAMES), before, "no link flapped")
    same([e["MESSAGE"] for e in service.said("drift|differs")], [],
         "netbond had nothing to mend: the two leave each other alone")
    same(lab.addresses("bond0"), {"192.0.2.10/24"}, "and the bond has its address")
    ip("link set eth0 down")
    check(wait_for(vlan_works, 20), "a failover below it", TAIL)
    wait_for(at_rest, 20)


def rebuild_below():
    """The mode changes: all slaves leave for a moment, and what lies above is put back."""
    path = f"{FOLDER}/bond0.yaml"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    put(path, text.replace("active-backup", "balance-xor"))
    status, out, err = run("netbondctl", "apply", "--allow", "rebuild")
    check(status == 0 and wait_for(vlan_works, 30), "another mode: the VLAN works afterwards", out,
          err, run("ip", "-d", "address")[1])
    put(path, text)
    must("netbondctl", "apply", "--allow", "rebuild")
    check(wait_for(vlan_works, 30), "and back")


def without_the_file():
    """The witness: without the file that keeps them out, networkd takes the slaves."""
    path = "/etc/systemd/network/10-netbond-slaves.network"
    os.unlink(path)
    ctl("restart", NETWORKD)
    check(wait_for(lambda: "10.66.0.1/24" in lab.addresses("eth0") | lab.addresses("eth1"), 60),
          "without that file networkd configures slaves", run("networkctl", "--no-pager")[1])
    put(path, snippets()[path])
    ctl("restart", NETWORKD)
    for name in ("eth0", "eth1"):
        run("ip", "address", "flush", "dev", name)


def with_its_own_idea():
    """networkd has a slave for a bond of its own: nobody fights, and it can be taken back."""
    files = {"/etc/systemd/network/05-idea.netdev": "[NetDev]\nName=bond9\nKind=bond\n",
             "/etc/systemd/network/05-idea.network":
                 "[Match]\nName=eth1\n[Network]\nBond=bond9\nLinkLocalAddressing=no\n"}
    for path, text in files.items():
        put(path, text)

    def in_bond(name):
        have = links()
        return name in have and have["eth1"].master == have[name].index

    ctl("restart", NETWORKD)
    check(wait_for(lambda: in_bond("bond9"), 30), "networkd takes a slave for a bond of its own",
          Tail(NETWORKD))
    wait_for(at_rest, 30)
    before = service.identity(NAMES)
    time.sleep(5)
    same(service.identity(NAMES), before, "nobody fights for it")
    status, out, err = run("netbondctl", "status")
    check(status == 2 and "add slave eth1 (it leaves another bond); released by --allow rebuild"
          in " ".join(out.split()), "status says what is held and what releases it", out, err)
    status, out, err = run("netbondctl", "apply", "--allow", "rebuild")
    check(status == 0 and in_bond("bond0"), "done as told: it is in the bond again", out, err)
    time.sleep(5)
    check(in_bond("bond0") and vlan_works(), "and stays there, though the file is still there",
          Tail(NETWORKD), TAIL)
    for path in files:
        os.unlink(path)
    ctl("restart", NETWORKD)
    ip("link del bond9")


def configured_before():
    """As after a boot whose initrd had configured eth0."""
    ctl("stop", UNIT)
    for name in ("applied.yaml", "objects.yaml"):
        os.unlink(f"/run/netbond/{name}")
    ip("link del bond0")
    lab.batch("link set eth0 up\naddress add 192.0.2.77/24 dev eth0\n"
              "route add default via 192.0.2.1 dev eth0")
    put(f"{FOLDER}/bond0.yaml", snippets()[f"{FOLDER}/bond0.yaml"] + "    required-slaves: 2\n")
    ctl("start", UNIT)
    have = links()
    check(have["eth1"].master == have["bond0"].index and not have["eth0"].master
          and "192.0.2.77/24" in lab.addresses("eth0"),
          "the bond comes up with the other card; the configured one keeps its address", TAIL)
    status, out, err = run("netbondctl", "status")
    check(status == 2 and "add slave eth0" in out and "--allow down" in out,
          "status says what is held and what releases it", out, err)
    with service.drop_in(WAITER, "[Service]\nExecStart=\n"
                         f"ExecStart={service.program('netbondctl')} wait-online --timeout 1s\n"):
        status = run("systemctl", "restart", WAITER)[0]
        text = str(Tail(WAITER))
        check(status != 0 and "add slave eth0" in text and "netbondctl apply --allow" in text,
              "so does the log of netbond-wait-online", text)
    status, out, err = run("netbondctl", "apply", "--allow", "down")
    check(status == 0 and links()["eth0"].master == links()["bond0"].index
          and not lab.addresses("eth0") and lab.routes("bond0") == {"default via 192.0.2.1"},
          "done as told: it is a slave, and the bond has the route", out, err)
    status, out, err = run("netbondctl", "wait-online", "--timeout", "30s")
    same((status, err), (0, ""), "and wait-online is content")


def by_ssh():
    """A real sshd and a real ssh; the far end is this machine as another user sees it."""
    os.makedirs("/run/ssh")
    os.makedirs("/run/sshd", exist_ok=True)
    put("/run/ssh/config", SSHD)
    for name in ("host", "key"):
        must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"/run/ssh/{name}")
    must("cp", "/run/ssh/key.pub", "/run/ssh/known")
    must("useradd", "--create-home", "--shell", "/bin/sh", "guest")
    must("usermod", "--password", "*", "guest")      # "!" is a locked account to sshd
    put(os.path.expanduser("~/.ssh/config"), "Host *\n IdentityFile /run/ssh/key\n BatchMode yes\n"
        " UserKnownHostsFile /run/ssh/hosts\n StrictHostKeyChecking accept-new\n")
    must("/usr/sbin/sshd", "-f", "/run/ssh/config")
    def shown(*where):
        """Without the time that goes by."""
        status, out, _ = run("netbondctl", *where, "show", "bond0")
        return status, re.sub(r"(?m)^ *since .*$", "", out)

    for user in ("root", "guest"):
        same(shown("-H", f"{user}@127.0.0.1"), shown(), f"-H {user}@127.0.0.1 shows what is shown here")
    status, out, err = run("netbondctl", "-H", "root@127.0.0.1", "failover", "bond0", "eth1")
    check(status == 0 and links()["bond0"].bond["active-slave"] == links()["eth1"].index,
          "-H: root there may change", out, err)
    status, out, err = run("netbondctl", "-H", "guest@127.0.0.1", "reload")
    check(status == 1 and "root" in err, "-H: others may not", out, err)
    put("/run/ssh/new.yaml", "bonds: {new: {slaves: []}}\n")
    status, out, err = run("netbondctl", "-H", "root@127.0.0.1", "plan", "/run/ssh/new.yaml")
    check(status == 2 and "create bond new" in out, "-H: a file of this side is planned there", err)
    lab.ip("netns add there")
    same(run("netbondctl", "-H", "root@127.0.0.1", "ns", "list"), run("netbondctl", "ns", "list"),
         "-H: ns list is that of the machine there")
    status, out, err = run("netbondctl", "-H", "root@127.0.0.1", "ns", "exec", "there", "--", "sh",
                           "-c", "ls /sys/class/net; echo \"$1\"; cat; exit 9", "sh", "it's  $HOME",
                           text="typed here\n")
    same((status, out.split("\n")[-4:], err), (9, ["lo", "it's  $HOME", "typed here", ""], ""),
         "-H: ns exec there, with its arguments, its input and its exit status")
    status, out, err = run("netbondctl", "-H", "guest@127.0.0.1", "ns", "exec", "there", "--", "true")
    check(status == 125 and "root" in err, "-H: ns exec is for root there, too", out, err)
    status, out, err = run("netbondctl", "stack", "there", "--interval", "0", "-H", "root@127.0.0.1")
    check(status == 0 and "in namespace there" in out, "-H: stack of the machine there", err)
    for host, words in (("nobody-there@127.0.0.1", "cannot be reached"),
                        ("root@127.0.0.9:9", "cannot be reached")):
        status, out, err = run("netbondctl", "-H", host, "status")
        check(status == 1 and words in err, f"-H {host}: says that it cannot be reached", out, err)
    ctl("stop", UNIT)
    status, out, err = run("netbondctl", "-H", "root@127.0.0.1", "status")
    check(status == 1 and "does not run on root@127.0.0.1" in err, "-H: no daemon there", err)
    ctl("start", UNIT)


BOX = """mkdir -p /run/dbus /run/netbond /var && ln -sfn /run /var/run
dbus-daemon --system --fork
ip link add c0 type dummy
netbondd & sleep infinity
"""


def in_container():
    status, out, err = run("netbondctl", "-M", ".host", "status")
    check(status == 0 and "bond0" in out, "-M .host is this machine", out, err)
    status, out, err = run("netbondctl", "-M", "no-such", "status")
    check(status == 1 and "no-such cannot be reached" in err, "-M: a container that is not there",
          err)
    status, out, err = run("netbondctl", "-M", ".host", "ns", "exec", "there", "--", "sh", "-c",
                           "ls /sys/class/net; exit 9")
    same((status, out.split()[-1:], err), (9, ["lo"], ""), "-M .host: ns exec by systemd-run")
    put("/run/box.yaml", "bonds: {boxed: {slaves: [c0]}}\n")
    put("/run/box.sh", BOX)
    with open("/run/box.log", "w", encoding="utf-8") as log:
        box = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--machine=box", "--directory=/", "--volatile=yes",
             "--private-network", "--as-pid2", "--bind-ro=/run/box.yaml:/etc/netbond/box.yaml",
             "--bind-ro=/etc/passwd", "--bind-ro=/etc/group", "--bind-ro=/run/box.sh:/box.sh",
             "--console=pipe", "sh", "/box.sh"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    wait_for(lambda: run("netbondctl", "-M", "box", "status")[0] in (0, 2), 60)
    status, out, err = run("netbondctl", "-M", "box", "status")
    with open("/run/box.log", encoding="utf-8") as log:
        check(status == 0 and "boxed" in out and "bond0" not in out,
              "-M box: the daemon in a container of systemd-machined", out, err, log.read())
    box.terminate()
    box.wait()


def main():
    parts = (beside_networkd, rebuild_below, without_the_file, with_its_own_idea,
             configured_before, by_ssh, in_container)
    for part in parts:
        print(f"# {part.__name__}", flush=True)
        part()
    lab.finish()


if sys.argv[-1] == "--prepare":
    prepare()
else:
    main()
