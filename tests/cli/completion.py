#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Completion in the real shells: tests/cli/completion.py BUILD_DIR

bash and zsh run on a terminal and get a tab key, as a user's do; fish has a way to be asked. What
they offer comes from the files that are installed. fake-bus plays the daemon.
"""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

from report import Report

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
PROMPT = "ready> "
SECONDS = 60        # how long a shell may take; a crowded machine is slow

# What is typed, and all that is offered.
CASES = [
    ("plan --all", {"--allow"}),
    ("plan --allow ", {"live", "slave", "down", "rebuild"}),
    ("watch -o ", {"text", "json"}),
    ("options lacp-", {"lacp-rate", "lacp-active", "lacp-strict"}),
    ("help fail", {"failover"}),
    ("completion ", {"bash", "zsh", "fish"}),
    ("show ", {"bond0", "bond1", "bond2", "bond10", "wan"}),
    ("pause bond0 o", {"off"}),
    ("check tw", {"twice.yaml"}),
]

report = Report()


def verbs():
    text = subprocess.run([str(BUILD / "cli/netbondctl"), "help"], capture_output=True, text=True,
                          check=True).stdout
    return set(re.findall(r"^  ([a-z-]+)", text.split("Verbs\n")[1].split("\n\n")[0], re.M))


class World:
    """netbondctl on the path, which talks to a daemon that is played."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        top = pathlib.Path(self.folder.name)
        self.fake = subprocess.Popen([str(BUILD / "tests/cli/fake-bus"), str(top / "bus"),
                                      str(HERE / "bus/mixed.json")], stdout=subprocess.PIPE)
        self.fake.stdout.readline()
        (top / "bin").mkdir()
        (top / "home").mkdir()
        (top / "zsh").mkdir()
        program = top / "bin/netbondctl"
        # Only what asks the daemon knows the option.
        program.write_text(f'#!/bin/sh\ncase $1 in status|show) set -- "$@" --runtime-dir {top} ;; '
                           f'esac\nexec {BUILD}/cli/netbondctl "$@"\n')
        program.chmod(0o755)
        shutil.copy(BUILD / "cli/_netbondctl", top / "zsh/_netbondctl")
        self.top = top
        self.env = {"PATH": f"{top}/bin:/usr/bin:/bin", "HOME": f"{top}/home", "TERM": "dumb",
                    "LC_ALL": "C.UTF-8", "COLUMNS": "200", "PS1": PROMPT, "INPUTRC": "/dev/null"}
        return self

    def __exit__(self, *_):
        self.fake.kill()
        self.fake.wait()
        self.fake.stdout.close()
        self.folder.cleanup()


class Terminal:
    """A shell on a terminal that knows no colours and nothing to paste."""

    def __init__(self, world, argv, setup):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(HERE / "files")
            os.execvpe(argv[0], argv, world.env)
        self.seen = ""
        self.type(setup + "; echo set''up\n")
        self.wait_for("setup\r\n")

    def type(self, text):
        os.write(self.fd, text.encode())

    def read(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if ready:
            self.seen += os.read(self.fd, 65536).decode(errors="replace")
        return bool(ready)

    def wait_for(self, text):
        end = time.monotonic() + SECONDS
        while text not in self.seen and time.monotonic() < end:
            self.read(1)
        return text in self.seen

    def offers(self, line, mark):
        """Everything on the terminal after two tabs; a line that shows the end is made of @mark."""
        self.seen = ""
        self.type(f"netbondctl {line}\t\t\t")
        # What is offered may come late, and nothing tells its end: a mark typed behind it does.
        self.type(f"\x01echo {mark}'' #\n")
        self.wait_for(f"\n{mark}\r\n")
        return self.seen.split(f"\n{mark}\r\n")[0]

    def end(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def judge(shell, line, want, text):
    """@text: what was typed and offered, colours and escapes in between."""
    words = set(re.findall(r"[A-Za-z0-9./-]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)))
    last = line.split(" ")[-1]
    missing = want - words
    known = verbs() if " " not in line else set()
    extra = {word for word in words & known if word.startswith(last)} - want
    report.check(not missing and not extra, f"{shell}: netbondctl {line}<Tab>",
                 f"missing {missing}, too many {extra}: {text!r}")


def cases():
    have = verbs()
    return [*((begin, {verb for verb in have if verb.startswith(begin)}) for begin in ("", "s", "wait")),
            *CASES]


def on_terminal(world, shell, argv, setup):
    terminal = Terminal(world, argv, setup)
    for number, (line, want) in enumerate(cases()):
        judge(shell, line, want, terminal.offers(line, f"mark{number}"))
    terminal.end()


def fish(world):
    for line, want in cases():
        done = subprocess.run(
            ["fish", "--no-config", "-c",
             f"source {BUILD}/cli/netbondctl.fish; complete -C 'netbondctl {line}'"],
            cwd=HERE / "files", env=world.env, capture_output=True, text=True, timeout=SECONDS)
        offered = {row.split("\t")[0] for row in done.stdout.splitlines()}
        report.check(offered == want and not done.stderr, f"fish: netbondctl {line}<Tab>",
                     f"{offered}, not {want} {done.stderr}")


with World() as here:
    on_terminal(here, "bash", ["bash", "--norc", "-i"], f". {BUILD}/cli/netbondctl.bash; "
                f"bind 'set completion-query-items 0'; bind 'set page-completions off'; PS1='{PROMPT}'")
    on_terminal(here, "zsh", ["zsh", "-f", "-i"], f"fpath=({here.top}/zsh $fpath); autoload -U "
                f"compinit && compinit -u -D; PS1='{PROMPT}'; setopt interactive_comments; LISTMAX=9999")
    fish(here)
sys.exit(report.end())
