#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual pages against the programs: tests/cli/manual.py BUILD_DIR

mandoc finds no mistake in them, they name each verb, option and key that there is, and each other
page of netbond they refer to is installed.
"""

import json
import pathlib
import re
import subprocess
import sys

from report import Report

BUILD = pathlib.Path(sys.argv[1]).resolve()
CTL = str(BUILD / "cli/netbondctl")
DAEMON = str(BUILD / "daemon/netbondd")
# Other projects' pages are not looked up; long lines are what our editors wrap at 100.
NO_MISTAKE = ("lacks ", "referenced manual not found", "input text line longer than 80")

report = Report()


def output(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def pages():
    """{"netbondctl(1)": path} of what is installed."""
    files = json.loads(output("meson", "introspect", "--installed", str(BUILD)))
    found = {}
    for source, place in files.items():
        if match := re.search(r"/man/man(\d)/(.*)\.\1$", place):
            found[f"{match[2]}({match[1]})"] = source
    return found


def lint(name, path):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "all", path], capture_output=True,
                          text=True)
    lines = [line for line in (done.stdout + done.stderr).splitlines()
             if not any(word in line for word in NO_MISTAKE)]
    report.check(not lines, f"mandoc has nothing to say of {name}", "\n".join(lines))


def references(path):
    """Pages of netbond that the page refers to, by mdoc or man."""
    text = pathlib.Path(path).read_text()
    return {f"{name}({section})" for name, section in
            re.findall(r"^\.(?:Xr|BR) (\S*netbond\S*) \(?(\d)", text, re.M)}


def verbs():
    head = output(CTL, "help").split("Verbs\n")[1].split("\n\n")[0]
    return re.findall(r"^  ([a-z-]+)", head, re.M)


def options(text):
    return set(re.findall(r"^ +(?:-\w, )?--([a-z-]+)", text, re.M))


def items(text, section=None):
    """The words that items of lists begin with."""
    if section:
        text = text.split(f"\n.Sh {section}\n")[1].split("\n.Sh ")[0]
    return set(re.findall(r"^\.It Cm (\S+)", text, re.M))


def of_netbondctl(text):
    missing = set(verbs()) - items(text, "VERBS")
    report.check(not missing, f"netbondctl(1) tells of all {len(verbs())} verbs", missing)
    flags = set(re.findall(r"\bFl Fl ([a-z-]+)", text))
    for verb in verbs():
        missing = options(output(CTL, "help", verb)) - flags
        report.check(not missing, f"netbondctl(1) has all options of {verb}", missing)


def of_netbondd(text):
    missing = options(output(DAEMON, "--help")) - set(re.findall(r"\bFl Fl ([a-z-]+)", text))
    report.check(not missing, "netbondd(8) has all options of netbondd", missing)


def of_the_file(text):
    defs = json.loads(output(CTL, "schema"))["$defs"]
    for name, section in (("settings", "SETTINGS"), ("slave", "SLAVES"), ("address", "ADDRESSES"),
                          ("route", "ROUTES")):
        own = set(defs[name]["properties"])
        own -= items(text, "OPTIONS OF A SLAVE") if name == "slave" else set()
        missing = own - items(text, section)
        report.check(not missing, f"netbond.yaml(5) has all keys of {name}", missing)
    rows = json.loads(output(CTL, "options", "-o", "json"))["options"]
    for scope, section in (("bond", "OPTIONS OF A BOND"), ("slave", "OPTIONS OF A SLAVE")):
        table = {row["name"] for row in rows if row["scope"] == scope and row["writable"]}
        have = items(text, section)
        report.check(have == table, f"netbond.yaml(5) has the {len(table)} options of a {scope}",
                     have ^ table)
    spellings = {alias for row in rows for alias in row["aliases"]}
    missing = set(defs["bond"]["properties"]) - items(text) - spellings
    report.check(not missing, "netbond.yaml(5) has all keys of a bond", missing)


installed = pages()
want = {"netbondctl(1)", "netbondd(8)", "netbond.yaml(5)", "org.netbond1(5)",
        "netbond-wait-online.service(8)"}
report.check(want <= set(installed), "the manual is installed", want - set(installed))
for page, source in sorted(installed.items()):
    lint(page, source)
    gone = references(source) - set(installed)
    report.check(not gone, f"what {page} refers to is there", gone)
of_netbondctl(pathlib.Path(installed["netbondctl(1)"]).read_text())
of_netbondd(pathlib.Path(installed["netbondd(8)"]).read_text())
of_the_file(pathlib.Path(installed["netbond.yaml(5)"]).read_text())
sys.exit(report.end())
