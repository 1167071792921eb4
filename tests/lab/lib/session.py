# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host's end of a guest: hands it the command, passes its output on, waits for its status."""

import os
import selectors
import shutil
import signal
import sys
import termios
import time
import tty

from common import EXIT_TIMEOUT, LAB, LabError

BOOT_SECONDS = 180


class Interrupted(Exception):
    def __init__(self, signum):
        super().__init__(signum)
        self.signum = signum


def _interrupt(signum, _frame):
    raise Interrupted(signum)


def catch_signals():
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, _interrupt)


def ignore_signals():
    """From here on cleaning up is not to be interrupted."""
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, signal.SIG_IGN)


def same_file(a, b):
    try:
        one, two = os.fstat(a), os.fstat(b)
    except OSError:
        return False
    return (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino)


COPIED = ("guest-init", "units/lab.target", "units/lab-command.service")
INPUT = ("config", "argv", "environ", "modules", *map(os.path.basename, COPIED))


def write_input(run, options, config):
    """The files that guest-init reads. Output and errors share one channel when they go to one
    file, so that their order is kept."""
    config = dict(config, cwd=options.cwd, merge=int(same_file(1, 2)),
                  systemd=int(options.systemd),
                  prepare=int(options.prepare), shell=options.shell)
    lines = [f"{key}={value}" for key, value in config.items() if value not in (None, "", 0)]
    if any("\n" in line for line in lines):
        raise LabError("a path with a line break cannot be used in the lab")
    run.write("config", "\n".join(lines) + "\n")
    run.write("argv", b"".join(os.fsencode(a) + b"\0" for a in options.command))
    run.write("environ", b"".join(os.fsencode(f"{k}={v}") + b"\0"
                                  for k, v in options.environment.items()))
    for path in COPIED:
        shutil.copy(os.path.join(LAB, path), run.path)


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data):]


def log_excerpt(path, lines=25):
    """The end of a log, for people; a panic's reason before it, which its call trace pushes out."""
    try:
        with open(path, errors="replace") as log:
            text = log.read().splitlines()
    except OSError as e:
        return f"  (no log: {e})"
    earlier = [line for line in text[:-lines] if "Kernel panic" in line or "lab: failed" in line]
    return "\n".join("  | " + line for line in earlier + text[-lines:])


class Channels:
    """Pipes from the guest: out, err, control. With `shell`, a terminal as well: `terminal` is the
    guest's end, the host's end takes the place of "out"."""

    def __init__(self, shell):
        self.read, self.write = {}, {}
        for name in ("out", "err", "control"):
            self.read[name], self.write[name] = os.pipe()
        self.master = self.terminal = None
        if shell:
            self.master, self.terminal = os.openpty()
            tty.setraw(self.terminal)

    def given(self):
        """What the guest's process inherits."""
        return [*self.write.values(), *([self.terminal] if self.terminal else [])]

    def started(self):
        for fd in self.write.values():
            os.close(fd)


class RawTerminal:
    """Our own terminal passes every key on, until the end."""

    def __enter__(self):
        self.saved = termios.tcgetattr(0) if os.isatty(0) else None
        if self.saved:
            tty.setraw(0)

    def __exit__(self, *_):
        if self.saved:
            termios.tcsetattr(0, termios.TCSADRAIN, self.saved)


class Session:
    def __init__(self, process, channels, timeout):
        self.process = process
        self.channels = channels
        self.timeout = timeout
        self.ready = False
        self.status = None
        self.failure = None
        self.boot_seconds = None
        self.control = b""

    def _line(self, line):
        word, _, rest = line.decode(errors="replace").strip().partition(" ")
        if word == "ready":
            self.ready = True
            self.boot_seconds = time.monotonic() - self.start
            self.deadline = time.monotonic() + self.timeout
        elif word == "exit":
            self.status = int(rest)
        elif word == "fail":
            self.failure = rest

    def _read(self, key):
        data = os.read(key.fd, 65536)
        if not data:
            return False
        if key.data == "control":
            *lines, self.control = (self.control + data).split(b"\n")
            for line in lines:
                self._line(line)
        elif key.data == "keys":
            write_all(self.channels.master, data)
        else:
            write_all(2 if key.data == "err" else 1, data)
        return True

    def _over(self):
        return self.status is not None or self.failure is not None

    def run(self):
        """The command's exit status; LabError when the guest did not get that far."""
        self.start = time.monotonic()
        self.deadline = self.start + BOOT_SECONDS
        selector = selectors.DefaultSelector()
        for name, fd in self.channels.read.items():
            selector.register(fd, selectors.EVENT_READ, name)
        if self.channels.master:
            selector.register(self.channels.master, selectors.EVENT_READ, "screen")
            selector.register(0, selectors.EVENT_READ, "keys")
        while selector.get_map() and not self._over():
            left = self.deadline - time.monotonic()
            if left <= 0:
                return self._late()
            for key, _ in selector.select(min(left, 1)):
                if not self._read(key):
                    selector.unregister(key.fd)
            if self.process.poll() and not self._over():
                # Nothing more can come, but what is in the pipes already.
                self._drain(selector)
                break
        if self.status is not None:
            self._drain(selector)
            return self.status
        raise LabError(self.failure or "the guest ended before the command did")

    def _drain(self, selector):
        """What the guest wrote before its status is in the pipes already."""
        while True:
            ready = [key for key, _ in selector.select(0) if key.data != "keys"]
            if not any([self._read(key) for key in ready]):
                return

    def _late(self):
        if not self.ready:
            raise LabError(f"the guest did not come up in {BOOT_SECONDS} s")
        print(f"lab: the command did not end in {self.timeout:g} s and was killed",
              file=sys.stderr)
        return EXIT_TIMEOUT
