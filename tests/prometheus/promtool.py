#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Metrics, alerts and their tests by promtool: tests/prometheus/promtool.py BUILD_DIR"""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

import metrics  # noqa: E402
from report import Report  # noqa: E402

PROMTOOL = shutil.which("promtool") or sys.exit("promtool is missing: tests/setup metrics")
report = Report()


def promtool(sentence, *args, text=None):
    done = subprocess.run([PROMTOOL, *args], input=text, capture_output=True, text=True)
    told = done.stdout + done.stderr
    report.check(done.returncode == 0 and ("FAIL" not in told and "error" not in told), sentence,
                 told)


with metrics.Fake() as fake:
    promtool("promtool check metrics has nothing to say", "check", "metrics",
             text=fake.run().stdout)
promtool("the alerts are rules", "check", "rules",
         str(HERE.parent.parent / "conf/prometheus/netbond-rules.yml"))
promtool("each alert comes when it must, none on healthy bonds", "test", "rules",
         str(HERE / "rules-test.yml"))
sys.exit(report.end())
