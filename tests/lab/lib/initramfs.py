# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the initramfs of the qemu backend: guest-init, the Perl it needs, the first modules."""

import os
import re
import stat
import subprocess

from common import LAB


class Cpio:
    """An archive in the kernel's "newc" format (Documentation/driver-api/early-userspace)."""

    def __init__(self):
        self.parts, self.seen, self.inode = [], set(), 0

    def _entry(self, name, mode, data=b""):
        self.inode += 1
        path = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + path
        self.parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]

    def folder(self, path):
        path = path.strip("/")
        if path and path not in self.seen:
            self.seen.add(path)
            self.folder(os.path.dirname(path))
            self._entry(path, stat.S_IFDIR | 0o755)

    def file(self, path, data, mode=0o755):
        path = path.strip("/")
        if path not in self.seen:
            self.seen.add(path)
            self.folder(os.path.dirname(path))
            self._entry(path, stat.S_IFREG | mode, data)

    def copy(self, source, target=None):
        with open(source, "rb") as data:
            self.file(target or source, data.read())

    def bytes(self):
        self._entry("TRAILER!!!", 0)
        self.inode = 0
        return b"".join(self.parts)


def shared_objects(path):
    text = subprocess.run(["ldd", path], check=True, capture_output=True, text=True).stdout
    return re.findall(r"(?:=> )?(/\S+) \(0x", text)


def perl_files():
    text = subprocess.run(["/usr/bin/perl", f"{LAB}/guest-init", "--files"], check=True,
                          capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}).stdout
    files = set(text.split())
    for path in ["/usr/bin/perl", *(f for f in files if f.endswith(".so"))]:
        files.update(shared_objects(path))
    return sorted(files | {"/usr/bin/perl"})


def build(module_files):
    """`module_files`: the paths to load first; returned too are the names they have inside."""
    cpio = Cpio()
    for name in ("proc", "sys", "dev", "mnt", "host"):
        cpio.folder(name)
    for path in perl_files():
        cpio.copy(path)
    names = []
    for path in module_files:
        names.append("/early/" + os.path.basename(path))
        cpio.copy(path, names[-1])
    return cpio.bytes(), names


def of_folder(path, names):
    """The files of a run's folder, at the place where guest-init looks for them."""
    cpio = Cpio()
    for name in names:
        cpio.copy(os.path.join(path, name), f"/lab/{name}")
    cpio.copy(f"{LAB}/guest-init", "/init")
    return cpio.bytes()
