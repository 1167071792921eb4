# SPDX-License-Identifier: LGPL-2.1-or-later
"""One test program: how it is run, and how many checks its output tells of."""

import os
import re
import signal
import subprocess
import threading
import time

# What test programs print: TAP lines (CMocka writes them too), and perhaps a closing line.
RESULT = re.compile(r"^(not ok|FAIL|ok)\b(.*)")
SKIP = re.compile(r"#\s*skip\b", re.I)
PLAN = re.compile(r"^1\.\.(\d+)$")
CLOSING = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
EXIT_SKIP = 77


class Counts:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    @property
    def total(self):
        return self.passed + self.failed + self.skipped


def count(text, status):
    """The checks in a program's output. A program that fails, stops before the end of its TAP plan
    or tells of no check at all has at least one failed check, whatever else it printed."""
    counts, planned, closing, why = Counts(), 0, None, ""
    for line in text.splitlines():
        if plan := PLAN.match(line):
            planned += int(plan[1])
        elif end := CLOSING.match(line):
            closing = Counts(*(int(n or 0) for n in end.groups()))
        elif result := RESULT.match(line):
            if SKIP.search(result[2]):
                counts.skipped += 1
            elif result[1] != "ok":
                counts.failed += 1
            else:
                counts.passed += 1
    if closing and closing.total >= counts.total:
        counts = closing
    if status == EXIT_SKIP and not counts.failed:
        return Counts(counts.passed, 0, counts.skipped or 1), ""
    if status != 0:
        why = f"exit status {status}"
    elif counts.total < planned:
        why = f"{counts.total} of {planned} planned checks were told of"
    elif not counts.total:
        why = "it told of no check"
    if why and not counts.failed:
        counts.failed = 1
    return counts, why


class Job:
    """A program to run."""

    running = set()
    lock = threading.Lock()

    def __init__(self, name, argv, timeout, env=None, counter=count, cwd=None):
        self.name, self.argv, self.timeout, self.cwd = name, argv, timeout, cwd
        self.env, self.counter = env or {}, counter
        self.counts, self.why, self.text, self.seconds = Counts(), "", "", 0.0

    def run(self):
        start = time.monotonic()
        try:
            process = subprocess.Popen(self.argv, env={**os.environ, **self.env}, cwd=self.cwd,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        except OSError as e:
            self.counts, self.why = Counts(failed=1), str(e)
            return self
        with Job.lock:
            Job.running.add(process)
        try:
            output, late = self._wait(process)
        finally:
            with Job.lock:
                Job.running.discard(process)
        self.text = output.decode(errors="replace")
        self.seconds = time.monotonic() - start
        status = process.returncode
        self.counts, self.why = self.counter(self.text, status if status >= 0 else 128 - status)
        if late:
            self.why = f"did not end in {self.timeout} s"
            self.counts.failed = max(self.counts.failed, 1)
        return self

    def _wait(self, process):
        try:
            return process.communicate(timeout=self.timeout)[0], False
        except subprocess.TimeoutExpired:
            signal_group(process, signal.SIGTERM)
        try:
            return process.communicate(timeout=10)[0], True
        except subprocess.TimeoutExpired:
            signal_group(process, signal.SIGKILL)
            return process.communicate()[0], True


def signal_group(process, signum):
    try:
        os.killpg(process.pid, signum)
    except ProcessLookupError:
        pass


def stop_all():
    """Ends whatever still runs: tests/lab/run takes its guests along."""
    with Job.lock:
        processes = list(Job.running)
    for process in processes:
        signal_group(process, signal.SIGTERM)
