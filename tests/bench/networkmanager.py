# SPDX-License-Identifier: LGPL-2.1-or-later
"""NetworkManager as a rival: a service that needs D-Bus and udev, which are started for it, and its
packages, which tests/networkmanager/fetch left in the build folder."""

import contextlib
import glob
import os
import shutil
import subprocess
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../networkmanager"))

from rivals import (OTHER_GRAT_ARP, PATIENCE, Addresses, Rival, cost_of, cpu_ns, stop,  # noqa: E402
                    wait_for)
from unpack import unpack  # noqa: E402
from world import GRAT_ARP, address, slaves  # noqa: E402

PROFILES = "/etc/NetworkManager/system-connections"
CONFIGURATION = "/etc/NetworkManager/conf.d/bench.conf"
BUS = "/run/dbus/system_bus_socket"
# It leaves dummies that others made alone, unless told otherwise.
TAKES_THEM = """[main]
plugins=keyfile
no-auto-default=*
[device-bench]
match-device=interface-name:d*;interface-name:bond*
managed=1
"""


def quiet(argv):
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


class NetworkManager(Rival):
    """From the start of the service to the last address. Later it is told by files and nmcli."""

    name = "NetworkManager"
    is_foreign = True

    def __init__(self, build, world):
        super().__init__(build, world)
        self.others, self.service = [], None
        if not shutil.which("NetworkManager"):
            unpack(build)

    def _profile(self, name, kind, more):
        path = f"{PROFILES}/{name}.nmconnection"
        with open(path, "w", encoding="ascii") as f:
            os.fchmod(f.fileno(), 0o600)        # it takes no other
            f.write(f"[connection]\nid={name}\nuuid={uuid.uuid5(uuid.NAMESPACE_DNS, name)}\n"
                    f"type={kind}\ninterface-name={name}\n{more}")
        return path

    def _bond(self, i, grat_arp=GRAT_ARP):
        more = f"num_grat_arp={grat_arp}\n" if grat_arp != GRAT_ARP else ""
        return self._profile(f"bond{i}", "bond", "[bond]\nmode=active-backup\nmiimon=100\n"
                             f"{more}[ipv4]\nmethod=manual\naddress1={address(i)}\n"
                             "[ipv6]\nmethod=disabled\n")

    def _files(self):
        self._forget_files()
        os.makedirs(PROFILES)
        with open(CONFIGURATION, "w", encoding="ascii") as f:
            f.write(TAKES_THEM)
        for i in range(self.world.n):
            self._bond(i)
            for d in slaves(i):
                self._profile(d, "dummy", f"master=bond{i}\nslave-type=bond\n")

    @staticmethod
    def _forget_files():
        for folder in (PROFILES, "/var/lib/NetworkManager", "/run/NetworkManager"):
            shutil.rmtree(folder, ignore_errors=True)

    def _start_others(self):
        """What runs before it on any machine: the bus, and udev, which knows all links."""
        os.makedirs("/run/dbus", exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(BUS)
        self.others = [quiet(["dbus-daemon", "--system", "--nofork", "--nopidfile"]),
                       quiet(["/lib/systemd/systemd-udevd"])]
        wait_for(lambda: os.path.exists(BUS) and os.path.exists("/run/udev/control"))
        for verb in (["trigger", "--subsystem-match=net", "--action=add"],
                     ["settle", f"--timeout={PATIENCE}"]):
            subprocess.run(["udevadm", *verb], check=True)

    def _after(self, argv, done):
        """What it costs, itself and the commands, until that is so."""
        start, before = time.monotonic(), cpu_ns(self.service.pid)
        told = [self.run(*one) for one in argv]
        wait_for(done)
        cost = cost_of(self.service.pid, start)
        cost.cpu += sum(one.cpu for one in told) - before / 1e6
        return cost

    def cold(self):
        self._files()
        self._start_others()
        ears = Addresses()
        start = time.monotonic()
        self.service = quiet(["/usr/sbin/NetworkManager", "--no-daemon"])
        ears.wait(self.world.n, start + PATIENCE)
        wait_for(lambda: not self.world.complete(), start + PATIENCE)
        return cost_of(self.service.pid, start)

    def idle(self):
        """It compares the files with what it has read."""
        return self._after([("nmcli", "connection", "reload")], lambda: True)

    def change(self):
        """1.42 cannot reapply this option to a bond that is up: it activates the bond again."""
        path = self._bond(self.world.changed, OTHER_GRAT_ARP)
        return self._after([("nmcli", "connection", "load", path),
                            ("nmcli", "--wait", str(PATIENCE), "connection", "up",
                             f"bond{self.world.changed}")],
                           lambda: not self.world.complete(OTHER_GRAT_ARP))

    def remove(self):
        for path in glob.glob(f"{PROFILES}/*"):
            os.unlink(path)
        return self._after([("nmcli", "connection", "reload")], lambda: not self.world.gone())

    def forget(self):
        for process in filter(None, (self.service, *reversed(self.others))):
            stop(process)
        self.others, self.service = [], None
        self._forget_files()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(CONFIGURATION)
