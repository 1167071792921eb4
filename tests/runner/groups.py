# SPDX-License-Identifier: LGPL-2.1-or-later
"""What belongs to which group. Files are found by pattern, so that a new one joins by itself.

A script of tests/real or tests/cli may carry lines of these forms among its first ten:
  # lab: --backend qemu --nics 4     options of tests/lab/run for it
  # run: long                        not in the default run, but in the group long

Tests with a long form of their own are run once more in the group long: scripts whose text has
the word --long or lab.LONG get the argument --long; PROGRAMS and LONG_UNIT name the others."""

import glob
import os
import re
import shlex

import builds
from builds import whole
from job import Job

LAB = "tests/lab/run"
PYTHON = "/usr/bin/python3"
TAP = {"CMOCKA_MESSAGE_OUTPUT": "TAP"}
SANITIZER = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}
GROWTH = "tests/bench/growth.py"
# meson's tests with a long form, and what asks for it.
LONG_UNIT = {
    "look-property": {"NETBOND_SEED": "1000", "NETBOND_COUNT": "20000"},
    "plan-property": {"NETBOND_SEED": "1000", "NETBOND_COUNT": "20000"},
    "restore-property": {"NETBOND_SEED": "1000", "NETBOND_COUNT": "20000"},
}
# The compiled programs of tests/real that are tests: arguments, and those of the long form.
PROGRAMS = {
    "compare-model": (["--random", "1-12"], ["--no-stories", "--random", "13-1000"]),
    "real-hash": (["10000"], ["200000"]),
    "real-look": (["30"], ["2000", "2"]),
    "real-monitor": ([], None),
    "real-nl-l3": ([], None),
    "real-nl-observe": ([], None),
    "real-nl-operations": ([], None),
    "real-nl-options": ([], None),
    "real-property": (["40"], ["2000", "41"]),
    "real-faults": (["60"], ["0"]),
}
# Tests that run with all bonds inside a network namespace as well; the first in the default run.
INSIDE = ("mode-pairs", "addresses", "adoption", "failures", "modes", "nic-in-use", "options",
          "routes", "slaves", "traffic", "uppers")
FUZZ_SECONDS = 30
LONG_FUZZ_SECONDS = 600
# What each fuzzer starts from.
SEEDS = {
    "fuzz-bus": [],
    "fuzz-config": ["tests/bad", "conf/examples"],
    "fuzz-frame": [],
    "fuzz-netlink": ["tests/fuzz/seeds/netlink"],
    "fuzz-snapshot": ["tests/golden"],
}


class Group:
    """`jobs(part)` is called when `build` works; `parts` names what may follow the colon."""

    def __init__(self, name, help_text, jobs, build=None, needs=(), default=False, many=2,
                 part=None):
        self.name, self.help, self.jobs, self.build = name, help_text, jobs, build
        self.needs, self.default, self.many, self.part = needs, default, many, part


def header(path, word):
    """The value of a "# word: value" line at the top of a script."""
    with open(path, encoding="utf-8", errors="replace") as f:
        for _ in range(10):
            match = re.match(rf"\s*(?:#|//|/?\*)\s*{word}:\s*(.*)", f.readline())
            if match:
                return match[1].strip()
    return ""


def mentions(path, word):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return word in f.read()
    except OSError:
        return False


def scripts(pattern):
    """name -> path of the scripts of a pattern: files that begin with #!; others are helpers."""
    found = {}
    for path in sorted(glob.glob(pattern)):
        name, extension = os.path.splitext(os.path.basename(path))
        if os.path.isdir(path):
            continue
        with open(path, "rb") as f:
            program = f.read(2) == b"#!"
        if program and extension in (".py", ".sh", ""):
            found[name] = path
    return found


def interpreter(path):
    return [PYTHON, "-B", path] if path.endswith(".py") else [path]


def meson_tests(name, build, env=None):
    return [Job(f"{name}:{test}", argv, 600, env={**TAP, **(env or {})}, cwd=build.folder)
            for test, argv in build.tests().items()]


def unit():
    return meson_tests("unit", builds.MAIN)


def sanitize():
    return meson_tests("sanitize", builds.SANITIZED, SANITIZER)


def clang():
    return meson_tests("clang", builds.CLANG)


def cli():
    return [Job(f"cli:{name}", [*interpreter(path), builds.MAIN.folder], 900)
            for name, path in scripts("tests/cli/*").items() if header(path, "run") != "long"]


def fuzzers(group, seconds, *options):
    jobs = []
    for name, path in builds.FUZZ.programs("tests/fuzz").items():
        found = f"{builds.FUZZ.folder}/found-{name}"
        os.makedirs(found, exist_ok=True)
        argv = [path, f"-max_total_time={seconds}", "-max_len=4096", "-rss_limit_mb=512", *options,
                "-print_final_stats=1", f"-artifact_prefix={found}/", found, *SEEDS[name]]
        jobs.append(Job(f"{group}:{name.removeprefix('fuzz-')}", argv, seconds + 300,
                        env=SANITIZER, counter=whole))
    return jobs


def fuzz():
    # The same draws each time: what lands is judged by what it changed. fuzz-long draws anew.
    return fuzzers("fuzz", FUZZ_SECONDS, "-seed=1")


def fuzz_long():
    return fuzzers("fuzz-long", LONG_FUZZ_SECONDS)


def lab():
    # One after the other: the self-test counts what its runs leave behind.
    return [Job("lab:selftest", [PYTHON, "-B", "tests/lab/selftest"], 900)]


def in_lab(name, options, argv):
    """A job whose program runs in a guest."""
    words = shlex.split(options)
    if "--timeout" not in words:
        words += ["--timeout", "900"]
    limit = max(float(words[i + 1]) for i, word in enumerate(words) if word == "--timeout")
    return Job(name, [LAB, *words, "--", *argv], limit + 120, env=TAP)


def real_scripts(name, extra):
    """The scripts of tests/real, each once; `extra` may name a kernel, which only uml has."""
    for test, path in scripts("tests/real/*.py").items():
        options = header(path, "lab")
        if header(path, "run") != "long" and not (extra and "--backend" in options):
            yield in_lab(f"{name}:{test}", f"{extra} {options}",
                         [*interpreter(path), builds.MAIN.folder])


def real_programs(name, extra, long=False):
    compiled = builds.MAIN.programs("tests/real")
    for program, arguments in PROGRAMS.items():
        if program in compiled and arguments[long] is not None:
            yield in_lab(f"{name}:{program.removeprefix('real-')}", extra,
                         [compiled[program], *arguments[long]])


def inside(tests=INSIDE):
    return [in_lab(f"inside:{test}", "", [*interpreter(path), builds.MAIN.folder, "--inside"])
            for test, path in scripts("tests/real/*.py").items() if test in tests]


def real():
    # The programs first: compare-model is the longest of all, and would else end alone.
    return [*real_programs("real", ""), *real_scripts("real", ""), *inside(INSIDE[:1])]


def kernel(part):
    extra = f"--kernel {part}"
    return [*real_scripts(f"kernel:{part}", extra), *real_programs(f"kernel:{part}", extra)]


def long():
    jobs = list(real_programs("long", "--timeout 9000", long=True))
    for test, path in scripts("tests/real/*.py").items():
        more = ["--long"] if mentions(path, "lab.LONG") or mentions(path, "--long") else []
        if more or header(path, "run") == "long":
            # The last one counts; that of the header is for the short form.
            jobs.append(in_lab(f"long:{test}", f"{header(path, 'lab')} --timeout 3000",
                               [*interpreter(path), builds.MAIN.folder, *more]))
    if os.path.exists(GROWTH):
        jobs.append(in_lab("long:growth", "--mem 3G --timeout 1800",
                           [PYTHON, "-B", GROWTH, builds.MAIN.folder, "--long"]))
    for name, path in scripts("tests/cli/*").items():
        if header(path, "run") == "long":
            jobs.append(Job(f"long:{name}", [*interpreter(path), builds.MAIN.folder], 3600))
    for test, argv in builds.MAIN.tests().items():
        if test in LONG_UNIT:
            jobs.append(Job(f"long:{test}", argv, 3600, env={**TAP, **LONG_UNIT[test]},
                            cwd=builds.MAIN.folder))
    return jobs


def bench_growth():
    if not os.path.exists(GROWTH):
        return []
    return [in_lab("growth:work", header(GROWTH, "lab"), [PYTHON, "-B", GROWTH, builds.MAIN.folder])]


def analyze():
    return [Job(f"analyze:{tool}", [PYTHON, "-B", "tests/analyze/analyze.py", tool], 7200)
            for tool in ("gcc", "clang", "cppcheck")]


def package():
    return [Job("package:debian", ["tests/package/test"], 3600)]


def networkmanager():
    return [Job("networkmanager:beside", ["tests/networkmanager/test", builds.MAIN.folder], 1200)]


def metrics():
    return [Job("metrics:promtool", [PYTHON, "-B", "tests/prometheus/promtool.py",
                                     builds.MAIN.folder], 300)]


def bench():
    return [Job("bench:uml", ["tests/bench/run", builds.RELEASE.folder], 3600)]


GROUPS = [
    Group("unit", "meson's tests: a CMocka program per file of lib/, golden plans, bad files",
          unit, builds.MAIN, default=True),
    Group("cli", "netbondctl as a user calls it, on this machine", cli, builds.MAIN,
          default=True),
    Group("sanitize", "meson's tests with ASan and UBSan", sanitize, builds.SANITIZED, default=True),
    Group("fuzz", f"each fuzzer for {FUZZ_SECONDS} s", fuzz, builds.FUZZ,
          default=os.path.isdir("tests/fuzz")),
    Group("fuzz-long", f"each fuzzer for {LONG_FUZZ_SECONDS} s, with other draws each time",
          fuzz_long, builds.FUZZ),
    Group("lab", "the lab itself", lab, default=True),
    Group("real", "on a real bonding driver, kernel 6.1", real, builds.MAIN, ("qemu",),
          default=True),
    Group("growth", "work done for N bonds, counted", bench_growth, builds.MAIN, default=True),
    Group("clang", "compiled by the second compiler, meson's tests", clang, builds.CLANG),
    Group("analyze", "gcc -fanalyzer, clang-tidy, cppcheck: each finding is answered", analyze,
          needs=("analyze",)),
    Group("kernel", "as real, on another kernel: kernel:6.12 or kernel:newest", kernel,
          builds.MAIN, ("kernels",), part=("6.12", "newest")),
    Group("inside", "as real, with all bonds inside a namespace", inside, builds.MAIN),
    Group("long", "the long forms", long, builds.MAIN, ("partners",)),
    Group("package", "the Debian package: built, looked at by lintian, installed and purged",
          package, needs=("build", "test", "package")),
    Group("networkmanager", "the service beside NetworkManager, which is fetched for it",
          networkmanager, builds.MAIN),
    Group("metrics", "metrics and alerts as promtool sees them", metrics, builds.MAIN,
          ("build", "test", "metrics")),
    Group("bench", "times and memory against ip -batch", bench, builds.RELEASE, many=1),
]
