# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line of tests/lab/run."""

import argparse
import os
import shutil
import signal
import sys

import common
import native
import qemu
import session
import uml
from common import EXIT_LAB, LabError

EPILOG = """\
The command sees the host's files as they are; what it writes is thrown away, but for $LAB_OUT
(see --out). /run and /tmp are empty, lo is up, there is no bond yet. It runs as root with the
project's root as working directory, without standard input. Exit status: the command's, 124 when
it took longer than --timeout, 125 when the lab itself failed."""


def parse(argv):
    p = argparse.ArgumentParser(prog="tests/lab/run", description="Run a command on a real "
                                "bonding driver, in a fresh environment that is thrown away.",
                                epilog=EPILOG)
    p.add_argument("--backend", choices=("auto", "native", "uml", "qemu"),
                   default=os.environ.get("NETBOND_LAB_BACKEND") or "auto",
                   help="default $NETBOND_LAB_BACKEND or what is there: native, uml, qemu")
    p.add_argument("--kernel", metavar="NAME", help=f"uml: {' '.join(uml.SUITES)}; default "
                   "$NETBOND_LAB_KERNEL or the installed one")
    p.add_argument("--systemd", action="store_true", help="with systemd as PID 1, D-Bus, journal")
    p.add_argument("--prepare", action="store_true", help="with --systemd: run the command once "
                   "before systemd starts, with --prepare as its last argument")
    p.add_argument("--timeout", type=float, default=600, metavar="SECS",
                   help="for the command, without the start (default 600)")
    p.add_argument("--nics", type=int, default=0, metavar="N", help="virtio network cards (qemu)")
    p.add_argument("--cpus", type=int, default=2, metavar="N", help="processors (qemu, default 2)")
    p.add_argument("--counted", action="store_true",
                   help="the clock counts instructions, 1 ns each (qemu, one processor)")
    p.add_argument("--mem", default=None, metavar="SIZE", help="memory (default 1G)")
    p.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    p.add_argument("--out", metavar="DIR", help="the folder behind $LAB_OUT, kept afterwards")
    p.add_argument("--cwd", default=common.PROJECT, metavar="DIR",
                   help="working directory (default: the project's root)")
    p.add_argument("--keep", action="store_true", help="keep the folder of the run, with its log")
    p.add_argument("--list", action="store_true", help="show backends and kernels, then end")
    p.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD ARGS...")
    options = p.parse_args(argv)
    if options.command[:1] == ["--"]:
        options.command.pop(0)
    if not options.command and not options.list:
        p.error("no command: tests/lab/run -- CMD ARGS...")
    extra = {}
    for pair in options.env:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            p.error(f"--env wants NAME=VALUE, not '{pair}'")
        extra[name] = value
    options.environment = common.command_environment(extra)
    options.mem = options.mem or "1G"
    if options.prepare and not options.systemd:
        p.error("--prepare is of use with --systemd only")
    return options


def choose(options):
    """The backend for these options. The kernel of the environment yields to other options."""
    preferred = os.environ.get("NETBOND_LAB_KERNEL")
    named = {"native": native, "uml": uml, "qemu": qemu}
    if options.backend != "auto":
        backend = named[options.backend]
    elif options.nics:
        backend = qemu
    elif options.kernel or preferred or options.systemd or options.shell:
        backend = uml
    elif native.works():
        backend = native
    elif uml.Kernel("/").ready or not qemu.Kernel().ready:
        backend = uml
    else:
        backend = qemu
    if backend is uml:
        options.kernel = options.kernel or preferred
    wrong = [name for name, unfit in (
        ("--nics", options.nics and backend is not qemu),
        ("--kernel", options.kernel and backend is not uml),
        ("--systemd", options.systemd and backend is native)) if unfit]
    if wrong:
        raise LabError(f"{wrong[0]} does not go with the backend {backend.__name__}")
    return backend


def show_list():
    def line(name, what, ready, todo):
        print(f"{name:<14} {what or '-':<24} {'ready' if ready else todo}")

    line("native", "this kernel", native.works(), "cannot make a bond here")
    for name in ("installed", *uml.SUITES):
        kernel = uml.find(name)
        todo = "tests/setup lab" if kernel.root == "/" else f"tests/lab/prepare {name}"
        line("uml", f"{name} {kernel.release or ''}", kernel.ready, todo)
    installed = os.access(qemu.QEMU, os.X_OK) and qemu.virtiofsd()
    line("qemu", f"cloud {qemu.Kernel().release or ''}", installed and qemu.Kernel().ready,
         "tests/lab/prepare qemu" if installed else "tests/setup qemu")
    print(f"kept in {common.cache()}")
    return 0


def main(argv=None, shell=False):
    options = parse(argv)
    if options.list:
        return show_list()
    options.shell = None
    if shell:
        size = shutil.get_terminal_size()
        options.shell = f"{size.lines}x{size.columns}"
    session.catch_signals()
    rundir = process = None
    try:
        backend = choose(options)
        rundir = common.RunDir(options.keep)
        process, channels = backend.run(options, rundir)
        return session.Session(process, channels, options.timeout).run()
    except session.Interrupted as e:
        return 128 + e.signum
    except BrokenPipeError:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        return 128 + signal.SIGPIPE
    except LabError as e:
        print(f"lab: {e}", file=sys.stderr)
        if rundir and os.path.exists(rundir.file("log")):
            rundir.keep_log()
            print(session.log_excerpt(rundir.file("log")), file=sys.stderr)
            print(f"lab: the whole log: {rundir.file('log')}", file=sys.stderr)
        return EXIT_LAB
    finally:
        session.ignore_signals()
        if rundir and options.keep:
            print(f"lab: kept {rundir.path}", file=sys.stderr)
        if process:
            process.kill()
        if rundir:
            rundir.remove()
