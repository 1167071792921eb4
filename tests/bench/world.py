# SPDX-License-Identifier: LGPL-2.1-or-later
"""N bonds of two dummies each with an address: the links, and whether the kernel has it all."""

import os
import subprocess
import tempfile

GRAT_ARP = 1                    # num_grat_arp of the driver, before one bond's is changed


def ip_batch(lines):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)


def slaves(i):
    return [f"d{2 * i}", f"d{2 * i + 1}"]


def address(i):
    return f"10.{i // 250 + 1}.{i % 250}.1/24"


def read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


class World:
    """Files of who makes the bonds, and fresh links for them."""

    def __init__(self, n):
        self.n = n
        self.changed = n // 2           # the bond of which one option is changed
        self.folder = tempfile.mkdtemp(prefix="bench-")
        self.config = self.write("config.yaml", self.yaml())
        self.batch = self.write("batch", self.ip_lines())

    def write(self, name, lines):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        return path

    def yaml(self, grat_arp=GRAT_ARP):
        """One of them says another num-grat-arp than the driver's."""
        yield "bonds:"
        for i in range(self.n):
            a, b = slaves(i)
            more = f", num-grat-arp: {grat_arp}" if i == self.changed and grat_arp != GRAT_ARP else ""
            yield f"  bond{i}: {{mode: active-backup, slaves: [{a}, {b}], " \
                  f"addresses: [{address(i)}]{more}}}"

    def ip_lines(self):
        for i in range(self.n):
            yield f"link add bond{i} type bond mode active-backup miimon 100"
            for slave in slaves(i):
                yield f"link set {slave} master bond{i}"
            yield f"link set bond{i} up"
            yield f"address add {address(i)} dev bond{i}"

    def make_links(self):
        ip_batch(f"link add {d} type dummy" for i in range(self.n) for d in slaves(i))

    def remove_all(self):
        """At once: one by one costs the kernel a grace period each."""
        have = set(os.listdir("/sys/class/net"))
        mine = [d for i in range(self.n) for d in (f"bond{i}", *slaves(i)) if d in have]
        if mine:
            ip_batch([*(f"link set {d} group 99" for d in mine), "link del group 99"])

    def rundir(self):
        """A new one: nothing is remembered, as at boot."""
        return tempfile.mkdtemp(prefix="run-", dir=self.folder)

    def complete(self, grat_arp=GRAT_ARP):
        """Whether the kernel has it all: [problems], none when it has."""
        wrong = []
        for i in range(self.n):
            folder = f"/sys/class/net/bond{i}"
            try:
                have = read(f"{folder}/bonding/slaves").split()
                up = int(read(f"{folder}/flags"), 16) & 1
                peers = int(read(f"{folder}/bonding/num_grat_arp"))
            except OSError as e:
                have, up, peers = [str(e)], 0, 0
            want = grat_arp if i == self.changed else GRAT_ARP
            if sorted(have) != slaves(i) or not up or peers != want:
                wrong.append(f"bond{i}: slaves {have}, up {up}, num_grat_arp {peers}")
        text = subprocess.run(["ip", "-4", "-o", "address", "show"], capture_output=True, text=True,
                              check=True).stdout
        have = {(w[1], w[3]) for w in (line.split() for line in text.splitlines())}
        wrong += [f"bond{i}: no address" for i in range(self.n)
                  if (f"bond{i}", address(i)) not in have]
        return wrong

    def gone(self):
        """Whether no bond is left and the dummies are: [problems]."""
        have = set(os.listdir("/sys/class/net"))
        return [d for i in range(self.n) for d in (f"bond{i}", *slaves(i))
                if (d in have) == d.startswith("bond")]
