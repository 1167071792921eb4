#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What netbondctl says to a daemon and about it: tests/cli/online.py BUILD_DIR [--update]

fake-bus plays the daemon on a socket, by the scenarios in bus/. Golden cases are compared, byte by
byte, with golden/online/NAME.txt: the output and what the daemon was asked.
"""

import difflib
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

import yaml

import members
import terminal
from flows import CAPTURES
from report import Report

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
PROGRAM = str(BUILD / "cli/netbondctl")
FAKE = str(BUILD / "tests/cli/fake-bus")
UPDATE = "--update" in sys.argv[2:]
ENVIRONMENT = {"PATH": os.environ["PATH"], "COLUMNS": "80", "LC_ALL": "C", "TZ": "UTC"}

report = Report()

# name, what it shows, scenario, arguments, standard input
GOLDEN = [
    ("status", "all bonds, worst first", "mixed", "status", None),
    ("status-glob", "bonds by pattern", "mixed", "status 'bond?' blue/*", None),
    ("status-typo", "a bond nearly right", "mixed", "status bnod0", None),
    ("status-fine", "all is well", "fine", "status", None),
    ("status-early", "the daemon has not looked yet", "early", "status", None),
    ("status-none", "no bond at all", "none", "status", None),
    ("status-degraded", "a configuration that is not in force", "errors", "status", None),
    ("status-json", "for programs", "mixed", "status -o json bond2 wan", None),
    ("history", "what happened", "mixed", "history", None),
    ("history-one", "of one bond, the newest two", "mixed", "history blue/bond2 -n 2", None),
    ("history-since", "within two hours", "mixed", "history --since 2h", None),
    ("history-json", "for programs", "mixed", "history -n 2 -o json", None),
    ("history-none", "nothing", "none", "history", None),
    ("history-lines", "a number that is none", "none", "history --lines many", None),
    ("history-moment", "a time that is none", "none", "history --since tomorrow", None),
    ("drill", "a drill", "mixed", "drill bond0", None),
    ("drill-probe", "an address that is none", "mixed", "drill bond0 --probe 192.0.2.x", None),
    ("drill-early", "one that ended early", "fine", "drill bond0 eth0 --how release --hold 5s", None),
    ("drill-many", "of two bonds at once", "mixed", "drill bond*", None),
    ("drill-hold", "a time that is none", "mixed", "drill bond0 --hold soon", None),
    ("explain", "what is wrong, of all bonds", "mixed", "explain", None),
    ("explain-fine", "a bond of which nothing is", "mixed", "explain bond0", None),
    ("explain-typo", "a bond nearly right", "mixed", "explain bnod2", None),
    ("explain-json", "for programs", "mixed", "explain -o json bond2", None),
    ("hash", "a flow between MACs that are known", "mixed", "hash bond2 tcp 192.0.2.1:40000 to "
     "198.51.100.7:443 src-mac 02:00:00:00:00:07 dst-mac 02:00:00:00:00:99", None),
    ("hash-way", "a MAC that nobody knows", "mixed", "hash bond2 udp 192.0.2.1:5000 to "
     "198.51.100.7:53", None),
    ("hash-active", "active-backup", "mixed", "hash bond0 icmp 192.0.2.1 to 192.0.2.9", None),
    ("hash-json", "for programs", "mixed", "hash -o json bond2 tcp 192.0.2.1:40000 to "
     "198.51.100.7:443 src-mac 02:00:00:00:00:07 dst-mac 02:00:00:00:00:99", None),
    ("hash-flow", "a flow that is none", "mixed", "hash bond2 tcp 192.0.2.1 from 192.0.2.9", None),
    ("hash-bond", "a bond that is not there", "mixed", "hash bond9 udp 192.0.2.1 to 192.0.2.9", None),
    ("balance", "shares of a bond without traffic", "mixed", "balance bond2 --for 1s", None),
    ("balance-json", "for programs", "mixed", "balance bond0 --for 1s -o json", None),
    ("balance-time", "a time that is none", "mixed", "balance bond0 --for soon", None),
    ("balance-flows", "what each policy would do", "mixed", "balance bond2 --flows -",
     CAPTURES["busy"]),
    ("balance-flows-json", "for programs", "mixed", "balance bond2 -r - -o json", CAPTURES["busy"]),
    ("balance-flows-mode", "a mode without a hash", "mixed", "balance bond0 --flows -",
     CAPTURES["busy"]),
    ("balance-flows-lost", "no slave is usable", "mixed", "balance wan --flows -",
     CAPTURES["busy"]),
    ("balance-flows-foreign", "frames of others alone", "mixed", "balance bond2 --flows -",
     CAPTURES["foreign"]),
    ("balance-flows-torn", "a file that was cut", "mixed", "balance bond2 --flows -",
     CAPTURES["torn"]),
    ("balance-flows-empty", "a file without a frame", "mixed", "balance bond2 --flows -",
     CAPTURES["empty"]),
    ("balance-flows-cooked", "another link layer", "mixed", "balance bond2 --flows -",
     CAPTURES["cooked"]),
    ("balance-flows-text", "a file that is no capture", "mixed", "balance bond2 --flows -",
     CAPTURES["text"]),
    ("balance-missing", "a bond that is declared only", "mixed", "balance blue/bond1", None),
    ("hash-flows", "the flows of a capture", "mixed", "hash bond2 --flows -", CAPTURES["busy"]),
    ("hash-flows-json", "for programs", "mixed", "hash bond2 --flows - -o json", CAPTURES["foreign"]),
    ("hash-flows-two", "a flow and a capture", "mixed",
     "hash bond2 --flows - arp 192.0.2.1 to 192.0.2.2", CAPTURES["busy"]),
    ("metrics", "metrics for Prometheus", "mixed", "metrics", None),
    ("show", "one bond", "mixed", "show bond0", None),
    ("show-two", "two bonds, one of them missing", "mixed", "show bond1 bond2", None),
    ("plan", "a plan", "mixed", "plan files/good.yaml --allow down --exact --reorder", None),
    ("plan-nothing", "nothing to do", "fine", "plan", None),
    ("plan-invalid", "a configuration with a problem", "errors", "plan -", "bonds: {bond0: {}}\n"),
    ("apply", "an apply that ends with something held", "mixed", "apply --allow down -",
     "bonds: {}\n"),
    ("apply-nothing", "an apply without a file", "fine", "apply", None),
    ("apply-stale", "the plan changed meanwhile", "stale", "apply", None),
    ("apply-lost", "the daemon goes away", "lost", "apply", None),
    ("reload", "a reload", "fine", "reload", None),
    ("reload-held", "a reload with something held", "mixed", "reload", None),
    ("reload-denied", "a reload without the right to", "errors", "reload", None),
    ("reload-busy", "a reload while another runs", "stale", "reload", None),
    ("failover", "a failover", "mixed", "failover bond0 eth1 --once", None),
    ("failover-slave", "a slave that is not there", "errors", "failover bond0 eth9", None),
    ("failover-refused", "the driver would go back", "stale", "failover bond0 eth1", None),
    ("pause", "a pause", "mixed", "pause bond0", None),
    ("pause-long", "one and a half hours", "mixed", "pause bond0 1h30m", None),
    ("pause-off", "the end of a pause", "mixed", "pause bond0 off", None),
    ("pause-bond", "a bond that is not there", "errors", "pause bond9", None),
    ("pause-failed", "a failure", "stale", "pause bond0", None),
    ("snapshot", "a snapshot", "mixed", "snapshot", None),
    ("snapshot-lost", "the daemon goes away", "errors", "snapshot", None),
    ("online", "bonds that can be used", "fine", "wait-online --timeout 0", None),
    ("online-lacking", "bonds that cannot, each for another reason", "lacking",
     "wait-online --timeout 0", None),
    ("online-one", "one of them", "lacking", "wait-online --timeout 0 bond4", None),
    ("online-early", "the daemon has not looked yet", "early", "wait-online --timeout 0", None),
    ("online-unknown", "one that is not there", "lacking", "wait-online bond99", None),
]


class Fake:
    """The daemon's end; .calls() ends it and tells what it was asked."""

    def __init__(self, scenario):
        self.folder = tempfile.TemporaryDirectory()
        self.start(scenario)

    def start(self, scenario):
        self.process = subprocess.Popen(
            [FAKE, self.folder.name + "/bus", str(HERE / "bus" / f"{scenario}.json")],
            stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("fake-bus did not start")

    def again(self, scenario):
        """Another daemon in its place."""
        self.end()
        os.unlink(self.folder.name + "/bus")
        self.start(scenario)

    def __enter__(self):
        return self

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __exit__(self, *_):
        self.end()
        self.folder.cleanup()

    def argv(self, *args):
        return [PROGRAM, *args, "--runtime-dir", self.folder.name]

    def run(self, *args, stdin=""):
        """@stdin: text, or bytes for a file that is none."""
        stdin = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(self.argv(*args), cwd=HERE, env=ENVIRONMENT, capture_output=True,
                              input=stdin or b"", timeout=60)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    def calls(self):
        self.process.kill()
        return [json.loads(line) for line in self.process.stdout]


def golden():
    folder = HERE / "golden/online"
    texts = {}
    for name, what, scenario, args, stdin in GOLDEN:
        with Fake(scenario) as fake:
            done = fake.run(*shlex.split(args), stdin=stdin)
            calls = "".join(json.dumps(call) + "\n" for call in fake.calls())
        # A moment a day, or another span, before now.
        calls = re.sub(r'("History", "[^"]*", )[1-9]\d{14,}', r"\1MOMENT", calls)
        # How long was measured is never quite what was asked for.
        out = re.sub(r'(over |"usec": ?)[0-9.]+', r"\1TIME", done.stdout)
        out = re.sub(r'("since": |since_timestamp_seconds{.*} )[1-9]\d{8,}', r"\1MOMENT", out)
        text = (f"$ netbondctl {args}\n{out}--- standard error\n{done.stderr}"
                f"--- exit status {done.returncode}\n--- the daemon was asked\n{calls}")
        if "-o json" not in args and args.split()[0] not in ("metrics", "snapshot"):
            texts[f"{name}, {args}"] = done.stdout
        path = folder / f"{name}.txt"
        if UPDATE:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        want = path.read_text() if path.exists() else ""
        diff = "".join(difflib.unified_diff(
            want.splitlines(True), text.splitlines(True), path.name, "now"))
        report.check(not diff, f"{name}: {what}", diff)
    report.check_width(texts)
    stale = {p.stem for p in folder.glob("*.txt")} - {g[0] for g in GOLDEN}
    report.check(not stale, "every golden file has its case", stale)


def formats():
    for args in (["status"], ["history"], ["show", "bond*"], ["plan"], ["snapshot"]):
        with Fake("mixed") as fake:
            tree = json.loads(fake.run(*args, "-o", "json").stdout)
            again = yaml.safe_load(fake.run(*args, "-o", "yaml").stdout)
        report.check(tree == again and tree["version"] == 1,
                     f"{args[0]} -o yaml says the same as -o json, with its version")
    with Fake("mixed") as fake:
        bond = json.loads(fake.run("show", "bond0", "-o", "json").stdout)["bonds"][0]
    report.check(bond["options"]["miimon"] == 250 and bond["wanted"]["miimon"] == 100
                 and [s["name"] for s in bond["slave-links"]] == ["eth0", "eth1"],
                 "show -o json has options, wanted and slaves", bond)


def documented():
    """Each member of what is printed for programs stands in the manual."""
    flow = "tcp 192.0.2.1:4000 to 198.51.100.7:443"
    for args, stdin in (("status", ""), ("show bond0 bond2 wan", ""), ("history", ""),
                        ("explain", ""), (f"hash bond2 {flow}", ""), (f"hash bond0 {flow}", ""),
                        ("hash bond2 --flows -", CAPTURES["busy"]), ("balance bond2 --for 1s", ""),
                        ("balance bond2 --flows -", CAPTURES["busy"]), ("drill bond0", ""),
                        ("plan files/good.yaml", "")):
        with Fake("mixed") as fake:
            done = fake.run(*shlex.split(args), "-o", "json", stdin=stdin)
        verb = args.split()[0]
        missing = members.undocumented(json.loads(done.stdout), verb)
        report.check(members.documented(verb) and not missing,
                     f"the manual has all members of {args} -o json", missing)
    events = [json.loads(line) for line in watch("events", 10, "-o", "json")[0]]
    report.check(not members.undocumented(events, "watch"),
                 "the manual has all members of watch -o json", members.undocumented(events, "watch"))


def on_terminal(argv, typed="", **env):
    return terminal.show(argv, HERE, {**ENVIRONMENT, **env}, typed=typed)


def asked(calls, member):
    return [call for call in calls if call[1] == member]


def question():
    for typed, status, applied in (("y\n", 2, 1), ("n\n", 1, 0), ("\n", 1, 0), ("\x04", 1, 0)):
        with Fake("mixed") as fake:
            seen, got = on_terminal(fake.argv("apply"), typed)
            calls = asked(fake.calls(), "Apply")
        report.check("class down" in seen and "[y/N]" in seen and got == status
                     and len(calls) == applied,
                     f"on a terminal apply asks before class down; the answer {typed!r} counts",
                     seen)
    with Fake("fine") as fake:
        seen, got = on_terminal(fake.argv("apply"))
    report.check("[y/N]" not in seen and got == 0, "with nothing to do it does not ask", seen)


def colours():
    with Fake("mixed") as fake:
        seen, _ = on_terminal(fake.argv("status"))
        plain, _ = on_terminal(fake.argv("status"), NO_COLOR="1")
        piped = fake.run("status").stdout
    report.check("\033[1;31mdown" in seen and "\033[1;33mdegraded" in seen,
                 "states have colours on a terminal", repr(seen))
    report.check(plain == piped, "NO_COLOR: a terminal sees what a pipe gets", repr(plain))
    report.check(re.sub(r"\033\[[0-9;]*m", "", seen) == piped, "colours change nothing else")


def widths():
    for args, least in ((["status"], 40), (["show", "bond*"], 60)):
        for columns in (80, least):
            with Fake("mixed") as fake:
                text = subprocess.run(fake.argv(*args), cwd=HERE, capture_output=True, text=True,
                                      env={**ENVIRONMENT, "COLUMNS": str(columns)}).stdout
            wide = [line for line in text.splitlines() if len(line) > columns]
            report.check(text and not wide, f"{args[0]} fits {columns} columns", "\n".join(wide))


def watch(scenario, lines, *options, end=signal.SIGINT):
    """The first @lines that watch prints, and how it ends then."""
    with Fake(scenario) as fake:
        process = subprocess.Popen(fake.argv("watch", *options), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        guard = threading.Timer(30, process.kill)
        guard.start()
        seen = [process.stdout.readline() for _ in range(lines)]
        if end:
            process.send_signal(end)
        else:
            fake.process.kill()
        out, err = process.communicate()
        guard.cancel()
        return seen, out, err, process.returncode


def watching():
    want = ["bond0: active slave eth0 -> eth1 (eth0 lost its link)",
            "bond0: active slave eth1 -> none (no slave is usable)",
            "blue/bond2: eth2: aggregator 2, LACP active, collecting",
            "bond0: drift: miimon 250 -> 100 ms (the policy is warn)",
            "bond0: mended: miimon 250 -> 100 ms",
            "blue/bond0: active-slave none",
            "blue/bond0: mtu 9000",
            'blue/bond0: slaves ["eth0","eth1"]',
            "bond0/eth1: mii-status down",
            "bond0/eth1: is gone",
            "operation 1 of 2: set bond0 down",
            "transaction 3: converged"]
    seen, out, err, status = watch("events", len(want))
    texts = [line[9:].rstrip("\n") for line in seen]
    report.check(texts == want and all(re.match(r"\d\d:\d\d:\d\d ", line) for line in seen),
                 "watch tells each event in a line, with its time",
                 "\n".join(difflib.unified_diff(want, texts, lineterm="")))
    report.check(status == 0 and not out and not err, "Ctrl-C ends watch with status 0", err)
    _, _, _, status = watch("events", 1, end=signal.SIGTERM)
    report.check(status == 0, "so does SIGTERM")
    seen, _, err, status = watch("events", 1, end=None)
    report.check(status == 1 and "netbondd went away" in err,
                 "watch ends with an error when the daemon goes", err)
    seen, _, _, _ = watch("events", 10, "-o", "json")
    events = [json.loads(line) for line in seen]
    report.check(events[0]["signal"] == "FailedOver" and events[0]["from"] == "eth0"
                 and events[0]["reason"] == "eth0 lost its link" and events[2]["aggregator"] == 2
                 and events[5]["properties"]["mtu"] == 9000 and events[0]["version"] == 1,
                 "watch -o json: one object a line, with all arguments", "".join(seen))


def screen():
    """On a terminal watch and balance are one screen, which is given back."""
    def shown(*options, verb=("watch",), scenario="mixed", **env):
        with Fake(scenario) as fake:
            leader, follower = pty.openpty()
            fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 80, 0, 0))
            process = subprocess.Popen(fake.argv(*verb, *options), stdin=follower,
                                       stdout=follower, stderr=follower,
                                       env={**ENVIRONMENT, "TERM": "xterm", **env})
            os.close(follower)
            seen, end = b"", time.monotonic() + 20

            def more():
                try:
                    return os.read(leader, 65536)
                except OSError:         # it has ended
                    return b""
            # Two drawings, or what is told where there is no screen.
            while (time.monotonic() < end and seen.count(b"\033[H") < 2
                   and (b"\033[H" in seen or b"Ctrl-C" not in seen) and process.poll() is None):
                if select.select([leader], [], [], 0.1)[0]:
                    seen += more()
            process.send_signal(signal.SIGINT)
            while part := more():
                seen += part
            os.close(leader)
            return seen.decode(), process.wait()

    for verb in (("watch",), ("balance", "bond0")):
        seen, status = shown(verb=verb, NO_COLOR="1")
        report.check(status == 0 and seen.startswith("\033[?1049h") and seen.endswith("\033[?1049l")
                     and "\033[?25l" in seen
                     and seen.rindex("\033[?25h") > seen.rindex("\033[?25l"),
                     f"{verb[0]} takes the screen, and gives it back on Ctrl-C", repr(seen))
        last = seen.split("\033[H")[-1].split("\033[J")[0]
        lines = last.replace("\033[K", "").replace("\r", "").split("\n")
        report.check(len(lines) <= 20 and max(map(len, lines)) <= 80 and "bond0" in last
                     and "RECEIVED" in last, "it fits 20 lines of 80 columns", last)
    seen, status = shown(verb=("balance", "bond9"))
    report.check(status == 1 and "\033[?1049h" not in seen and "no bond 'bond9'" in seen,
                 "balance of a bond that is not there takes no screen", repr(seen))
    for what, options, env in (("--log", ("--log",), {}), ("TERM=dumb", (), {"TERM": "dumb"})):
        seen, status = shown(*options, **env)
        report.check(status == 0 and "\033[?1049h" not in seen, f"line by line with {what}",
                     repr(seen))


def waiting():
    with Fake("lacking") as fake:
        done = fake.run("wait-online", "--timeout", "2s", "bond0")
        rounds = len(asked(fake.calls(), "GetManagedObjects"))
    report.check(done.returncode == 1 and "within 2s" in done.stderr and rounds >= 2,
                 "wait-online looks again until its time is over", done)
    with Fake("lacking") as fake:
        process = subprocess.Popen(fake.argv("wait-online", "--timeout", "60s", "bond0"),
                                   stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        for _ in range(2):      # asked again: the first answer has arrived
            while json.loads(fake.process.stdout.readline())[1] != "GetManagedObjects":
                pass
        fake.again("fine")
        _, err = process.communicate(timeout=60)
    report.check(process.returncode == 0 and not err,
                 "wait-online waits on when the daemon goes away and comes back", err)


def completion():
    """bash is asked what it would offer."""
    text = subprocess.run([PROGRAM, "completion", "bash"], capture_output=True, text=True).stdout

    def offers(*words):
        script = (f"{text}\nPATH={shlex.quote(os.path.dirname(PROGRAM))}:$PATH\n"
                  f"COMP_WORDS=({' '.join(shlex.quote(w) for w in words)})\n"
                  f"COMP_CWORD={len(words) - 1}\n_netbondctl\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"")
        done = subprocess.run(["bash", "-c", script], cwd=HERE / "files", capture_output=True,
                              text=True)
        return [line for line in done.stdout.splitlines() if line]

    for words, want in (
            (["netbondctl", "stat"], ["status"]),
            (["netbondctl", "wait"], ["wait-online"]),
            (["netbondctl", "plan", "--all"], ["--allow"]),
            (["netbondctl", "plan", "--allow", ""], ["live", "slave", "down", "rebuild"]),
            (["netbondctl", "watch", "-o", ""], ["text", "json"]),
            (["netbondctl", "check", "--exact", "go"], ["good.yaml"]),
            (["netbondctl", "check", "-o", "json", "tw"], ["twice.yaml"]),
            (["netbondctl", "plan", "--config-dir", "s"], ["set"]),
            (["netbondctl", "options", "lacp-r"], ["lacp-rate"]),
            (["netbondctl", "help", "fail"], ["failover"]),
            (["netbondctl", "completion", "z"], ["zsh"]),
            (["netbondctl", "pause", "bond0", "o"], ["off"])):
        got = offers(*words)
        report.check(got == want, f"bash completes: {' '.join(words)}", f"{got}, not {want}")


for part in (golden, formats, documented, question, colours, widths, watching, screen, waiting, completion):
    part()
sys.exit(report.end())
