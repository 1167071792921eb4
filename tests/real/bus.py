#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondd on D-Bus, asked by programs that are not ours: busctl and gdbus on the private socket
without any bus, then python-dbus and busctl on a system bus that comes, goes and comes back."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from xml.etree import ElementTree

import lab
from lab import check, ip, links, run, same, wait_for

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = "/tmp/netbond"
LOG = "/tmp/netbondd.log"
PRIVATE = "--address=unix:path=/run/netbond/bus"
NAME, ROOT, MANAGER = "org.netbond1", "/org/netbond1", "org.netbond1.Manager"
BOND0, D0, D1 = (f"{ROOT}/{part}" for part in ("bond/_/bond0", "slave/_/bond0/d0",
                                               "slave/_/bond0/d1"))
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
CONFIG = {"namespaces": {"storage": {}}, "bonds": {
    "bond0": {"mode": "active-backup", "slaves": ["d0", {"name": "d1", "prio": -7}],
              "addresses": ["192.0.2.1/24"], "resend-igmp": 3},
    "late": {"mode": "balance-rr", "slaves": ["d8", "d9"]},
    "blue.1": {"name": "bond-in", "namespace": "storage", "mode": "802.3ad", "slaves": []}}}
MESSAGES = """<busconfig><type>system</type>
 <listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
 <policy context="default"><allow user="*"/><deny own="*"/><deny send_type="method_call"/>
  <allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
  <allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
  <allow receive_type="method_return"/><allow receive_type="error"/>
  <allow receive_type="signal"/><allow send_destination="org.freedesktop.DBus"/></policy>
 <policy user="root"><allow own="org.freedesktop.PolicyKit1"/><allow send_destination="*"/>
 </policy>
 <policy user="65534"><allow send_destination="org.freedesktop.PolicyKit1"/></policy>
 <include>PROJECT/conf/org.netbond1.conf</include></busconfig>"""


def write(config):
    os.makedirs(FOLDER, exist_ok=True)
    with open(f"{FOLDER}/a.yaml", "w", encoding="utf-8") as out:
        out.write(config if isinstance(config, str) else json.dumps(config))


def log():
    with open(LOG, encoding="utf-8") as text:
        return text.read()


def start():
    with open(LOG, "a", encoding="utf-8") as text:
        return subprocess.Popen([lab.NETBONDD, "--config-dir", FOLDER], stdout=text, stderr=text)


class Bus:
    """busctl as a client."""

    def __init__(self, *options):
        self.options = options

    def try_call(self, method, signature="", *arguments, path=ROOT, interface=MANAGER, prefix=()):
        return run(*prefix, "busctl", *self.options, "--json=short", "call", NAME, path, interface,
                   method, *([signature] if signature else []), *map(str, arguments))

    def call(self, *arguments, **more):
        status, out, err = self.try_call(*arguments, **more)
        if status != 0:
            raise RuntimeError(f"{arguments}: {err}{log()}")
        return json.loads(out)["data"] if out.strip() else []

    def get(self, path, interface, name):
        """(signature, value)"""
        status, out, err = run("busctl", *self.options, "--json=short", "get-property", NAME, path,
                               f"{NAME}.{interface}", name)
        if status != 0:
            return err.strip(), None
        answer = json.loads(out)
        return answer["type"], answer["data"]

    def manager(self, name):
        return self.get(ROOT, "Manager", name)[1]

    def objects(self):
        return self.call("GetManagedObjects", interface="org.freedesktop.DBus.ObjectManager")[0]

    def rests(self):
        return wait_for(lambda: self.manager("State") in ("idle", "held"), 30)


class Ear:
    """gdbus, listening on the private socket."""

    def __init__(self):
        self.path = f"/tmp/ear{next(lab.numbers)}"
        with open(self.path, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(
                ["stdbuf", "-oL", "gdbus", "monitor", "--address", "unix:path=/run/netbond/bus",
                 "--dest", NAME], stdout=out, stderr=out)
        if not wait_for(lambda: "is owned by" in self.text(), 30):
            raise RuntimeError(self.text())

    def text(self):
        with open(self.path, encoding="utf-8") as text:
            return text.read()

    def hears(self, pattern, sentence):
        return check(wait_for(lambda: re.search(pattern, self.text()), 60), sentence,
                     f"not found: {pattern}", self.text())

    def end(self):
        self.process.kill()
        self.process.wait()


def tree_and_types(bus):
    objects = bus.objects()
    same(sorted(path for path in objects if path not in (ROOT,)),
         sorted([BOND0, D0, D1, f"{ROOT}/bond/_/late", f"{ROOT}/bond/storage/bond_2din",
                 f"{ROOT}/bond/_/foreign", f"{ROOT}/slave/_/foreign/f0",
                 f"{ROOT}/namespace/storage"]),
         "objects: declared bonds, a foreign bond, their slaves, namespaces")
    want = {"Name": ("s", "bond0"), "Key": ("s", "bond0"), "Namespace": ("s", ""),
            "Ifindex": ("u", links()["bond0"].index), "State": ("s", "up"),
            "SinceSeen": ("b", True), "Mode": ("s", "active-backup"), "ActiveSlave": ("s", "d0"),
            "Slaves": ("as", ["d0", "d1"]), "Waiting": ("as", []),
            "HeldSlaves": ("as", []), "Up": ("b", True),
            "Carrier": ("b", True), "Mtu": ("u", 1500), "Mac": ("s", links()["bond0"].mac),
            "Drift": ("s", "repair"), "Paused": ("t", 0), "Held": ("as", []),
            "AdInfo": ("a{sv}", {})}
    for name, value in want.items():
        same(bus.get(BOND0, "Bond", name), value, f"Bond.{name} has its type and value")
    check("192.0.2.1/24" in bus.get(BOND0, "Bond", "Addresses")[1], "Bond.Addresses")
    signature, options = bus.get(BOND0, "Bond", "Options")
    same((signature, options["miimon"], options["resend-igmp"], options["use-carrier"]),
         ("a{sv}", {"type": "u", "data": 100}, {"type": "u", "data": 3},
          {"type": "b", "data": True}), "Bond.Options holds typed values")
    wanted = bus.get(BOND0, "Bond", "Wanted")[1]
    same(wanted["resend-igmp"], {"type": "u", "data": 3}, "Bond.Wanted holds what the file says")
    same(bus.get(f"{ROOT}/bond/_/late", "Bond", "Waiting")[1], ["d8", "d9"],
         "a bond tells which slaves it waits for")
    same(bus.get(f"{ROOT}/bond/_/late", "Bond", "State")[1], "waiting", "and that it waits")
    same([bus.get(f"{ROOT}/bond/_/foreign", "Bond", name)[1] for name in ("Key", "Mode", "Wanted")],
         ["", "broadcast", {}], "a foreign bond has no key and nothing wanted")
    inside = f"{ROOT}/bond/storage/bond_2din"
    same([bus.get(inside, "Bond", name)[1] for name in ("Key", "Namespace", "Mode")],
         ["blue.1", "storage", "802.3ad"], "a bond inside a namespace")
    check(not [name for name in bus.get(inside, "Bond", "Options")[1]
               if name in ("ad-actor-system", "ad-actor-sys-prio", "ad-user-port-key")],
          "what the kernel hides from readers without rights is not there")
    same([bus.get(f"{ROOT}/namespace/storage", "Namespace", name) for name in ("Name", "Exists")],
         [("s", "storage"), ("b", True)], "a namespace")
    same(bus.get(f"{ROOT}/namespace/storage", "Namespace", "Inode"),
         ("t", os.stat("/run/netns/storage").st_ino), "its inode")
    for name, value in {"Name": ("s", "d1"), "Bond": ("s", "bond0"), "Usable": ("b", True),
                        "State": ("s", "backup"), "MiiStatus": ("s", "up"), "Prio": ("i", -7),
                        "LinkFailureCount": ("u", 0), "AdChurnActorState": ("s", ""),
                        "PermanentMac": bus.get(D1, "Slave", "PermHwaddr")}.items():
        same(bus.get(D1, "Slave", name), value, f"Slave.{name} has its type and value")
    for path, interface in ((ROOT, "Manager"), (BOND0, "Bond"), (D0, "Slave"),
                            (f"{ROOT}/namespace/storage", "Namespace")):
        document = json.loads(bus.call("Describe", path=path, interface=f"{NAME}.{interface}")[0])
        check(document["version"] == 1, f"{interface}.Describe is a document with a version")
    check("ad-actor" not in bus.call("Snapshot")[0] or os.geteuid() == 0, "Snapshot is YAML")


def other_programs():
    status, out, err = run("gdbus", "introspect", "--address", "unix:path=/run/netbond/bus",
                           "--dest", NAME, "--object-path", BOND0)
    check(status == 0 and "interface org.netbond1.Bond" in out and "ActiveSlave = 'd0'" in out,
          "gdbus introspects a bond", out, err)
    status, out, err = run("busctl", PRIVATE, "tree", NAME)
    check(status == 0 and D0 in out, "busctl shows the tree", out, err)
    same(run("busctl", PRIVATE, "introspect", NAME, f"{ROOT}/bond/_/nothere")[0] != 0, True,
         "an object that is not there is an error")


def spoken(member):
    """A method or signal of an introspection as the manual has it: Name(s a, b c) -> s d"""
    ways = {"in": [], "out": []}
    for arg in member.findall("arg"):
        way = "in" if member.tag == "signal" else arg.get("direction")
        ways[way].append(f"{arg.get('type')} {arg.get('name')}")
    text = f"{member.get('name')}({', '.join(ways['in'])})"
    return text + (f" -> {', '.join(ways['out'])}" if ways["out"] else "")


def documented(bus):
    """Every member of every interface stands in the manual, and the manual names no other."""
    with open(f"{PROJECT}/docs/org.netbond1.5", encoding="utf-8") as page:
        manual = page.read()
    transaction = bus.call("Apply", "a(ss)bsbs", 0, "false", "", "false", "")[0]
    bus.rests()
    for path, interface in ((ROOT, "Manager"), (BOND0, "Bond"), (D0, "Slave"),
                            (f"{ROOT}/namespace/storage", "Namespace"),
                            (transaction, "Transaction")):
        xml = bus.call("Introspect", path=path, interface="org.freedesktop.DBus.Introspectable")[0]
        ours = xml.split(f'<interface name="{NAME}.{interface}">')[1].split("</interface>")[0]
        section = manual.split(f"\n.SH {NAME}.{interface}\n")[1].split("\n.SH ")[0]
        calls = {"".join(shlex.split(line)[1:]).replace("\\(->", "->")
                 for line in re.findall(r"^\.BI? \"?[A-Z]\w+\(.*", section, re.M)}
        tree = ElementTree.fromstring(f"<interface>{ours}</interface>")
        same({spoken(member) for member in tree if member.tag in ("method", "signal")}, calls,
             f"{interface}: org.netbond1(5) has its methods and signals with their arguments")
        table = dict(re.findall(r"^(?:\.B )?([A-Z]\w+)[\t ]([utibso]|as|a\{sv\}|a\{st\})(?=\s|$)", section, re.M))
        same(dict(re.findall(r'<property name="(\w+)" type="([^"]+)"', ours)), table,
             f"{interface}: and its properties with their types")


def plans(bus):
    doc = json.loads(bus.call("Plan", "a(ss)bsb", 0, "false", "", "false")[0])
    same((doc["operations"], doc["class"]), ([], None), "Plan of the folders: nothing to do")
    changed = json.dumps({"bonds": {"bond0": {**CONFIG["bonds"]["bond0"], "mtu": 1400}}})
    plan = ("a(ss)bsb", 1, "x.yaml", changed, "false")
    doc = json.loads(bus.call("Plan", *plan, "live", "false")[0])
    same((doc["operations"], [h["class"] for h in doc["held"]]), ([], ["down"]),
         "Plan of another MTU, live allowed: held")
    doc = json.loads(bus.call("Plan", *plan, "down", "false")[0])
    check(doc["class"] == "down" and doc["operations"], "Plan of it, down allowed: operations", doc)
    status, out, err = bus.try_call("Apply", "a(ss)bsbs", *plan[1:], "down", "false", "0" * 15 + "1")
    check(status != 0 and "another one" in err, "Apply with a stale token is refused", out, err)
    status, out, err = bus.try_call("Plan", "a(ss)bsb", 1, "x.yaml", "bonds: {b: {mode: 9}}",
                                    "false", "", "false")
    check(status != 0 and "x.yaml:1:19: error: " in err and "expected one of" in err,
          "a bad file: the error has file, line and column", err)
    status, out, err = bus.try_call("Plan", "a(ss)bsb", 0, "false", "all", "false")
    check(status != 0 and "rebuild" in err, "a bad class: the error names those there are", err)
    before = links()["bond0"].mtu
    ear = Ear()
    path = bus.call("Apply", "a(ss)bsbs", *plan[1:], "down", "false", doc["token"])[0]
    ear.hears(rf"Manager.TransactionFinished \(objectpath '{path}', 'converged'\)",
              "TransactionFinished tells the result")
    same((before, links()["bond0"].mtu), (1500, 1400), "Apply with the token of the plan is done")
    ear.hears(rf"{path}: {NAME}.Transaction.Progress \(uint32 1, uint32 \d+, '", "Progress")
    ear.hears(rf"{BOND0}: org.freedesktop.DBus.Properties.PropertiesChanged \('{NAME}.Bond', "
              r"\{[^\n]*'Mtu': <uint32 1400>", "PropertiesChanged tells the new MTU")
    ip("link add guest0 type dummy", "storage")
    ear.hears(rf"{ROOT}/namespace/storage: [^\n]*'Links': <\[[^\]]*'guest0'",
              "PropertiesChanged tells of a link that came to a namespace")
    ip("link set guest0 name guest1", "storage")
    ear.hears(rf"{ROOT}/namespace/storage: [^\n]*'Links': <\[[^\]]*'guest1'", "and its new name")
    ip("link delete guest1", "storage")
    check(not re.search(rf"{BOND0}: [^\n]*'Mode': ", ear.text()),
          "and not what did not change", ear.text())
    texts = [o["text"] for o in doc["operations"]]
    same([bus.get(path, "Transaction", name) for name in ("State", "Result", "Class", "Operations",
                                                          "Done", "Total")],
         [("s", "finished"), ("s", "converged"), ("s", "down"), ("as", texts), ("u", len(texts)),
          ("u", len(texts))], "the transaction shows all of it")
    ear.end()


def reload(bus):
    write({**CONFIG, "bonds": {**CONFIG["bonds"], "gone": {"mode": "balance-xor", "slaves": []}}})
    ear = Ear()
    generation = bus.manager("Generation")
    same(bus.call("Reload"), ["converged"], "Reload answers when the run has ended")
    check("gone" in links(), "the bond of the changed file is there")
    same(bus.manager("Generation"), generation + 1, "Generation counts")
    ear.hears(rf"{ROOT}: org.freedesktop.DBus.ObjectManager.InterfacesAdded "
              rf"\(objectpath '{ROOT}/bond/_/gone'", "InterfacesAdded")
    write("bonds: {bond0: {mode: active-backup, slavs: [d0]}}")
    status, _out, err = bus.try_call("Reload")
    check(status != 0 and f"{FOLDER}/a.yaml:1:" in err, "Reload of a bad file: file and line", err)
    check("errors" in bus.manager("Degraded"), "Degraded says so")
    write(CONFIG)
    status, out, err = bus.try_call("Apply", "a(ss)bsbs", 0, "false", "rebuild", "false", "")
    check(status == 0, "Apply of the folders", out, err)
    ear.hears(rf"InterfacesRemoved \(objectpath '{ROOT}/bond/_/gone'", "InterfacesRemoved")
    check(wait_for(lambda: "gone" not in links()), "its bond is gone")
    same(bus.manager("Degraded"), "", "Degraded is empty again")
    ear.end()
    bus.rests()


def drift(bus):
    ear = Ear()
    ip("link set bond0 type bond resend_igmp 7")
    ear.hears(r"Manager.DriftFound \('bond0', '[^']*resend-igmp 7 -> 3', 'is mended now'\)",
              "DriftFound, with what differs")
    ear.hears(r"Manager.DriftMended \('bond0', '[^']*resend-igmp 7 -> 3'\)", "DriftMended")
    bus.rests()
    same(bus.call("Pause", "st", "bond0", 600 * 1000000), [], "Pause")
    check(bus.get(BOND0, "Bond", "Paused")[1] > 0, "Bond.Paused says until when")
    ear.hears(rf"{BOND0}: [^\n]*'Paused': <uint64 [1-9]", "PropertiesChanged tells it")
    ip("link set bond0 type bond resend_igmp 9")
    ear.hears(r"Manager.DriftFound \('bond0', '[^']*resend-igmp 9 -> 3', 'paused", "DriftFound, left")
    check(wait_for(lambda: any("resend-igmp 9 -> 3" in text
                               for text in bus.get(BOND0, "Bond", "Held")[1])), "Bond.Held has it")
    same(links()["bond0"].bond["resend-igmp"], 9, "paused: it stays")
    ip("link set d1 nomaster")
    check(wait_for(lambda: bus.get(BOND0, "Bond", "HeldSlaves")[1] == ["d1"])
          and bus.get(BOND0, "Bond", "State")[1] == "degraded",
          "paused, a slave taken out: Bond.HeldSlaves names it, the bond is degraded")
    bus.call("Pause", "st", "bond0", 0)
    check(wait_for(lambda: links()["bond0"].bond["resend-igmp"] == 3), "no longer paused: mended")
    check(wait_for(lambda: bus.get(BOND0, "Bond", "Slaves")[1] == ["d0", "d1"]),
          "and the slave is in again")
    same(bus.get(BOND0, "Bond", "Paused")[1], 0, "Bond.Paused is 0")
    for bond, name in (("nothere", "NoSuchBond"), ("foreign", "Refused")):
        status, _out, err = run("gdbus", "call", "--address", "unix:path=/run/netbond/bus", "--dest",
                                NAME, "--object-path", ROOT, "--method", MANAGER + ".Pause", bond,
                                "5")
        check(status != 0 and f"{NAME}.Error.{name}" in err, f"Pause {bond}: {name}", err)
    ear.end()
    bus.rests()


def failovers(bus):
    ear = Ear()
    bus.call("Failover", "ssb", "bond0", "d1", "false")
    ear.hears(r"Manager.FailedOver \('', 'bond0', 'd0', 'd1', 'asked for'\)", "FailedOver, asked for")
    ear.hears(rf"{BOND0}: [^\n]*'Since': <uint64 [1-9]\d+>[^\n]*'ActiveSlave': <'d1'>",
              "PropertiesChanged: ActiveSlave, and since when")
    ear.hears(rf"{D1}: [^\n]*'State': <'active'>", "PropertiesChanged: State of the slave")
    ip("link set d1 carrier off")
    ear.hears(r"FailedOver \('', 'bond0', 'd1', 'd0', 'd1 has no carrier'\)",
              "FailedOver with the reason: no carrier")
    ear.hears(rf"{BOND0}: [^\n]*'State': <'degraded'>", "the bond is degraded")
    check("bond0: active slave d1 -> d0: d1 has no carrier" in log(), "the log tells it too", log())
    ip("link set d1 carrier on")
    ear.hears(rf"{BOND0}: [^\n]*'State': <'up'>", "and up again")
    wait_for(lambda: bus.get(D1, "Slave", "Usable")[1])
    ip("link set bond0 type bond active_slave d1")
    ear.hears(r"FailedOver \('', 'bond0', 'd0', 'd1', 'd0 is usable, too: chosen by the kernel or "
              r"set by hand'\)", "FailedOver by hand: not the one that was asked for before")
    ip("link set bond0 type bond active_slave d0")
    ear.hears(r"FailedOver \('', 'bond0', 'd1', 'd0', 'd1 is usable", "and back by hand")
    ear.end()
    wait_for(lambda: bus.get(D1, "Slave", "Usable")[1])
    write({**CONFIG, "bonds": {**CONFIG["bonds"],
                               "bond0": {**CONFIG["bonds"]["bond0"], "primary": "d0"}}})
    bus.call("Reload")
    status, _out, err = bus.try_call("Failover", "ssb", "bond0", "d1", "false")
    check(status != 0 and "primary" in err and "--once" in err,
          "against the primary: refused with the reason", err)
    bus.call("Failover", "ssb", "bond0", "d1", "true")
    same(lab.in_kernel("active-slave", "d1"), links()["bond0"].bond["active-slave"],
         "insisted: it is done")
    for arguments, want in ((("bond0", "d9"), "no slave"), (("blue.1", "d0"), "no slave"),
                            (("nothere", "d0"), "no bond"), (("foreign", "f0"), "no active one")):
        status, _out, err = bus.try_call("Failover", "ssb", *arguments, "false")
        check(status != 0 and want in err, f"Failover {' '.join(arguments)}: {want}", err)
    write(CONFIG)
    bus.call("Reload")


def lacp(bus):
    lab.cables("far", {"e0": "p0", "e1": "p1"})
    lab.partner_bond("far", "lag", ["p0", "p1"], "mode 802.3ad miimon 100 lacp_rate fast")
    ear = Ear()
    write({**CONFIG, "bonds": {**CONFIG["bonds"], "lag": {
        "mode": "802.3ad", "slaves": ["e0", "e1"], "lacp-rate": "fast"}}})
    bus.call("Reload")
    path = f"{ROOT}/slave/_/lag/e1"
    for slave in ("e0", "e1"):
        ear.hears(rf"Manager.LacpChanged \('', 'lag', '{slave}', uint32 \d+, 'distributing'\)",
                  f"LacpChanged: {slave} distributes")
    check(wait_for(lambda: bus.get(f"{ROOT}/bond/_/lag", "Bond", "State")[1] == "up", 30),
          "the bond is up when both distribute")
    info = bus.get(f"{ROOT}/bond/_/lag", "Bond", "AdInfo")[1]
    with lab.rtnl.Inside("far"):
        partner = lab.rtnl.Rtnl().links()["lag"].mac
    same((info["num-ports"], info["partner-mac"]),
         ({"type": "u", "data": 2}, {"type": "s", "data": partner}), "AdInfo has the partner", info)
    same(bus.get(path, "Slave", "AdAggregatorId"), ("u", info["aggregator"]["data"]),
         "the slave is in the active aggregator")
    ip("link set p1 down", "far")
    ear.hears(r"Manager.LacpChanged \('', 'lag', 'e1', uint32 \d+, 'no carrier'\)",
              "LacpChanged: no carrier")
    ear.hears(rf"{path}: [^\n]*'Usable': <false>", "PropertiesChanged: not usable")
    ear.end()
    write(CONFIG)
    bus.call("Apply", "a(ss)bsbs", 0, "false", "rebuild", "false", "")
    bus.rests()


def rights(bus):
    for method, arguments in (("Reload", ()), ("Pause", ("st", "bond0", 5)),
                              ("Failover", ("ssb", "bond0", "d0", "true")),
                              ("Apply", ("a(ss)bsbs", 0, "false", "", "false", ""))):
        status, out, err = bus.try_call(method, *arguments, prefix=NOBODY)
        check(status != 0 and re.search("denied|Only root|only root", err),
              f"nobody: {method} is refused", out, err)
    status, out, err = bus.try_call("GetManagedObjects", prefix=NOBODY,
                                    interface="org.freedesktop.DBus.ObjectManager")
    check(status == 0 and D0 in out, "nobody: reads all", err)
    status, out, err = bus.try_call("Plan", "a(ss)bsb", 0, "false", "", "false", prefix=NOBODY)
    check(status == 0, "nobody: plans", err)


def crowd(bus, process):
    """Clients that come, call and vanish without a word; and some that say nothing at all."""
    def descriptors():
        return len(os.listdir(f"/proc/{process.pid}/fd"))

    before = descriptors()
    script = ("import socket, os, sys\n"
              "open_ones = []\n"
              "for i in range(1000):\n"
              "    s = socket.socket(socket.AF_UNIX)\n"
              "    s.connect('/run/netbond/bus')\n"
              "    if i % 3: s.sendall(b'\\0AUTH EXTERNAL\\r\\nDATA\\r\\nBEGIN\\r\\n')\n"
              "    open_ones.append(s)\n"
              "    if len(open_ones) == 200:\n"
              "        for one in open_ones: one.close()\n"
              "        open_ones = []\n")
    status, _out, err = run(sys.executable, "-c", script)
    same((status, err), (0, ""), "1,000 clients, 200 at once")
    check(bus.manager("State"), "others are answered afterwards")
    hoard = ("import socket, sys\nones = []\nfor i in range(600):\n"
             "    s = socket.socket(socket.AF_UNIX)\n    s.connect('/run/netbond/bus')\n"
             "    ones.append(s)\nprint('ready', flush=True)\nsys.stdin.read()\n")
    hoarder = subprocess.Popen([*NOBODY, sys.executable, "-c", hoard], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    same(hoarder.stdout.readline(), "ready\n", "nobody hoards connections")
    check(bus.manager("State"), "others are answered meanwhile")
    hoarder.communicate()
    check(wait_for(lambda: descriptors() <= before, 30), "no descriptor is left behind",
          f"{before} before, {descriptors()} now")


def system_bus(bus):
    """A bus that starts after the daemon, dies and comes back."""
    system = Bus("--system")
    os.makedirs("/run/dbus", exist_ok=True)
    def configure(text):
        with open("/tmp/bus.conf", "w", encoding="utf-8") as out:
            out.write(text)

    def begin():
        return subprocess.Popen(["dbus-daemon", "--config-file=/tmp/bus.conf", "--nofork"])

    def there():
        return run("busctl", "--system", "status", NAME)[0] == 0

    configure(re.sub(" <include>.*</include>", "", MESSAGES))
    messages = begin()
    check(wait_for(lambda: "cannot own the name" in log(), 30),
          "a system bus that starts later and does not know the daemon's rights: it is told", log())
    configure(MESSAGES.replace("PROJECT", PROJECT))
    messages.send_signal(signal.SIGHUP)
    check(wait_for(there, 30), "the bus has read them: the daemon takes its name", log())
    same(system.objects().keys(), bus.objects().keys(), "the same objects as on the private socket")
    rights(system)
    listener(system)
    authority(system)
    messages.kill()
    messages.wait()
    check(wait_for(lambda: "the system bus is gone" in log()), "the bus dies: the daemon notices")
    same(bus.call("Reload"), ["converged"], "and goes on; the private socket works")
    os.unlink("/run/dbus/system_bus_socket")
    messages = begin()
    check(wait_for(there, 30), "the bus is back: the daemon takes its name again", log())
    same(system.manager("Version"), bus.manager("Version"), "and answers there")
    messages.kill()
    messages.wait()


def listener(system):
    """python-dbus hears signals with their types."""
    script = """
import dbus, dbus.mainloop.glib, sys
from gi.repository import GLib
dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
def heard(*arguments, member=None, interface=None, path=None):
    print(member, path, [type(a).__name__ for a in arguments], *map(str, arguments), flush=True)
bus.add_signal_receiver(heard, bus_name="org.netbond1", member_keyword="member",
                        interface_keyword="interface", path_keyword="path")
o = bus.get_object("org.netbond1", "/org/netbond1/bond/_/bond0")
p = o.GetAll("org.netbond1.Bond", dbus_interface="org.freedesktop.DBus.Properties")
print("ready", type(p["Mtu"]).__name__, type(p["Options"]["miimon"]).__name__, flush=True)
GLib.MainLoop().run()
"""
    path = "/tmp/listener.out"
    with open(path, "w", encoding="utf-8") as out:
        process = subprocess.Popen(["/usr/bin/python3", "-c", script], stdout=out, stderr=out)

    def text():
        with open(path, encoding="utf-8") as lines:
            return lines.read()

    check(wait_for(lambda: "ready UInt32 UInt32" in text(), 30), "python-dbus: typed properties",
          text())
    before = links()["bond0"].bond["active-slave"]
    other = "d1" if before == links()["d0"].index else "d0"
    system.call("Failover", "ssb", "bond0", other, "true")
    check(wait_for(lambda: re.search(r"FailedOver /org/netbond1 \['String', 'String', 'String', "
                                     r"'String', 'String'\]  bond0", text()), 30),
          "python-dbus: FailedOver", text())
    check(wait_for(lambda: re.search(rf"PropertiesChanged {BOND0} .*ActiveSlave", text()), 30),
          "python-dbus: PropertiesChanged", text())
    process.kill()
    process.wait()


def authority(system):
    """A stand-in for polkit: asked about nobody's calls, it says what the test tells it."""
    script = """
import dbus, dbus.service, dbus.mainloop.glib
from gi.repository import GLib
dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
class Authority(dbus.service.Object):
    @dbus.service.method("org.freedesktop.PolicyKit1.Authority", in_signature="(sa{sv})sa{ss}us",
                         out_signature="(bba{ss})")
    def CheckAuthorization(self, subject, action, details, flags, cancellation):
        print(subject[0], subject[1]["name"], action, flags, flush=True)
        return {"org.netbond1.apply": (True, False, {}), "org.netbond1.manage": (False, True, {}),
                }.get(str(action), (False, False, {}))
name = dbus.service.BusName("org.freedesktop.PolicyKit1", bus)
Authority(bus, "/org/freedesktop/PolicyKit1/Authority")
print("ready", flush=True)
GLib.MainLoop().run()
"""
    path = "/tmp/authority.out"
    with open(path, "w", encoding="utf-8") as out:
        process = subprocess.Popen(["/usr/bin/python3", "-c", script], stdout=out, stderr=out)

    def text():
        with open(path, encoding="utf-8") as lines:
            return lines.read()

    check(wait_for(lambda: "ready" in text(), 30), "an authority answers for polkit", text())
    status, out, err = system.try_call("Reload", prefix=NOBODY)
    check(status == 0 and "converged" in out, "allowed by polkit: nobody reloads", out, err, text())
    check(re.search(r"system-bus-name :\S+ org.netbond1.apply", text()), "it was asked about", text())
    status, out, err = system.try_call("Pause", "st", "bond0", 5, prefix=NOBODY)
    check(status != 0 and "wants a password" in err, "a challenge: told as such", err)
    status, out, err = system.try_call("Failover", "ssb", "bond0", "d0", "true", prefix=NOBODY)
    check(status != 0 and "denied" in err, "polkit says no: refused", err)
    for member, signature, more in (("Apply", "a(ss)bsbs", ("",)),
                                    ("Try", "a(ss)bsbstasb", ("", 60000000, 0, "true"))):
        status, out, err = system.try_call(member, signature, 0, "false", "force", "false", *more,
                                           prefix=NOBODY)
        check(status != 0 and text().splitlines()[-1].split()[2] == "org.netbond1.namespaces",
              f"{member} with force: who may apply may not do that", out, err, text())
    asked = text()
    system.call("Reload")
    same(text(), asked, "root is never asked about")
    process.kill()
    process.wait()


lab.dummies("d0", "d1", "f0")
lab.batch("link add foreign type bond mode broadcast\nlink set f0 down\n"
          "link set f0 master foreign\nlink set foreign up")
write(CONFIG)
daemon = start()
private = Bus(PRIVATE)
check(wait_for(lambda: os.path.exists("/run/netbond/bus"), 30), "the private socket is there")
check(private.rests(), "without any bus the daemon works", log())
check(wait_for(lambda: private.get(D1, "Slave", "Usable")[1], 30), "both slaves become usable")
tree_and_types(private)
other_programs()
documented(private)
rights(private)
plans(private)
reload(private)
drift(private)
failovers(private)
lacp(private)
crowd(private, daemon)
system_bus(private)
daemon.send_signal(signal.SIGTERM)
same(daemon.wait(20), 0, "SIGTERM ends it")
check("bond0" in links(), "the bonds stay as they are")
lab.finish()
