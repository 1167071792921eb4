# SPDX-License-Identifier: LGPL-2.1-or-later
"""The members of what -o json prints against the manual, which has to name each of them."""

import pathlib
import re

DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs"
# Maps by what is no word of ours: names of bonds, of slaves, of options, of the kernel's counters.
BY_DATA = {
    "plan": ("impact", "options"),
    "hash": ("policies", "without"),
    "balance": ("policies", "bytes"),
    "stack": ("counters",),
    "show": ("options", "wanted", "ad-info"),
    "status": ("counts",),
    "watch": ("properties",),
    "snapshot": ("bonds", "namespaces"),
}
# Documents that have a part as another one has it.
ALSO = {"check": ("plan",), "status": ("history",), "balance": ("hash",), "hash": ("balance",)}


def members(document, verb):
    """The names of all members, in whatever depth."""
    found = set()
    if isinstance(document, list):
        for item in document:
            found |= members(item, verb)
    elif isinstance(document, dict):
        for name, value in document.items():
            found.add(name)
            inner = value.values() if name in BY_DATA.get(verb, ()) and isinstance(value, dict) \
                else [value]
            for item in inner:
                found |= members(item, verb)
    return found


def named(text):
    """The words of .Cm lines and of the items of lists."""
    words = set()
    for line in re.findall(r"^\.(?:It |Pq |Po )?Cm (.*)$", text, re.M):
        words |= {word for word in line.split() if re.fullmatch(r"[a-z][a-z0-9-]*", word)}
    return words


def properties():
    """Those of org.netbond1(5) in small letters with dashes."""
    page = (DOCS / "org.netbond1.5").read_text(encoding="utf-8")
    return {re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
            for name in re.findall(r"^([A-Z][A-Za-z0-9]+)\t", page, re.M)}


def arguments():
    """Those of the signals in org.netbond1(5)."""
    page = (DOCS / "org.netbond1.5").read_text(encoding="utf-8")
    return {name for line in re.findall(r"^\.BI .*$", page, re.M)
            for name in re.findall(r'" (\w+)(?= |$)', line)}


def documented(verb):
    """The words that the manual has of the document of @verb."""
    page = (DOCS / "netbondctl.1").read_text(encoding="utf-8")
    output = page.split("\n.Sh OUTPUT\n")[1].split("\n.Sh ")[0]
    parts = re.split(r"^(?=(?:The document of|That of|Those of)(?:\n\.Cm | a plan))", output, flags=re.M)
    words = {"version"} | (properties() if verb == "show" else set()) \
        | (arguments() if verb == "watch" else set())
    for one in (verb, *ALSO.get(verb, ())):
        head = re.compile(rf"(?:The document of|That of|Those of)(?:\n\.Cm \w+\nand)?(?:\n\.Cm | a )"
                          rf"{one}\b")
        own = [part for part in parts if head.match(part)]
        if not own:
            return set()
        for part in own:
            words |= named(part)
    return words


def undocumented(document, verb):
    return sorted(members(document, verb) - documented(verb))
