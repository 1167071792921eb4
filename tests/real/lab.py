# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests on a real bonding driver share. Each test is run as root in a throw-away guest:

    tests/lab/run -- tests/real/FILE.py BUILD_DIR [--long] [--inside]

and prints one line for each fact it checked, then the sum."""

import collections
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time

import rtnl

if "LAB_OUT" not in os.environ:
    sys.exit("this changes the network of the machine it runs on: tests/lab/run -- "
             f"{sys.argv[0]} BUILD_DIR")
if len(sys.argv) < 2:
    sys.exit(f"usage: {sys.argv[0]} BUILD_DIR [--long]")

BUILD = os.path.abspath(sys.argv[1])
LONG = "--long" in sys.argv[2:]
NETBONDD = BUILD + "/daemon/netbondd"
NETBONDCTL = BUILD + "/cli/netbondctl"
UDPCNT = BUILD + "/tests/real/udpcnt"
MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb",
         "balance-alb")
os.environ["LC_ALL"] = "C.UTF-8"

# With --inside the same test runs in a namespace: the links are there, and every bond of a file too.
INSIDE = "inside" if "--inside" in sys.argv[2:] else ""

passed = failed = 0
numbers = itertools.count(1)
if INSIDE:
    subprocess.run(["ip", "netns", "add", INSIDE], check=True)
with rtnl.Inside(INSIDE):
    netlink = rtnl.Rtnl()
started = time.monotonic()


def check(truth, sentence, *details):
    """One fact. @details are printed when it does not hold."""
    global passed, failed
    if truth:
        passed += 1
        print("ok -", sentence, flush=True)
        return True
    failed += 1
    print("not ok -", sentence, flush=True)
    for detail in details:
        for line in str(detail).splitlines():
            print("   |", line)
    return False


def same(got, want, sentence, *details):
    return check(got == want, sentence, f"got  {got}", f"want {want}", *details)


def documented(document, verb):
    """Each member of a document that netbondctl printed stands in the manual."""
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
    import members
    same(members.undocumented(document, verb), [], f"the manual has all members of {verb} -o json")


def finish():
    print(f"# {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed")
    sys.stdout.flush()
    os._exit(1 if failed or not passed else 0)


def crashed(kind, error, trace):
    sys.__excepthook__(kind, error, trace)
    print(f"{passed} passed, {failed + 1} failed (the test itself broke off)")
    sys.stdout.flush()
    os._exit(1)


sys.excepthook = crashed


# Programs and the kernel's own view

def run(*argv, text=""):
    """(status, stdout, stderr)"""
    done = subprocess.run(argv, input=text, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def must(*argv, text=""):
    status, out, err = run(*argv, text=text)
    if status != 0:
        raise RuntimeError(f"{' '.join(argv)}: {err or out or status}")
    return out


def here(*argv):
    """The command line that runs a program where the bonds are."""
    return (*(("ip", "netns", "exec", INSIDE) if INSIDE else ()), *argv)


def ip(command, namespace=INSIDE):
    """`ip COMMAND`, which must succeed."""
    if command.startswith("netns "):
        namespace = ""                  # pins made inside would be seen there alone
    return must("ip", *(["-n", namespace] if namespace else []), *command.split())


def batch(commands, namespace=INSIDE):
    """Several `ip` commands by one program."""
    lines = "\n".join(line.strip() for line in commands.strip().splitlines())
    return must("ip", *(["-n", namespace] if namespace else []), "-batch", "-", text=lines + "\n")


def query(command, namespace=INSIDE, *options):
    out = must("ip", *(["-n", namespace] if namespace else []), "-j", *options, *command.split())
    return json.loads(out or "[]")


def links(namespace=INSIDE):
    """All links by name, as rtnetlink shows them."""
    if namespace == INSIDE:
        return netlink.links()
    with rtnl.Inside(namespace):
        return rtnl.Rtnl().links()


def addresses(link, namespace=INSIDE):
    """What `ip address` shows without link-local: {"192.0.2.1/24", ...}"""
    found = query(f"address show dev {link}", namespace)
    return {f"{a['local']}/{a['prefixlen']}" for entry in found for a in entry.get("addr_info", ())
            if a["scope"] != "link" or a["family"] == "inet"}


def routes(link, namespace=INSIDE, protocols=("boot", "static", "dhcp", "110", "netbond")):
    """Routes through @link that somebody set: {"default via 192.0.2.254 metric 10", ...}"""
    found = set()
    for family in ("-4", "-6"):
        for r in query(f"route show table all dev {link}", namespace, family):
            if r.get("protocol", "boot") not in protocols or r.get("type", "unicast") != "unicast":
                continue
            text = r["dst"]
            if "gateway" in r:
                text += f" via {r['gateway']}"
            if "metric" in r and not (family == "-6" and r["metric"] == 1024):
                text += f" metric {r['metric']}"
            if "prefsrc" in r:
                text += f" src {r['prefsrc']}"
            if str(r.get("table", "main")) not in ("main", "254"):
                text += f" table {r['table']}"
            found.add(text)
    return found


def slave_order(bond, namespace=INSIDE):
    """The slaves in the driver's own order (sysfs)."""
    path = f"/sys/class/net/{bond}/bonding/slaves"
    if namespace:
        return must("ip", "netns", "exec", namespace, "cat", path).split()
    with open(path, encoding="ascii") as file:
        return file.read().split()


def wait_for(what, seconds=10.0, step=0.05):
    """Waits until @what() is true. Returns the last answer."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(step)


# The numbers behind the names of enumerations; linux/if_bonding.h, bond_options.c
NUMBERS = {
    "mode": {mode: i for i, mode in enumerate(MODES)},
    "arp-validate": {"none": 0, "active": 1, "backup": 2, "all": 3, "filter": 4,
                     "filter_active": 5, "filter_backup": 6},
    "arp-all-targets": {"any": 0, "all": 1},
    "primary-reselect": {"always": 0, "better": 1, "failure": 2},
    "fail-over-mac": {"none": 0, "active": 1, "follow": 2},
    "xmit-hash-policy": {"layer2": 0, "layer3+4": 1, "layer2+3": 2, "encap2+3": 3, "encap3+4": 4,
                         "vlan+srcmac": 5},
    "lacp-rate": {"slow": 0, "fast": 1},
    "ad-select": {"stable": 0, "bandwidth": 1, "count": 2, "actor_port_prio": 3},
}


def in_kernel(name, value, have=None):
    """What rtnetlink shows for an option written in a file."""
    if name in ("primary", "active-slave"):
        return (have or links())[value].index
    if name in NUMBERS:
        return NUMBERS[name][value]
    if isinstance(value, list):
        return sorted(value)
    return int(value) if isinstance(value, bool) else value


def kernel_has(bond, options):
    """Whether the kernel has all these values. Returns (yes, what differs)."""
    have = links()
    wrong = {name: have[bond].bond.get(name) for name, value in options.items()
             if have[bond].bond.get(name) != in_kernel(name, value, have)}
    return not wrong, f"other values in the kernel: {wrong}" if wrong else ""


# Links to play with

def dummies(*names):
    batch("\n".join(f"link add {name} type dummy" for name in names))


def cables(namespace, pairs):
    """veth pairs: here NAME, in @namespace its partner, both down. @pairs: {name: partner}"""
    if not os.path.exists(f"/run/netns/{namespace}"):
        ip(f"netns add {namespace}")
        ip("link set lo up", namespace)
    batch("\n".join(f"link add {name} type veth peer name {peer} netns {namespace}"
                    for name, peer in pairs.items()))


def partner_bond(namespace, name, slaves, options, addresses=()):
    """A bond made by `ip` in @namespace: the far end."""
    lines = [f"link add {name} type bond {options}"]
    for slave in slaves:
        lines += [f"link set {slave} down", f"link set {slave} master {name}"]
    lines += [f"address add {address} dev {name} {'nodad' if ':' in address else ''}"
              for address in addresses]
    batch("\n".join(lines + [f"link set {name} up"]), namespace)


def partner_bridge(namespace, name, ports, addresses=()):
    """A switch: all ports in one broadcast domain."""
    lines = [f"link add {name} type bridge", f"link set {name} up"]
    for port in ports:
        lines += [f"link set {port} master {name}", f"link set {port} up"]
    lines += [f"address add {address} dev {name} {'nodad' if ':' in address else ''}"
              for address in addresses]
    batch("\n".join(lines), namespace)


def delete_links(*names):
    """Those that are there, at once: one by one costs the kernel a grace period each."""
    have = netlink.links()
    there = [name for name in names if name in have]
    if there:
        batch("\n".join(f"link set {name} group 99" for name in there) + "\nlink del group 99")


# netbond

OPERATION = re.compile(r"^(?P<goal>\S+): (?P<class>live|slave|down|rebuild) +(?P<text>.*)$")
SUM = re.compile(r"^(?P<result>converged|held|pending|failed): (?:nothing to do|(?P<done>\d+) op"
                 r"\w+(?: done)?(?: in (?P<plans>\d+) plans)?)", re.M)


class Result:
    """One run of netbondd --once."""

    def __init__(self, status, out, err, writes):
        out = out.replace(f" (in {INSIDE})", "") if INSIDE else out
        self.status, self.out, self.err, self.writes = status, out, err, writes
        self.operations = [m.groupdict() for m in map(OPERATION.match, out.splitlines()) if m]
        found = SUM.search(out)
        self.result = found["result"] if found else ""
        self.done = int(found["done"] or 0) if found else 0
        self.plans = int(found["plans"] or 1) if found and self.done else 0

    def texts(self, goal=None):
        return [o["text"] for o in self.operations if goal in (None, o["goal"])]

    def classes(self, goal=None):
        return {o["class"] for o in self.operations if goal in (None, o["goal"])}

    @property
    def worst(self):
        order = ("live", "slave", "down", "rebuild")
        return max(self.classes(), key=order.index, default="live")

    def __str__(self):
        return f"exit status {self.status}\n{self.out}{self.err}"


def pinned():
    return sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []


def type_pins():
    """{"tenant-a/uts": inode, "tenant-a/mnt": inode, ...}"""
    ns, mnt = "/run/netbond-nsd/ns", "/run/netbond-nsd/mnt"
    found = [(f"{ns}/{name}/{kind}", f"{name}/{kind}") for name in
             (os.listdir(ns) if os.path.isdir(ns) else ()) for kind in os.listdir(f"{ns}/{name}")]
    found += [(f"{mnt}/{name}", f"{name}/mnt") for name in
              (os.listdir(mnt) if os.path.isdir(mnt) else ())]
    return {key: os.stat(path).st_ino for path, key in found}


def moved_inside(config):
    """The same configuration with all its bonds in the namespace."""
    if isinstance(config, str):
        config = json.loads(config) if config.startswith("{") else {}
    bonds_inside = {key: {**bond, "namespace": INSIDE} for key, bond in
                    config.get("bonds", {}).items()}
    return {**config, "namespaces": {INSIDE: {}}, "bonds": bonds_inside}


def once(config, *options, exact=True, allow="rebuild", prefix=(), namespaces=(), file=None):
    """Runs netbondd --once with @config: a dict, YAML text, or None for no file."""
    argv = [*prefix, NETBONDD, "--once"]
    if INSIDE and config is not None:
        config, namespaces = moved_inside(config), (INSIDE, *namespaces)
    if exact and config is not None:
        argv.append("--exact")
    if allow:
        argv += ["--allow", allow]
    argv += options
    if config is not None:
        file = file or f"/tmp/{next(numbers)}.yaml"
        with open(file, "w", encoding="utf-8") as out:
            out.write(config if isinstance(config, str) else json.dumps(config, indent=1))
        argv.append(file)
    wires = [rtnl.Wire(name) for name in ("", *namespaces) if not name
             or os.path.exists(f"/run/netns/{name}")]
    for wire in wires:
        wire.__enter__()
    pins, types = pinned(), type_pins()
    status, out, err = run(*argv)
    writes = []
    for wire in wires:
        wire.__exit__()
        writes += wire.writes
        wire.socket.close()
    if pinned() != pins:
        writes.append(f"namespaces {pins} became {pinned()}")
    if type_pins() != types:
        writes.append(f"types {types} became {type_pins()}")
    result = Result(status, out, err, writes)
    if not writes and any(not text.startswith(("wait ", "set uts of ")) and "(in " not in text
                          for text in result.texts()):
        raise RuntimeError("netbond told of operations, and nlmon saw none: the witness is blind")
    return result


def converges(config, sentence, *options, **more):
    """A run that must converge by one plan. Returns it."""
    result = once(config, *options, **more)
    check(result.status == 0 and result.result == "converged" and result.plans <= 1,
          f"{sentence}: converged by one plan", result)
    return result


def settled(config, sentence, *options, **more):
    """The same once more: nothing is written."""
    result = once(config, *options, **more)
    return check(result.status == 0 and not result.writes and result.done == 0,
                 f"{sentence}: the second run writes nothing to the kernel",
                 f"written: {result.writes}", result)


def applies(config, sentence, *options, **more):
    """Converges by one plan, and the next run writes nothing. Returns the first."""
    result = converges(config, sentence, *options, **more)
    settled(config, sentence, *options, **more)
    return result


def bonds(**by_name):
    return {"bonds": by_name}


def fresh_memory():
    """netbond forgets all it did."""
    shutil.rmtree("/run/netbond", ignore_errors=True)


def clean(*names):
    """Removes what a test made, behind netbond's back."""
    delete_links(*names)
    fresh_memory()


# Traffic

def answers(address, namespace=INSIDE):
    prefix = ["ip", "netns", "exec", namespace] if namespace else []
    return run(*prefix, "ping", "-c1", "-W1", address)[0] == 0


def drops(*namespaces):
    """What the kernel dropped so far: a Counter by (namespace, "udp" or link, which counter)."""
    found = collections.Counter()
    for namespace in namespaces:
        for link in query("link show", namespace, "-s"):
            for way in ("rx", "tx"):
                for name in ("dropped", "errors", "nohandler", "otherhost"):
                    count = link["stats64"][way].get(name, 0)
                    found[namespace, link["ifname"], f"{way} {name}"] = count
        prefix = ["ip", "netns", "exec", namespace] if namespace else []
        heads, values = (line.split()[1:] for line in
                         must(*prefix, "cat", "/proc/net/snmp").splitlines()
                         if line.startswith("Udp:"))
        for name, value in zip(heads, values):
            if name.endswith("Errors"):
                found[namespace, "udp", name] = int(value)
    return found


class Counter:
    """Numbered UDP packets each 2 ms to @target; .result() tells how many were lost."""

    def __init__(self, target, namespace_from=INSIDE, namespace_to=INSIDE, port=None):
        port = str(port or 5000 + next(numbers))
        self.receiver = self.start(namespace_to, "rx", port)
        self.receiver.stdout.readline()         # "ready"
        self.sender = self.start(namespace_from, "tx", target, port, "2000")

    @staticmethod
    def start(namespace, *argv):
        prefix = ["ip", "netns", "exec", namespace] if namespace else []
        return subprocess.Popen([*prefix, UDPCNT, *argv], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)

    def end_sending(self):
        sent, _ = self.sender.communicate()
        self.sent = json.loads(sent)["sent"]

    def result(self):
        """{"sent", "received", "lost", "duplicates", "gaps", "longest_ms", "latency_ms"}"""
        time.sleep(0.3)
        received, _ = self.receiver.communicate()
        found = {"sent": self.sent, **json.loads(received)}
        found["lost"] = found["sent"] - found["received"]
        return found
