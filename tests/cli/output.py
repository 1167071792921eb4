#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What netbondctl prints and how it ends: tests/cli/output.py BUILD_DIR [--update]

Each golden case is compared, byte by byte, with golden/NAME.txt; --update writes these files anew,
to be reviewed as text. Needs no rights and no bonding driver.
"""

import difflib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import yaml

import members
import terminal
from report import Report

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "conf/examples"
PROGRAM = str(pathlib.Path(sys.argv[1]).resolve() / "cli/netbondctl")
UPDATE = "--update" in sys.argv[2:]

report = Report()

# name, what it shows, arguments, file for standard input
GOLDEN = [
    ("no-verb", "without a verb", "", None),
    ("help", "the list of verbs", "--help", None),
    ("help-check", "help of one verb", "check --help", None),
    ("help-plan", "help of a verb with many options", "help plan", None),
    ("help-unknown", "help of a verb that is not there", "help nonsense", None),
    ("verb-typo", "a verb nearly right", "chek", None),
    ("verb-unknown", "a verb that is not there", "xyzzy", None),
    ("verb-begin", "the beginning of a verb", "snap", None),
    ("option-first", "options before the verb", "-o yaml --all options lp-interval", None),
    ("option-alone", "options without a verb", "--allow down", None),
    ("option-typo", "an option nearly right", "plan --ofline", None),
    ("option-unknown", "an option that is not there", "check --frobnicate", None),
    ("option-foreign", "an option of another verb", "check --offline", None),
    ("option-letter", "a letter that is not there", "check -x", None),
    ("option-value-missing", "an option without its value", "plan --allow", None),
    ("option-value-empty", "an option with an empty value", "plan --allow=", None),
    ("option-value-too-many", "a value for an option that takes none",
     "plan --offline=yes", None),
    ("format-unknown", "a format that is not there", "check -o xml", None),
    ("format-refused", "a format this verb has not", "schema -o text", None),
    ("words-too-many", "one argument too many", "options miimon updelay", None),
    ("words-none", "an argument for a verb that takes none", "schema miimon", None),
    ("plan-online", "plan without a daemon", "plan --runtime-dir golden/none files/good.yaml", None),
    ("plan-class", "a class that is not there", "plan --offline --allow none", None),
    ("snapshot-online", "snapshot without a daemon", "snapshot --runtime-dir golden/none", None),
    ("status-alone", "status without a daemon", "status --runtime-dir golden/none", None),
    ("stack-nowhere", "a namespace that is not there", "stack no-such-namespace", None),
    ("stack-interval", "a time that is none", "stack --interval soon", None),
    ("metrics-alone", "metrics without a daemon", "metrics --runtime-dir golden/none", None),
    ("metrics-alone-open", "the same as OpenMetrics",
     "metrics --openmetrics --runtime-dir golden/none", None),
    ("history-alone", "history without a daemon", "history --runtime-dir golden/none", None),
    ("apply-alone", "apply without a daemon", "apply --runtime-dir golden/none", None),
    ("show-nothing", "an argument too few", "show", None),
    ("failover-half", "another argument too few", "failover bond0", None),
    ("pause-time", "a time that is none", "pause bond0 soon", None),
    ("timeout-time", "another one", "wait-online --timeout 5x", None),
    ("plan-folder", "a folder for the daemon", "plan --config-dir files/set", None),
    ("plan-host", "another machine's kernel", "plan --offline -H admin@nowhere", None),
    ("plan-exact", "--exact without a file", "plan --exact", None),
    ("two-daemons", "two places of a daemon", "status -M box --runtime-dir golden/none", None),
    ("snapshot-namespace", "a namespace for the daemon", "snapshot -n blue", None),
    ("shell-unknown", "a shell that is not there", "completion tcsh", None),
    ("help-apply", "help of apply", "apply --help", None),
    ("help-status", "help of status", "status --help", None),
    ("completion-bash", "completion for bash", "completion bash", None),
    ("completion-zsh", "completion for zsh", "completion zsh", None),
    ("completion-fish", "completion for fish", "completion fish", None),
    ("check-good", "a good file", "check files/good.yaml", None),
    ("check-two-good", "two good files", "check files/good.yaml files/more.yaml", None),
    ("check-stdin", "standard input", "check -", "files/good.yaml"),
    ("check-warning", "a file with a warning", "check files/warning.yaml", None),
    ("check-many", "many problems of one file, in order", "check files/many.yaml", None),
    ("check-two-files", "one value in two files", "check files/good.yaml files/twice.yaml", None),
    ("check-missing", "a file that is not there", "check files/missing.yaml", None),
    ("check-snapshot", "a snapshot instead of a configuration", "check files/snapshot.yaml", None),
    ("check-json", "problems for programs", "check -o json files/many.yaml", None),
    ("check-json-good", "a good file for programs", "check -o json files/good.yaml", None),
    ("check-yaml", "problems as YAML", "check -o yaml files/twice.yaml files/good.yaml", None),
    ("check-dir-empty", "a folder that is not there", "check --config-dir golden/none", None),
    ("check-dir", "a folder", "check --config-dir files/set", None),
    ("options", "all options at 80 columns", "options", None),
    ("options-all", "with read-only ones", "options --all", None),
    ("options-pattern", "options by pattern", "options 'arp-*'", None),
    ("options-pattern-none", "a pattern that fits nothing", "options 'zz*'", None),
    ("options-miimon", "one option", "options miimon", None),
    ("options-underscore", "one option, spelled with _", "options xmit_hash_policy", None),
    ("options-alias", "one option by its alias", "options num-unsol-na", None),
    ("options-read-only", "a read-only option", "options mii-status", None),
    ("options-runtime", "state that can be set", "options active-slave", None),
    ("options-typo", "an option's name nearly right", "options mimon", None),
    ("options-json", "one option for programs", "options -o json lacp-rate", None),
]


def run(args, stdin=None, **env):
    """stdout, stderr and exit status; no terminal, no colours, 80 columns."""
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "80", "LC_ALL": "C", **env}
    done = subprocess.run(
        [PROGRAM] + args, cwd=HERE, env=environment, capture_output=True, text=True,
        stdin=open(HERE / stdin) if stdin else subprocess.DEVNULL, timeout=60)
    return done.stdout, done.stderr, done.returncode


def golden():
    for name, what, args, stdin in GOLDEN:
        out, err, status = run(shlex.split(args), stdin)
        text = f"$ netbondctl {args}{' < ' + stdin if stdin else ''}\n"
        text += f"{out}--- standard error\n{err}--- exit status {status}\n"
        path = HERE / "golden" / f"{name}.txt"
        if UPDATE:
            path.write_text(text)
        want = path.read_text() if path.exists() else ""
        diff = "".join(difflib.unified_diff(
            want.splitlines(True), text.splitlines(True), str(path.name), "now"))
        report.check(not diff, f"{name}: {what}", diff)
    stale = {p.stem for p in (HERE / "golden").glob("*.txt")} - {g[0] for g in GOLDEN}
    report.check(not stale, "every golden file has its case", stale)


def verbs():
    """The table drives help: nothing is told in one place and missing in another."""
    out, _, _ = run(["--help"])
    names = re.findall(r"^  ([a-z-]+)(?: [A-Z\[]|  |$)", out.split("Options")[0], re.M)
    report.check(len(names) >= 6, "--help lists the verbs", out)
    for name in names:
        text, err, status = run([name, "--help"])
        again, _, _ = run(["help", name])
        report.check(
            status == 0 and not err and text.startswith(f"usage: netbondctl {name} ")
            and text == again, f"{name} --help and help {name} say the same", text + err)
    out, err, status = run(["--version"])
    report.check(status == 0 and re.fullmatch(r"netbondctl \d+\.\d+\.\d+\n", out),
                 "--version", out + err)


def examples():
    paths = sorted(EXAMPLES.glob("*.yaml"))
    report.check(len(paths) >= 8, "there are examples", paths)
    for path in paths:
        out, err, status = run(["check", str(path)])
        report.check(status == 0 and not err and ": OK, " in out, f"check {path.name}", out + err)


def formats():
    """JSON is JSON, and YAML says the same."""
    for args in (["options"], ["options", "--all"], ["options", "prio"], ["schema"],
                 ["check", "files/many.yaml"], ["check", "files/good.yaml"]):
        what = " ".join(args)
        out, err, _ = run(args + ["-o", "json"])
        tree = json.loads(out)
        report.check(not err, f"{what} -o json tells all on standard output", err)
        again = yaml.safe_load(run(args + ["-o", "yaml"])[0])
        report.check(tree == again, f"{what} -o yaml says the same as -o json")
        if args != ["schema"]:
            report.check(tree.get("version") == 1, f"{what} -o json has a version", out[:200])


def documented():
    for args in ("options --all", "check files/many.yaml", "check files/good.yaml", "ns list",
                 "stack --interval 0"):
        document = json.loads(run(args.split() + ["-o", "json"])[0])
        missing = members.undocumented(document, args.split()[0])
        report.check(len(members.members(document, args.split()[0])) > 1 and not missing,
                     f"the manual has all members of {args} -o json", missing)


def table():
    """The documents of options agree with the text."""
    rows = json.loads(run(["options", "-o", "json"])[0])["options"]
    report.check(all(row["writable"] for row in rows), "options lists writable ones alone")
    every = json.loads(run(["options", "--all", "-o", "json"])[0])["options"]
    hidden = {row["name"] for row in every} - {row["name"] for row in rows}
    report.check({"mii-status", "active-slave", "partner-mac"} <= hidden,
                 "options --all has the read-only ones", sorted(hidden))
    text, _, _ = run(["options"])
    missing = [r["name"] for r in rows if not re.search(rf"^{re.escape(r['name'])} ", text, re.M)]
    report.check(not missing, "options lists every row of its document", missing)
    for row in rows:
        detail, err, status = run(["options", row["name"]])
        report.check(status == 0 and row["help"] in " ".join(detail.split()),
                     f"options {row['name']}", detail + err)


def widths():
    names = re.findall(r"^  ([a-z-]+)(?: [A-Z\[]|  |$)", run(["--help"])[0].split("Options")[0], re.M)
    report.check_width({f"help {name}": run(["help", name])[0] for name in names})
    report.check_width({args: run(shlex.split(args))[0] for _, _, args, stdin in GOLDEN if not stdin
                        and "-o " not in args and not args.startswith(("completion", "metrics"))})
    for width in (40, 60, 80, 100, 132, 200):
        out, _, _ = run(["options", "--all"], COLUMNS=str(width))
        # Columns that never wrap decide how narrow it can be.
        longest = max(len(line) for line in out.splitlines())
        report.check(longest <= max(width, 79), f"options fit {width} columns",
                     f"{longest}: {max(out.splitlines(), key=len)}")
    wide, _, _ = run(["options"], COLUMNS="132")
    report.check("WHAT IT IS" in wide, "a wide terminal has the help in a column", wide[:300])
    for nonsense in ("", "0", "-5", "abc", "999999999999"):
        out, _, _ = run(["options"], COLUMNS=nonsense)
        report.check(out == run(["options"])[0], f"COLUMNS='{nonsense}' means 80 columns")


def on_terminal(args, columns=80, **env):
    return terminal.show([PROGRAM] + args, HERE, {"PATH": os.environ["PATH"], **env}, columns)[0]


def terminals():
    escape = "\033["
    report.check(escape in on_terminal(["options"]), "a terminal gets colours")
    report.check(escape in on_terminal(["check", "files/many.yaml"]),
                 "problems on a terminal have colours")
    for what, env in (("NO_COLOR", {"NO_COLOR": "1"}), ("TERM=dumb", {"TERM": "dumb"})):
        for args in (["options"], ["check", "files/many.yaml"], ["--help"]):
            seen = on_terminal(args, **env)
            report.check(escape not in seen, f"no colours with {what}: {args[0]}", repr(seen[:200]))
    report.check(escape in on_terminal(["options"], NO_COLOR=""),
                 "an empty NO_COLOR is none (no-color.org)")
    plain = re.sub(r"\033\[[0-9;]*m", "", on_terminal(["options"], columns=132))
    report.check(plain == run(["options"], COLUMNS="132")[0],
                 "the width of the terminal is used, and colours change nothing else")


def output_lost():
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "schema"], stdout=full, stderr=subprocess.PIPE, text=True)
    report.check(done.returncode == 1 and "No space left on device" in done.stderr,
                 "output that cannot be written is an error", done)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [PROGRAM, "schema", "-o", "yaml"], stdout=full, stderr=subprocess.PIPE, text=True)
    report.check(done.returncode == 1 and "No space left on device" in done.stderr,
                 "the same for YAML", done)


def odd_arguments():
    out, err, status = run(["check", "--", "-x.yaml"])
    report.check(status == 1 and "-x.yaml" in err and "No such file" in err,
                 "behind -- everything is a file", err)
    out, err, status = run(["options", "miimon", "-ojson"])
    report.check(status == 0 and json.loads(out)["options"][0]["name"] == "miimon",
                 "-ojson behind a word", err)
    out, err, status = run(["options", "-ao", "json"])
    report.check(status == 0 and len(json.loads(out)["options"]) > 50, "letters together: -ao json",
                 err)
    out, err, status = run(["options", "-o", "text", "-o", "json", "mode"])
    report.check(status == 0 and out.startswith("{"), "the last of two formats counts", out[:80])
    out, err, status = run(["check", "--frobnicate", "--help"])
    report.check(status == 1 and "frobnicate" in err, "what is wrong before --help is told", err)
    out, err, status = run(["chek\033[31m"])
    report.check("\033" not in err, "no control characters come back from an argument", repr(err))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "n\udcff.yaml"
        path.write_text("bonds: {}\n")
        done = subprocess.run([PROGRAM, "check", "-o", "json", str(path)], capture_output=True)
        name = json.loads(done.stdout.decode())["files"][0]
        report.check(done.returncode == 0 and name.endswith("n?.yaml"),
                     "a file name that is no UTF-8 leaves the JSON whole", done)


def manual():
    """The page tells of every verb and option that the table has."""
    page = (HERE.parent.parent / "docs/netbondctl.1").read_text()
    names = re.findall(r"^  ([a-z-]+)(?: [A-Z\[]|  |$)", run(["--help"])[0].split("Options")[0], re.M)
    for name in names:
        report.check(f"\n.It Cm {name}" in page, f"the manual has the verb {name}")
        for option in re.findall(r"^ +(?:-., )?--([a-z-]+)", run([name, "--help"])[0], re.M):
            report.check(re.search(rf"Fl Fl {option}\b", page),
                         f"the manual has --{option} of {name}")


FAKES = {
    # As sshd does it: all words behind the host are one text for a shell.
    "ssh": 'printf "%s\\n" "$@" >>"$CALLS"\nwhile [ "$1" != -- ]; do shift; done\nshift 2\n'
           'sh -c "$*"\n',
    "systemd-run": 'printf "%s\\n" "$@" >>"$CALLS"\nwhile [ "$1" != -- ]; do shift; done\nshift\n'
                   '"$@"\n',
    "netbondctl": 'printf "<%s>" "$@"\nexit 7\n',
}


def elsewhere():
    """ns and stack run on the other machine; what was asked for arrives there as it was."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FAKES.items():
            path = pathlib.Path(folder) / name
            path.write_text("#!/bin/sh\n" + text)
            path.chmod(0o755)
        calls = pathlib.Path(folder) / "calls"
        env = {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls)}
        for args, start, seen in (
                ("ns list -o json -H adm@far:2222", ["-T", "-p", "2222", "--", "adm@far"],
                 "<ns><--output=json><--><list>"),
                ("ns show blue -H 2001:db8::1", ["-T", "--", "2001:db8::1"], "<ns><--><show><blue>"),
                ("-H far ns exec -u \"it's\" blue -- printf '%s \\n' 'a  b' \"it's\" '$HOME' '' -H x",
                 ["-T", "--", "far"], "<ns><--user=it's><--><exec><blue><printf><%s \\n><a  b><it's>"
                 "<$HOME><><-H><x>"),
                ("stack --interval 0 blue --host far", ["-T", "--", "far"],
                 "<stack><--interval=0><--><blue>"),
                ("ns of 1 -M box", ["--machine", "box", "--quiet", "--collect", "--wait", "--pipe",
                                    "--"], "<ns><--><of><1>"),
                ("stack -M box", ["--machine", "box", "--quiet", "--collect", "--wait", "--pipe",
                                  "--"], "<stack><-->")):
            calls.write_text("")
            out, err, status = run(shlex.split(args), **env)
            report.check((out, err, status) == (seen, "", 7)
                         and calls.read_text().splitlines()[:len(start)] == start,
                         f"{args} is run there, word by word, with its exit status",
                         f"{out}\n{err}{status}\n{calls.read_text()}")
        out, err, status = run(["ns", "exec", "blue", "ls", "-l"])
        report.check(status == 125 and "come behind --: ns exec blue -- ls" in err and not out,
                     "ns exec: where the command's own options have to stand", err)
        out, err, status = run(["ns", "exec", "blue", "-H", "far", "--", "true"], PATH="/nowhere")
        report.check(status == 125 and "ssh, which --host needs, cannot be run" in err and not out,
                     "without ssh: an error, of exec 125", err)
        out, err, status = run(["stack", "-H", "far", "-M", "box"], **env)
        report.check(status == 1 and "give one" in err and not out, "two places: refused", err)


for part in (elsewhere, golden, verbs, manual, examples, formats, documented, table, widths, terminals, output_lost,
             odd_arguments):
    part()
sys.exit(report.end())
