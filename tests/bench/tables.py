#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables of the README: tables.py README DIR... puts what the runs in the folders found, each with
its bench.csv and bench.txt, between the two marks. Without README (-) it prints them."""

import csv
import os
import sys

BEGIN, END = "<!-- written by tests/bench/all -->", "<!-- end of what it wrote -->"
WORK = {"cold": "made from nothing", "idle": "nothing to do", "change": "one option of one bond",
        "remove": "all bonds removed"}
# To do nothing, ip looks at the same things.
SPECIAL = {("idle", "ip -batch"): "`ip -d link show` + `ip addr show`"}


def amount(text, unit):
    """Three digits that count, milliseconds above a second as seconds."""
    value = float(text)
    if unit == "ms" and value >= 10000:
        value, unit = value / 1000, "s"
    digits = 2 if value < 10 else 1 if value < 100 else 0
    if unit == "":
        digits = 0
    return f"{value:.{digits}f} {unit}".strip()


def line(cells):
    return "| " + " | ".join(cells) + " |"


def head(cells):
    return [line(cells), "|" + "---|" * len(cells)]


def numbers(rows):
    return sorted({int(row["bonds"]) for row in rows})


def side_by_side(work, rows):
    """Everybody who did it; in brackets what it is beside the first."""
    rows = [row for row in rows if row["work"] == work]
    if not rows:
        return []
    names = list(dict.fromkeys(row["who"] for row in rows))
    cells = {(int(row["bonds"]), row["who"]): amount(row["best"], row["unit"]) +
             ("" if row["who"] == "ip -batch" else f" ({row['x_ip']})") for row in rows}
    heads = [SPECIAL.get((work, name), f"`{name}`" if name in ("ip -batch", "netbondd --once")
                         else name) for name in names]
    return [*head([WORK[work], *heads]),
            *(line([f"{n} bond{'s' * (n > 1)}", *(cells.get((n, name), "") for name in names)])
              for n in numbers(rows)), ""]


def by_number(rows):
    """What only one or two do: a line for each."""
    rows = [row for row in rows if row["work"] not in WORK]
    if not rows:
        return []
    columns, cells = numbers(rows), {}
    for row in rows:
        cells.setdefault((row["work"], row["who"]), {})[int(row["bonds"])] = \
            amount(row["best"], row["unit"])
    return [*head(["", "", *(f"{n} bond{'s' * (n > 1)}" for n in columns)]),
            *(line([work, who, *(found.get(n, "") for n in columns)])
              for (work, who), found in cells.items()), ""]


def left_out(lines):
    """Why a cell is empty."""
    lines = [f"- {one.strip()}" for one in lines
             if ": left out with " in one or ": left undone after " in one]
    return [*lines, ""] if lines else []


def of_folder(folder):
    with open(f"{folder}/bench.txt", encoding="utf-8") as f:
        command, where, *lines = f.read().splitlines()
    with open(f"{folder}/bench.csv", encoding="ascii", newline="") as f:
        rows = list(csv.DictReader(f))
    yield f"`{command.strip()}` ({where.strip()}):"
    yield ""
    for work in WORK:
        yield from side_by_side(work, rows)
    yield from by_number(rows)
    yield from left_out(lines)


def main():
    path, folders = sys.argv[1], sys.argv[2:]
    for folder in folders:
        if not os.path.exists(f"{folder}/bench.csv"):
            sys.exit(f"tables: {folder} has no bench.csv: its run failed")
    text = "\n".join(part for folder in folders for part in of_folder(folder))
    if path == "-":
        print(text)
        return
    with open(path, encoding="utf-8") as f:
        before, begin, rest = f.read().partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"tables: {path} has no '{BEGIN}' and '{END}'")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"{before}{BEGIN}\n\n{text}\n{END}{after}")


main()
