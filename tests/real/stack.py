#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""netbondctl stack on the real driver: the picture is the one that was built, and what rises is marked."""

import json
import subprocess

import lab
from lab import NETBONDCTL, check, ip, same

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def stack(*args, prefix=()):
    return lab.run(*prefix, NETBONDCTL, "stack", *args)


def document(*args):
    status, out, err = stack(*args, "-o", "json")
    return json.loads(out) if status == 0 else err


def build():
    lab.cables("far", {"a0": "b0", "a1": "b1"})
    lab.partner_bridge("far", "sw0", ["b0", "b1"], ["192.0.2.2/24"])
    lab.batch("""link add bond0 type bond mode active-backup miimon 100
        link set a0 master bond0
        link set a1 master bond0
        link set bond0 up
        address add 192.0.2.1/24 dev bond0
        link add link bond0 name bond0.7 type vlan id 7
        link add br7 type bridge
        link set bond0.7 master br7 up
        link set br7 up
        address add 198.51.100.1/24 dev br7
        link add alone type veth peer name alone-peer
        link add link alone name mac0 type macvlan
        link set alone up
        link set lo up""")


build()
traffic = subprocess.Popen(["ip", "netns", "exec", "far", "ping", "-b", "-q", "-i", "0.1",
                            "192.0.2.255"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
lab.wait_for(lambda: lab.run("ping", "-c1", "-W1", "192.0.2.2")[0] == 0)
doc = document()
lab.documented(doc, "stack")
links = {link["name"]: link for link in doc["links"]}
names = [link["name"] for link in doc["links"]]
same([links[n]["height"] for n in ("a0", "a1", "bond0", "bond0.7", "br7")], [0, 0, 1, 2, 3],
     "each stands as high above the wire as it is", names)
order = [names.index(n) for n in ("a0", "a1", "bond0", "bond0.7", "br7")]
check(order == list(range(order[0], order[0] + 5)), "a tower stands in one piece", names)
roles = {links["a0"]["role"], links["a1"]["role"]}
same(roles, {"active", "inactive"}, "the slaves of active-backup have their roles")
inactive = next(l for l in (links["a0"], links["a1"]) if l["role"] == "inactive")
check(inactive["counters"]["rx-nohandler"]["rise"] > 0, "the inactive one drops broadcasts", inactive)
check("an inactive slave drops" in stack("--interval", "0")[1], "and the text says so")
lab.must("ip", "link", "set", "bond0", "type", "bond", "all_slaves_active", "1")
backup = next(l for l in document()["links"] if l["name"] == inactive["name"])
check((backup["role"], backup["counters"]["rx-nohandler"]["rise"]) == ("backup", 0)
      and backup["counters"]["rx-packets"]["rise"] > 0
      and "an inactive slave drops" not in stack("--interval", "0")[1],
      "with all-slaves-active it receives, and is told so", backup)
lab.must("ip", "link", "set", "bond0", "type", "bond", "all_slaves_active", "0")
same((links["a0"]["handler"], links["bond0.7"]["handler"], links["alone"]["handler"]),
     ("bond_handle_frame", "br_handle_frame", "macvlan_handle_frame"), "receive handlers")
same((links["bond0.7"]["lower"], links["bond0.7"]["master"], links["bond0"]["mode"]),
     ("bond0", "br7", "active-backup"), "what lies on what")
check("192.0.2.1/24" in links["bond0"]["addresses"], "addresses", links["bond0"])
types = {t["type"]: t["function"] for t in doc["packet-types"]}
check(types["0800"] == "ip_rcv" and "8809" not in types, "packet types; LACP is none", types)
check(doc["counters"]["IpInReceives"]["rise"] >= 0 and doc["counters"]["IpInDelivers"]["value"] > 0,
      "counters of protocols", doc["counters"])

# br_netfilter hooks in with the first bridge of a namespace.
if lab.run("modprobe", "-a", "nfnetlink_hook", "br_netfilter")[0] == 0:
    ip("link add br8 type bridge")
    found = {(h["family"], h["point"], h["function"], h["module"])
             for h in document("--interval", "0")["hooks"]}
    check(("ipv4", "prerouting", "ip_sabotage_in", "br_netfilter") in found,
          "netfilter hooks, with the module they are of", found)
    ip("link del br8")
else:
    nothing = document("--interval", "0")
    check(nothing["hooks"] is None and nothing["hooks-unknown"],
          "a kernel that does not tell of netfilter hooks: said, and not taken for none", nothing)
status, out, err = stack()
check(status == 0 and not err and "rx-nohandler" in out and "(+" in out
      and max(map(len, out.splitlines())) <= 80, "as text, in 80 columns, with what rises", out, err)
for name in ("nowhere", "../netns/far", "x" * 300, ".."):
    status, out, err = stack(name)
    check(status == 1 and not out and err.startswith("netbondctl: "), f"no namespace {name[:20]!r}", err)
far = document("far", "--interval", "0")
same({"b0", "b1", "sw0", "lo"}, {link["name"] for link in far["links"]}, "another namespace is that")
check("192.0.2.1/24" not in json.dumps(far), "and nothing of this one")
status, out, err = stack("--interval", "0", prefix=NOBODY)
check(status == 0 and "bond0 (bond active-backup)" in out, "nobody may look at its own", err)
status, out, err = stack("far", prefix=NOBODY)
check(status == 1 and "root can" in err, "and not at another one, which says why", err)
capture = subprocess.Popen(["tcpdump", "-qni", "bond0", "-w", "/dev/null", "ether proto 0x88cc"],
                           stderr=subprocess.DEVNULL)
check(lab.wait_for(lambda: [t for t in document("--interval", "0")["packet-types"]
                            if t["type"] == "ALL" and t["device"] == "bond0"]),
      "who captures is among the packet types", document("--interval", "0")["packet-types"])
capture.terminate()
capture.wait()
traffic.terminate()
traffic.wait()
ip("link set bond0.7 nomaster")
lab.finish()
