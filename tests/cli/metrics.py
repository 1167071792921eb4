#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondctl metrics, as text and over HTTP: tests/cli/metrics.py BUILD_DIR

By rules of our own (Prometheus' text format 0.0.4, its best practices for names) and by a client
library that is not ours. fake-bus plays the daemon. promtool: tests/prometheus/promtool.py."""

import ast
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from prometheus_client import openmetrics, parser

import prometheus_client.openmetrics.parser
import dashboard
from report import Report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
PROGRAM, FAKE = str(BUILD / "cli/netbondctl"), str(BUILD / "tests/cli/fake-bus")

report = Report()
NAME = re.compile(r"^netbond_[a-z]+(_[a-z0-9]+)*$")
SAMPLE = re.compile(r'^([a-z_]+)(\{(.*)\})? (-?[0-9.e+]+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')


def strict(text):
    """The families, {name: (type, {labels: value})}; what breaks a rule is told."""
    families, now, wrong = {}, None, []
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, _, help_text = line[7:].partition(" ")
            if name in families or not help_text or not NAME.match(name):
                wrong.append(line)
            now, families[name] = name, (None, {})
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            if name != now or kind not in ("counter", "gauge") \
                    or (kind == "counter") != name.endswith("_total"):
                wrong.append(line)
            families[name] = (kind, {})
        else:
            match = SAMPLE.match(line)
            labels = dict(LABEL.findall(match[3] or "")) if match else {}
            if not match or match[1] != now or families[now][0] is None \
                    or LABEL.sub("", match[3] or "") or str(sorted(labels.items())) in families[now][1] \
                    or (families[now][0] == "counter" and float(match[4]) < 0):
                wrong.append(line)
                continue
            families[now][1][str(sorted(labels.items()))] = float(match[4])
    report.check(not wrong, "every line keeps the rules of the text format", "\n".join(wrong))
    report.check(text.endswith("\n"), "the last line is whole")
    return families


class Fake:
    def __init__(self, scenario="mixed"):
        self.scenario = scenario

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [FAKE, self.folder.name + "/bus", str(HERE / "bus" / f"{self.scenario}.json")],
            stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self.folder.cleanup()

    def run(self, *args, text=""):
        return subprocess.run([PROGRAM, "metrics", "--runtime-dir", self.folder.name, *args],
                              input=text, capture_output=True, text=True, timeout=60)


def texts():
    with Fake() as fake:
        plain, opened = fake.run(), fake.run("--openmetrics")
    report.check(plain.returncode == 0 and not plain.stderr, "metrics, without a word beside them",
                 plain.stderr)
    families = strict(plain.stdout)
    report.check(len(families) > 40, "there are many", len(families))
    theirs = {f.name: f for f in parser.text_string_to_metric_families(plain.stdout)}
    strict_ones = {f.name: f for f in openmetrics.parser.text_string_to_metric_families(
        opened.stdout)}
    ours = {name.removesuffix("_total") for name in families}
    report.check(set(theirs) == ours, "the client library reads all families of the text",
                 set(theirs) ^ ours)
    report.check(set(strict_ones) == ours, "and all of OpenMetrics, which it checks strictly",
                 set(strict_ones) ^ ours)
    report.check(all({(s.name, str(s.labels), s.value) for s in theirs[name].samples}
                     == {(s.name, str(s.labels), s.value) for s in strict_ones[name].samples}
                     for name in ours), "both formats say the same")
    value = {(s.name, *sorted(s.labels.items())): s.value
             for f in theirs.values() for s in f.samples}
    bond0 = (("bond", "bond0"), ("namespace", ""))
    report.check(value["netbond_bond_failovers_total", *bond0] == 2
                 and value["netbond_bond_receive_bytes_total", *bond0] == 9007199254740991
                 and value["netbond_bond_slaves_usable", *bond0] == 2,
                 "events, counters above 32 bits, and usable slaves are joined to the bond")
    report.check(value["netbond_slave_active", *bond0, ("slave", "eth0")] == 1
                 and value["netbond_slave_active", *bond0, ("slave", "eth1")] == 0,
                 "the active slave is one of active-backup alone")
    report.check(value["netbond_slave_lacpdus_received_total", ("bond", "bond2"),
                       ("namespace", ""), ("slave", "eth2")] == 100
                 and not [k for k in value if "lacp_actor" in k[0] and ("bond", "bond0") in k],
                 "LACP has only slaves of 802.3ad")
    return {name: set().union(*(labels_of(key) for key in samples))
            for name, (_, samples) in families.items()}


def labels_of(key):
    """Of what strict() keeps a sample by."""
    return {label for label, _ in ast.literal_eval(key)}


def uses(families):
    """What dashboard and alerts ask for is there."""
    for path in ("conf/grafana/netbond.json", "conf/prometheus/netbond-rules.yml",
                 "tests/prometheus/rules-test.yml"):
        names = set(re.findall(r"\bnetbond_[a-z_]+", (ROOT / path).read_text()))
        report.check(names and names <= set(families), f"{path} uses metrics that exist",
                     names - set(families))
    board = json.loads((ROOT / "conf/grafana/netbond.json").read_text())
    wrong = dashboard.judge(board, families)
    report.check(not wrong, f"the {len(board['panels'])} panels of the dashboard keep Grafana's rules, "
                 "with labels that exist", "\n".join(wrong))
    for where, what in ((("panels", 1, "gridPos", "w"), 25), (("panels", 2, "id"), 2),
                        (("panels", 1, "targets", 0, "expr"), 'netbond_up{nolabel="x"}'),
                        (("panels", 8, "targets", 0, "legendFormat"), "{{nolabel}}"),
                        (("panels", 1, "type"), "graph"), (("templating", "list", 2, "name"), "other")):
        broken = json.loads(json.dumps(board))
        part = broken
        for step in where[:-1]:
            part = part[step]
        part[where[-1]] = what
        report.check(dashboard.judge(broken, families), f"one that is not would be told: {where}, {what}")
    page = (ROOT / "docs/netbondctl.1").read_text()
    stems = {re.match(r"netbond(_[a-z]+)?", name)[0] for name in families}
    report.check(all(stem in page for stem in stems), "the manual has each group of them", stems)


def http():
    def ask(fake, request):
        done = fake.run("--http", text=request)
        head, _, body = done.stdout.partition("\n\n")   # text mode reads CRLF as a newline
        lines = head.splitlines()
        return lines[0] if lines else "", dict(l.split(": ", 1) for l in lines[1:]), body, done

    with Fake() as fake:
        plain = fake.run().stdout
        first, headers, body, done = ask(fake, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        report.check(first == "HTTP/1.1 200 OK" and body == plain and done.returncode == 0
                     and headers["Content-Length"] == str(len(body.encode()))
                     and headers["Content-Type"].startswith("text/plain; version=0.0.4")
                     and headers["Connection"] == "close", "GET /metrics", done)
        first, headers, body, _ = ask(
            fake, "GET /metrics?a=b HTTP/1.1\r\nAccept: application/openmetrics-text;"
            "version=1.0.0,text/plain;q=0.5\r\n\r\n")
        report.check(body.endswith("# EOF\n")
                     and headers["Content-Type"].startswith("application/openmetrics-text"),
                     "a client that takes OpenMetrics gets it", headers)
        first, headers, body, _ = ask(fake, "HEAD /metrics HTTP/1.0\n\n")
        report.check(first == "HTTP/1.1 200 OK" and not body
                     and headers["Content-Length"] == str(len(plain.encode())), "HEAD", body)
        for request, status in (
                ("GET / HTTP/1.1\r\n\r\n", 404), ("GET /metricsx HTTP/1.1\r\n\r\n", 404),
                (f"GET /{'x' * 100} HTTP/1.1\r\n\r\n", 404),
                ("POST /metrics HTTP/1.1\r\n\r\n", 405), ("GETX /metrics HTTP/1.1\r\n\r\n", 405),
                ("GET metrics HTTP/1.1\r\n\r\n", 400), ("GET /metrics\r\n\r\n", 400),
                ("\r\n\r\n", 400), ("\0\0\0\n\n", 400), (" GET /metrics HTTP/1.1\r\n\r\n", 400),
                ("GET /metrics HTTP/2\r\n\r\n", 400), ("x" * 10000, 431),
                ("GET /metrics HTTP/1.1\r\n" + "a: b\r\n" * 3000 + "\r\n", 431)):
            first, _, _, done = ask(fake, request)
            report.check(first.startswith(f"HTTP/1.1 {status} "),
                         f"{request[:30]!r} is answered with {status}", done)
        first, _, _, done = ask(fake, "GET /met")
        report.check(done.returncode == 1 and not done.stdout, "who hangs up gets no answer", done)
        slow = subprocess.Popen([PROGRAM, "metrics", "--runtime-dir", fake.folder.name, "--http"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for part in "GET /metrics HTTP/1.1\r\n\r\n":
            slow.stdin.write(part)
            slow.stdin.flush()
            time.sleep(0.002)
        report.check("200 OK" in slow.communicate()[0], "a request may come letter by letter")
    with tempfile.TemporaryDirectory() as nobody:
        done = subprocess.run([PROGRAM, "metrics", "--http", "--runtime-dir", nobody],
                              input="GET /metrics HTTP/1.1\r\n\r\n", capture_output=True, text=True)
        report.check("200 OK" in done.stdout and done.stdout.endswith("\nnetbond_up 0\n"),
                     "without a daemon the answer is netbond_up 0", done)


if __name__ == "__main__":
    uses(texts())
    http()
    sys.exit(report.end())
