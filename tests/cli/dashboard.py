# SPDX-License-Identifier: LGPL-2.1-or-later
"""A dashboard of Grafana by the rules of its JSON model (schema version 36 and newer), and against the
metrics that there are: Grafana itself is in no distribution."""

import re

GRID = 24                       # columns of a dashboard
PANELS = {"row", "stat", "timeseries", "state-timeline"}
UNITS = {None, "none", "short", "bytes", "Bps", "binBps", "pps", "percent", "percentunit", "s", "ops", "bool"}
DEFAULTS = {"unit", "min", "max", "decimals", "thresholds", "mappings", "custom", "color", "noValue",
            "displayName"}
BUILT_IN = {"__rate_interval", "__range", "__interval"}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
SCRAPED = {"instance", "job"}   # labels that Prometheus adds
VARIABLE = re.compile(r"\$\{?(\w+)\}?")
SELECTOR = re.compile(r"\b(netbond_\w+)(?:\{([^}]*)\})?")
GROUPING = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right) ?\(([^)]*)\)")


class Judge:
    """Collects what is wrong; @labels: {family: its labels}"""

    def __init__(self, labels):
        self.labels, self.wrong = labels, []
        self.known = SCRAPED.union(*labels.values())

    def want(self, truth, where, what):
        if not truth:
            self.wrong.append(f"{where}: {what}")

    def expression(self, where, text, variables):
        families = SELECTOR.findall(text)
        self.want(families, where, f"no metric in {text!r}")
        for family, selectors in families:
            have = self.labels.get(family, set()) | SCRAPED
            self.want(family in self.labels, where, f"there is no metric {family}")
            for label in re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', selectors):
                self.want(label in have, where, f"{family} has no label {label}")
        for group in GROUPING.findall(text):
            for label in filter(None, (word.strip() for word in group.split(","))):
                self.want(label in self.known, where, f"nothing has a label {label}")
        unknown = set(VARIABLE.findall(text)) - variables - BUILT_IN
        self.want(not unknown, where, f"variables that are not there: {unknown}")

    def legend(self, where, text, expressions):
        names = {family for family, _ in SELECTOR.findall(expressions)}
        have = SCRAPED.union(*(self.labels.get(name, set()) for name in names))
        for label in re.findall(r"\{\{\s*(\w+)\s*\}\}", text):
            self.want(label in have, where, f"the legend names {label}, and the metric has {have}")

    def thresholds(self, where, value):
        steps = value.get("steps", [])
        self.want(value.get("mode") in ("absolute", "percentage") and steps, where, "thresholds")
        limits = [step.get("value") for step in steps]
        self.want(all(set(step) == {"color", "value"} for step in steps) and limits[:1] == [None]
                  and None not in limits[1:] and limits[1:] == sorted(limits[1:]), where,
                  f"the first step has no value and the rest rise: {limits}")

    def panel(self, panel, variables):
        where = f"panel {panel.get('id')} ({panel.get('title')})"
        self.want(isinstance(panel.get("id"), int) and panel.get("title"), where, "id and title")
        self.want(panel.get("type") in PANELS, where, f"the type {panel.get('type')}")
        if panel.get("type") == "row":
            self.want(panel.get("panels") == [] and "collapsed" in panel, where, "an open row")
            return
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        self.want(panel.get("datasource") == SOURCE, where, "the data source is the variable")
        self.want(set(panel.get("fieldConfig", {})) == {"defaults", "overrides"}, where,
                  "fieldConfig has defaults and overrides")
        self.want(set(defaults) <= DEFAULTS, where, f"unknown defaults {set(defaults) - DEFAULTS}")
        self.want(defaults.get("unit") in UNITS, where, f"the unit {defaults.get('unit')}")
        if "thresholds" in defaults:
            self.thresholds(where, defaults["thresholds"])
        for mapping in defaults.get("mappings", []):
            self.want(mapping.get("type") in ("value", "range", "special") and mapping.get("options"),
                      where, f"the mapping {mapping}")
        targets = panel.get("targets", [])
        self.want(targets and len({t.get("refId") for t in targets}) == len(targets)
                  and all(t.get("refId") for t in targets), where, "each target has a refId of its own")
        for target in targets:
            self.expression(where, target.get("expr", ""), variables)
            self.legend(where, target.get("legendFormat", ""), target.get("expr", ""))

    def grid(self, panels):
        taken = {}
        for panel in panels:
            place, where = panel.get("gridPos", {}), f"panel {panel.get('id')}"
            if set(place) != set("xywh") or not all(isinstance(v, int) for v in place.values()):
                self.want(False, where, f"the place {place}")
                continue
            self.want(place["x"] >= 0 and place["w"] > 0 and place["h"] > 0
                      and place["x"] + place["w"] <= GRID, where, f"it leaves the grid: {place}")
            for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])):
                self.want(cell not in taken, where, f"it lies upon panel {taken.get(cell)}")
                taken[cell] = panel.get("id")


def judge(board, labels):
    """What is wrong with a dashboard, one line each."""
    j = Judge(labels)
    j.want(board.get("title") and re.fullmatch(r"[\w-]{1,40}", board.get("uid", "")), "the board",
           "title and uid")
    j.want(isinstance(board.get("schemaVersion"), int) and board["schemaVersion"] >= 36, "the board",
           "schemaVersion")
    j.want(set(board.get("time", {})) == {"from", "to"}, "the board", "its time")
    j.want("id" not in board, "the board", "an id is of one installation")
    templates = board.get("templating", {}).get("list", [])
    variables = {template.get("name") for template in templates}
    for template in templates:
        where = f"variable {template.get('name')}"
        j.want(template.get("type") in ("datasource", "query") and template.get("query"), where, "its type")
        if template.get("type") == "query":
            j.want(template.get("datasource") == SOURCE, where, "its data source")
            j.expression(where, template["query"], variables)
    panels = board.get("panels", [])
    j.want(len({panel.get("id") for panel in panels}) == len(panels), "the board", "ids are unique")
    j.grid(panels)
    for panel in panels:
        j.panel(panel, variables)
    for note in board.get("annotations", {}).get("list", []):
        where = f"annotation {note.get('name')}"
        j.want(note.get("datasource") == SOURCE, where, "its data source")
        j.expression(where, note.get("expr", ""), variables)
        j.legend(where, note.get("textFormat", ""), note.get("expr", ""))
    return j.wrong


def expressions(board):
    """Each expression with where it stands, the variables replaced by all and by times."""
    found = [(f"{panel['title']}", target["expr"]) for panel in board["panels"]
             for target in panel.get("targets", [])]
    found += [(note["name"], note["expr"]) for note in board["annotations"]["list"]]
    for where, text in found:
        text = text.replace("$__rate_interval", "5m").replace("$__range", "15m")
        yield where, re.sub(r"\$\w+", ".*", text)
