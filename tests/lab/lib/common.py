# SPDX-License-Identifier: LGPL-2.1-or-later
"""What all backends share: errors, the folder of a run, the modules to load."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
LAB = os.path.join(PROJECT, "tests/lab")
PREFIX = "netbond-lab-"

EXIT_TIMEOUT = 124
EXIT_LAB = 125

# Loaded before the command starts, as far as the kernel has them.
MODULES = """ipv6 bonding veth dummy 8021q bridge macvlan vrf tun team team_mode_activebackup
team_mode_loadbalance team_mode_roundrobin team_mode_broadcast team_mode_random openvswitch nlmon
sch_ingress sch_netem sch_prio sch_htb sch_tbf sch_fq sch_fq_codel sch_sfq cls_matchall cls_flower
cls_u32 cls_basic act_gact act_mirred act_police act_pedit""".split()
MODULE_PARAMETERS = {"bonding": "max_bonds=0", "dummy": "numdummies=0"}

# Variables of the caller that reach the command; everything else is the guest's own.
KEPT_ENVIRONMENT = re.compile(r"^(LANG|LC_.*|TERM|NETBOND_.*|[AULTM]SAN_OPTIONS|CMOCKA_.*|CI"
                              r"|V|VERBOSE|GCOV_.*|LLVM_PROFILE_FILE)$")


class LabError(Exception):
    """The lab itself failed; the text is for a person."""


def cache():
    """The folder of kernels and roots that were made once."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("NETBOND_LAB_CACHE") or os.path.join(base, "netbond-lab")


class CacheLock:
    """One process at a time makes a thing of the cache."""

    def __init__(self, name):
        os.makedirs(cache(), exist_ok=True)
        self.file = open(os.path.join(cache(), f".{name}.lock"), "wb")

    def __enter__(self):
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def fresh_folder(path):
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def replace_folder(new, target):
    shutil.rmtree(target, ignore_errors=True)
    os.rename(new, target)


def call(argv, **more):
    """Runs a program that must succeed; its output is shown only when it does not."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, **more)
    except OSError as e:
        raise LabError(f"cannot run {argv[0]}: {e.strerror}") from e
    if done.returncode != 0:
        tail = "\n".join("  | " + line for line in done.stdout.splitlines()[-25:])
        raise LabError(f"{' '.join(argv)} failed:\n{tail}")
    return done.stdout


def hidden_paths():
    """What lies below the folders that are empty in the guest and must be carried over."""
    paths = [PROJECT, cache()]
    return " ".join(p for p in paths if p.startswith(("/tmp/", "/run/", "/dev/shm/")))


def stale(path):
    """Whether the run that made this folder is over (its lock died with it)."""
    try:
        with open(os.path.join(path, "lock"), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError:
        return False


class RunDir:
    """A folder for one run, removed at the end; a folder whose run was killed is removed by the
    next run."""

    def __init__(self, keep=False):
        base = os.environ.get("TMPDIR", "/tmp")
        for name in os.listdir(base):
            path = os.path.join(base, name)
            if name.startswith(PREFIX) and stale(path):
                shutil.rmtree(path, ignore_errors=True)
        self.keep = keep
        # Made under another name: nobody may take it for stale before it is locked.
        self.path = tempfile.mkdtemp(prefix="." + PREFIX, dir=base)
        self.lock = open(os.path.join(self.path, "lock"), "wb")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        final = os.path.join(base, PREFIX + os.path.basename(self.path)[1 + len(PREFIX):])
        os.rename(self.path, final)
        self.path = final

    def file(self, *parts):
        return os.path.join(self.path, *parts)

    def mkdir(self, *parts):
        path = self.file(*parts)
        os.makedirs(path, exist_ok=True)
        return path

    def write(self, name, data):
        with open(self.file(name), "wb" if isinstance(data, bytes) else "w") as out:
            out.write(data)

    def exchange(self, wanted):
        """The host's folder behind $LAB_OUT."""
        if not wanted:
            return self.mkdir("out")
        os.makedirs(wanted, exist_ok=True)
        return os.path.realpath(wanted)

    def open_log(self):
        return os.open(self.file("log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def keep_log(self):
        """After a failure of the lab the log stays; the rest only when asked for."""
        for name in os.listdir(self.path) if not self.keep else ():
            path = self.file(name)
            if os.path.isdir(path):
                shutil.rmtree(path, ignore_errors=True)
            elif name not in ("log", "lock"):
                os.unlink(path)
        self.keep = True

    def remove(self):
        """With `keep` the folder stays; without its lock no later run takes it for stale."""
        if self.keep:
            os.unlink(self.file("lock"))
        else:
            shutil.rmtree(self.path, ignore_errors=True)
        self.lock.close()


def module_lines(tree, guest_tree, names=None):
    """Lines "path parameters" in load order for the guest, from modules.dep in `tree`."""
    files, needs = {}, {}
    with open(os.path.join(tree, "modules.dep")) as dep:
        for line in dep:
            path, _, rest = line.partition(":")
            name = re.sub(r"\.ko(\.\w+)?$", "", os.path.basename(path)).replace("-", "_")
            files.setdefault(name, path)
            needs[path] = rest.split()
    order = []

    def add(path):
        if path not in order:
            # modules.dep lists the nearest dependency first.
            for need in reversed(needs[path]):
                add(need)
            order.append(path)

    for name in names if names is not None else MODULES:
        if name in files:
            add(files[name])
    lines = []
    for path in order:
        name = os.path.basename(path).split(".")[0]
        lines.append(f"{guest_tree}/{path} {MODULE_PARAMETERS.get(name, '')}".rstrip())
    return lines


def command_environment(extra, **lab):
    env = {k: v for k, v in os.environ.items() if KEPT_ENVIRONMENT.match(k)}
    env.update(PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               HOME="/root", USER="root", LOGNAME="root", SHELL="/bin/bash")
    env.update(lab)
    env.update(extra)
    return env
