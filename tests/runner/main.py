# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line of tests/run."""

import argparse
import concurrent.futures
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from groups import GROUPS  # noqa: E402
from job import Counts, stop_all  # noqa: E402

LOGS = "build-tests/logs"
SHOWN_LINES = 150


class Stopped(Exception):
    """A signal asked for the end."""


def parse():
    names = "\n".join(f"  {g.name:<10} {'' if g.default else '(by name) '}{g.help}" for g in GROUPS)
    p = argparse.ArgumentParser(
        prog="tests/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Installs what is missing, builds and tests.",
        epilog=f"groups:\n{names}\n\nGROUP:NAME runs one test of a group. The output of every test "
               f"is kept in {LOGS}/.")
    p.add_argument("wanted", nargs="*", metavar="GROUP[:NAME]",
                   help="what to run (default: all groups but those by name)")
    p.add_argument("--list", action="store_true", help="build, show the tests, run none")
    p.add_argument("-v", "--verbose", action="store_true", help="show the output of every test")
    p.add_argument("-j", "--jobs", type=int, default=2, help="how many at once (default 2)")
    return p, p.parse_args()


def choose(parser, words):
    """[(group, part or None, name or None)] for the words of the command line."""
    known = {g.name: g for g in GROUPS}
    if not words:
        return [(g, None, None) for g in GROUPS if g.default]
    chosen = []
    for word in words:
        name, _, rest = word.lstrip("-").partition(":")
        if name not in known:
            parser.error(f"no group '{name}'; there are: {' '.join(known)}")
        group, part = known[name], None
        if group.part:
            part, _, rest = rest.partition(":")
            if part not in group.part:
                parser.error(f"{name} needs one of: " +
                             " ".join(f"{name}:{p}" for p in group.part))
        chosen.append((group, part, rest or None))
    return chosen


class Run:
    def __init__(self, options):
        self.options, self.sum = options, Counts()

    def tell(self, job):
        """One line for a job; its output when something failed or all is wanted."""
        c = job.counts
        self.sum.add(c)
        os.makedirs(LOGS, exist_ok=True)
        with open(f"{LOGS}/{job.name.replace(':', '-')}.log", "w", encoding="utf-8") as f:
            f.write(job.text)
        what = f"{c.failed} of {c.total} failed" if c.failed else \
            f"{c.total} check{'' if c.total == 1 else 's'}"
        what += f", {c.skipped} skipped" if c.skipped else ""
        print(f"{'FAIL' if c.failed else 'ok':<5} {job.name:<34} {what:<24} {job.seconds:6.1f} s"
              f"{'  (' + job.why + ')' if c.failed and job.why else ''}", flush=True)
        if c.failed or self.options.verbose:
            self.show(job.text.splitlines(), c.failed)
        elif c.skipped:
            self.show([line for line in job.text.splitlines() if "skip" in line.lower()], False)

    def show(self, lines, failed):
        """Indented: nothing a test prints is mistaken for the closing line."""
        if failed and not self.options.verbose:
            bad = [i for i, line in enumerate(lines) if line.startswith(("not ok", "FAIL"))]
            start = max(0, min([*bad, len(lines) - 40]) - 40)
            lines = lines[start:start + SHOWN_LINES]
        for line in lines:
            print(f"    | {line}")
        sys.stdout.flush()

    def failed(self, name, why):
        print(f"FAIL  {name:<34} {why}", flush=True)
        self.sum.failed += 1

    def ready(self, group):
        """Installs and builds what a group needs. Return: whether it can run."""
        needs = [*group.needs, *(group.build.needs if group.build else ())]
        if needs and subprocess.run(["tests/setup", *needs], check=False).returncode:
            self.failed(f"setup:{group.name}", f"tests/setup {' '.join(needs)}")
            return False
        if not group.build:
            return True
        job = group.build.job_once()
        if job:
            job.run()
            if job.counts.failed or not self.options.list:
                self.tell(job)
        return group.build.works

    def group(self, group, part, name):
        if not self.options.list:
            print(f"== {group.name}{':' + part if part else ''}: {group.help}", flush=True)
        if not self.ready(group):
            return
        jobs = group.jobs(part) if part else group.jobs()
        if name:
            jobs = [j for j in jobs if j.name == ":".join(filter(None, (group.name, part, name)))]
            if not jobs:
                self.failed(f"{group.name}:{name}", "there is no such test")
        if self.options.list:
            for job in jobs:
                print(job.name)
            return
        many = min(self.options.jobs, group.many)
        with concurrent.futures.ThreadPoolExecutor(many) as pool:
            try:
                for done in concurrent.futures.as_completed([pool.submit(j.run) for j in jobs]):
                    self.tell(done.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                stop_all()
                raise


def stop(signum, _frame):
    raise Stopped(signal.Signals(signum).name)


def main():
    parser, options = parse()
    chosen = choose(parser, options.wanted)
    if options.list and not options.wanted:
        chosen = [(g, p, None) for g in GROUPS for p in g.part or (None,)]
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, stop)
    run, start = Run(options), time.monotonic()
    try:
        for group, part, name in chosen:
            run.group(group, part, name)
    except Stopped as e:
        run.failed("run", f"stopped by {e}")
    except Exception as e:  # the sum is told whatever happens
        run.failed("run", f"{type(e).__name__}: {e}")
    if options.list:
        return 1 if run.sum.failed else 0
    s = run.sum
    print(f"-- {time.monotonic() - start:.0f} s")
    print(f"{s.passed} passed, {s.failed} failed" + (f", {s.skipped} skipped" if s.skipped else ""))
    return 1 if s.failed or not s.passed else 0


sys.exit(main())
