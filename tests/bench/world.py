# SPDX-License-Identifier: LGPL-2.1-or-later
"""N bonds of two dummies each with an address, for netbondd and for ip."""

import os
import subprocess
import tempfile


def ip_batch(lines):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)


def slaves(i):
    return [f"d{2 * i}", f"d{2 * i + 1}"]


def address(i):
    return f"10.{i // 250 + 1}.{i % 250}.1/24"


class World:
    """The files of both contestants, and fresh links for them."""

    def __init__(self, n):
        self.n = n
        self.folder = tempfile.mkdtemp(prefix="bench-")
        self.config = self._write("config.yaml", self._yaml())
        self.batch = self._write("batch", self._batch())

    def _write(self, name, lines):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        return path

    def _yaml(self):
        yield "bonds:"
        for i in range(self.n):
            a, b = slaves(i)
            yield f"  bond{i}: {{mode: active-backup, slaves: [{a}, {b}], " \
                  f"addresses: [{address(i)}]}}"

    def _batch(self):
        for i in range(self.n):
            yield f"link add bond{i} type bond mode active-backup miimon 100"
            for slave in slaves(i):
                yield f"link set {slave} master bond{i}"
            yield f"link set bond{i} up"
            yield f"address add {address(i)} dev bond{i}"

    def make_links(self):
        ip_batch(f"link add {d} type dummy" for i in range(self.n) for d in slaves(i))

    def remove_all(self):
        ip_batch(f"link del {d}" for i in range(self.n) for d in (f"bond{i}", *slaves(i)))

    def rundir(self):
        """A new one: nothing is remembered, as at boot."""
        return tempfile.mkdtemp(prefix="run-", dir=self.folder)

    def complete(self):
        """Whether the kernel has it all: [problems], none when it has."""
        wrong = []
        for i in range(self.n):
            folder = f"/sys/class/net/bond{i}"
            try:
                with open(f"{folder}/bonding/slaves", encoding="ascii") as f:
                    have = f.read().split()
                with open(f"{folder}/flags", encoding="ascii") as f:
                    up = int(f.read(), 16) & 1
            except OSError as e:
                have, up = [str(e)], 0
            if have != slaves(i) or not up:
                wrong.append(f"bond{i}: slaves {have}, up {up}")
        text = subprocess.run(["ip", "-4", "-o", "address", "show"], capture_output=True, text=True,
                              check=True).stdout
        have = {(w[1], w[3]) for w in (line.split() for line in text.splitlines())}
        wrong += [f"bond{i}: no address" for i in range(self.n)
                  if (f"bond{i}", address(i)) not in have]
        return wrong
