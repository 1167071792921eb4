#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Metrics, alerts and their tests by promtool: tests/prometheus/promtool.py BUILD_DIR"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

import dashboard  # noqa: E402
import metrics  # noqa: E402
from report import Report  # noqa: E402

PROMTOOL = shutil.which("promtool") or sys.exit("promtool is missing: tests/setup metrics")
report = Report()


def promtool(sentence, *args, text=None):
    done = subprocess.run([PROMTOOL, *args], input=text, capture_output=True, text=True)
    told = done.stdout + done.stderr
    report.check(done.returncode == 0 and ("FAIL" not in told and "error" not in told), sentence,
                 told)


def series(text):
    """What is printed as what Prometheus would have: gauges stay, counters grow by one a minute."""
    found = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, value = line.rsplit(" ", 1)
        labels = name.partition("{")[2].rstrip("}")
        name = name.partition("{")[0]
        grows = "+1x30" if name.endswith("_total") else "+0x30"
        found.append({"series": f'{name}{{instance="here:9788"{"," if labels else ""}{labels}}}',
                      "values": f"{float(value):.0f}{grows}"})
    return found


def board(text):
    """Each expression of the dashboard is one, and gives something out of what is printed."""
    document = json.loads((HERE.parent.parent / "conf/grafana/netbond.json").read_text())
    asked = list(dashboard.expressions(document))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "test.json"           # which is YAML as well
        path.write_text(json.dumps({"evaluation_interval": "1m", "tests": [{
            "interval": "1m", "input_series": series(text),
            "promql_expr_test": [{"expr": f"count({expression}) > bool 0", "eval_time": "20m",
                                  "exp_samples": [{"labels": "{}", "value": 1}]}
                                 for _, expression in asked]}]}))
        promtool(f"the {len(asked)} expressions of the dashboard give something", "test", "rules",
                 str(path))


with metrics.Fake() as fake:
    printed = fake.run().stdout
promtool("promtool check metrics has nothing to say", "check", "metrics", text=printed)
board(printed)
promtool("the alerts are rules", "check", "rules",
         str(HERE.parent.parent / "conf/prometheus/netbond-rules.yml"))
promtool("each alert comes when it must, none on healthy bonds", "test", "rules",
         str(HERE / "rules-test.yml"))
sys.exit(report.end())
