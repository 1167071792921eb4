# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who makes the same bonds of the same links: netbondd, ip, the bare limit, and other tools as they
come in Debian 12. Each brings its own files; what it leaves behind is looked at by World."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from world import address, slaves

OTHER_GRAT_ARP = 3
PATIENCE = 900          # seconds until somebody counts as stuck


class Cost:
    """Milliseconds by the clock and of a processor, in the kernel as well; KB."""

    def __init__(self, wall, cpu, peak_kb=0):
        self.wall, self.cpu, self.peak_kb = wall, cpu, peak_kb

    def __add__(self, other):
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.peak_kb, other.peak_kb))


def cpu_ns(pid):
    """Time on a processor, in the kernel as well."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[0])


class Failed(Exception):
    """A rival did not do what it was told."""


def cost_of(pid, start):
    """Of a service that runs, since the moment @start."""
    wall = (time.monotonic() - start) * 1000
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        words = dict(line.split(":", 1) for line in f)
    if "VmHWM" not in words:
        raise Failed("the service has ended")
    return Cost(wall, cpu_ns(pid) / 1e6, int(words["VmHWM"].split()[0]))


def wait_for(done, end=None):
    """Until it is so, or the moment @end."""
    end = end or time.monotonic() + PATIENCE
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


def stop(process):
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Rival:
    """A command that ends when the work is done."""

    name = ""
    verbs = ("cold", "idle", "change", "remove")
    is_foreign = False      # a tool of others: it may fail, and the bench goes on without it

    def __init__(self, build, world):
        self.build, self.world = build, world

    def run(self, *argv):
        with tempfile.NamedTemporaryFile("r") as f:
            with subprocess.Popen([f"{self.build}/tests/bench/measure", f.name, *argv],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
                try:
                    said = process.communicate(timeout=PATIENCE)[1]
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    raise Failed(f"{' '.join(argv)} had not ended") from None
            words = [int(word) for word in f.read().split()]
        if words[4]:
            raise Failed(f"exit status {words[4]} of {' '.join(argv)}: {' '.join(said.split())[-500:]}")
        return Cost(words[0] / 1000, (words[1] + words[2]) / 1000, words[3])

    def forget(self):
        """Between two rounds, whatever became of the last one."""


class Ip(Rival):
    name = "ip -batch"

    def cold(self):
        return self.run("ip", "-batch", self.world.batch)

    def idle(self):
        """It cannot do nothing; it can look at the same things."""
        return self.run("ip", "-d", "link", "show") + self.run("ip", "addr", "show")

    def change(self):
        return self.run("ip", "link", "set", f"bond{self.world.changed}", "type", "bond",
                        "num_grat_arp", str(OTHER_GRAT_ARP))

    def remove(self):
        lines = [f"link del bond{i}" for i in range(self.world.n)]
        return self.run("ip", "-batch", self.world.write("remove", lines))


class Once(Rival):
    name = "netbondd --once"

    def __init__(self, build, world):
        super().__init__(build, world)
        self.other = world.write("other.yaml", world.yaml(OTHER_GRAT_ARP))
        self.nothing = world.write("nothing.yaml", ["version: 1"])
        self.rundir = None

    def argv(self, *more):
        return [f"{self.build}/daemon/netbondd", "--once", "--quiet", "--runtime-dir", self.rundir,
                *more]

    def cold(self):
        self.rundir = self.world.rundir()
        return self.run(*self.argv(self.world.config))

    def idle(self):
        return self.run(*self.argv(self.world.config))

    def change(self):
        return self.run(*self.argv(self.other))

    def remove(self):
        return self.run(*self.argv("--exact", "--allow", "rebuild", self.nothing))


class Boot(Rival):
    """The service as at boot: from its start until it is ready (READY=1) and netbondctl wait-online,
    started then, has ended."""

    name = "netbondd at boot"
    verbs = ("cold",)

    def cold(self):
        rundir, folder = self.world.rundir(), tempfile.mkdtemp(dir=self.world.folder)
        os.symlink(self.world.config, f"{folder}/bonds.yaml")
        path = f"{rundir}/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            ear.bind(path)
            ear.settimeout(PATIENCE)
            start = time.monotonic()
            with subprocess.Popen([f"{self.build}/daemon/service/netbondd", "--quiet",
                                   "--config-dir", folder, "--runtime-dir", rundir],
                                  env={**os.environ, "NOTIFY_SOCKET": path}) as daemon:
                try:
                    while b"READY=1" not in ear.recv(4096):
                        pass
                    ready = cost_of(daemon.pid, start)
                    waited = self.run(f"{self.build}/cli/netbondctl", "wait-online",
                                      "--runtime-dir", rundir)
                finally:
                    stop(daemon)
        return ready + waited


class Limit(Rival):
    """Prepared messages in batches, without a look at anything."""

    name = "limit"
    verbs = ("cold",)

    def cold(self):
        return self.run(f"{self.build}/tests/bench/limit", str(self.world.n))


class Ifupdown2(Rival):
    name = "ifupdown2"
    is_foreign = True

    def _interfaces(self, grat_arp=None):
        lines = []
        for i in range(self.world.n):
            lines += [f"auto bond{i}", f"iface bond{i}", f"  bond-slaves {' '.join(slaves(i))}",
                      "  bond-mode active-backup", "  bond-miimon 100", f"  address {address(i)}"]
            if grat_arp and i == self.world.changed:
                lines.append(f"  bond-num-grat-arp {grat_arp}")
        os.makedirs("/etc/network", exist_ok=True)
        os.makedirs("/run/network", exist_ok=True)
        with open("/etc/network/interfaces", "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")

    def cold(self):
        self._interfaces()
        return self.run("ifup", "-a")

    def idle(self):
        return self.run("ifreload", "-a")

    def change(self):
        self._interfaces(OTHER_GRAT_ARP)
        return self.run("ifreload", "-a")

    def remove(self):
        return self.run("ifdown", "-a")

    def forget(self):
        shutil.rmtree("/var/tmp/network", ignore_errors=True)
        shutil.rmtree("/run/network", ignore_errors=True)


class Networkd(Rival):
    """A service: from its start to the last address, seen on rtnetlink, and the state verified."""

    name = "systemd-networkd"
    verbs = ("cold",)       # 252 changes no option of a bond that is there, and removes none
    is_foreign = True
    FOLDER = "/run/systemd/network"

    def _files(self):
        shutil.rmtree(self.FOLDER, ignore_errors=True)
        os.makedirs(self.FOLDER)
        for i in range(self.world.n):
            self._file(f"bond{i}.netdev", f"[NetDev]\nName=bond{i}\nKind=bond\n"
                       "[Bond]\nMode=active-backup\nMIIMonitorSec=0.1\n")
            self._file(f"bond{i}.network", f"[Match]\nName=bond{i}\n[Network]\n"
                       f"Address={address(i)}\nIPv6AcceptRA=no\n")
            for d in slaves(i):
                self._file(f"{d}.network", f"[Match]\nName={d}\n[Network]\nBond=bond{i}\n")

    def _file(self, name, text):
        with open(f"{self.FOLDER}/{name}", "w", encoding="ascii") as f:
            f.write(text)

    def cold(self):
        self._files()
        for name in ("links", "leases", "lldp"):
            os.makedirs(f"/run/systemd/netif/{name}", exist_ok=True)
        subprocess.run(["chown", "-R", "systemd-network:", "/run/systemd/netif"], check=True)
        # Without udev nobody marks links as initialised: it believes so where /sys is read-only.
        subprocess.run(["mount", "-o", "remount,ro", "/sys"], check=True)
        ears = Addresses()
        start = time.monotonic()
        with subprocess.Popen(["/lib/systemd/systemd-networkd"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            try:
                ears.wait(self.world.n, start + PATIENCE)
                wait_for(lambda: not self.world.complete(), start + PATIENCE)
                return cost_of(process.pid, start)
            finally:
                stop(process)

    def forget(self):
        subprocess.run(["mount", "-o", "remount,rw", "/sys"], check=True)
        shutil.rmtree("/run/systemd/netif", ignore_errors=True)


class Addresses:
    """The IPv4 addresses the kernel tells of."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)         # SO_RCVBUFFORCE
        self.socket.bind((0, 0x10))                                     # RTMGRP_IPV4_IFADDR
        self.socket.settimeout(1)

    def wait(self, n, end):
        """Until @n were told of, or @end."""
        while n > 0 and time.monotonic() < end:
            try:
                n -= self.socket.recv(65536)[4] == 20                   # RTM_NEWADDR
            except TimeoutError:
                pass


ALL = (Ip, Once, Boot, Limit, Ifupdown2, Networkd)
