# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backend native: this machine's own bonding driver, in namespaces of its own.

Network, PID and mount namespace; the root is an overlay over the host's mounts. Modules that are
missing are loaded into the host's kernel, which is all that remains of a run."""

import os
import platform
import subprocess

import common
import sandbox
import session

FLAGS = sandbox.CLONE_NEWNS | sandbox.CLONE_NEWPID | sandbox.CLONE_NEWNET
LAYERS = "/mnt"
STAGE = LAYERS + "/root"
DISKS = ("btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "xfs", "zfs", "tmpfs", "hostfs",
         "virtiofs", "9p", "nfs", "nfs4", "fuse")


def works():
    """Whether a bond can be made here, tried in a network namespace that is thrown away."""
    if os.geteuid() != 0:
        return False
    pid = os.fork()
    if pid == 0:
        try:
            load_modules(["bonding"])
            sandbox.unshare(sandbox.CLONE_NEWNET)
            os._exit(quiet(["ip", "link", "add", "labprobe", "type", "bond"]))
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def quiet(argv):
    try:
        return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode
    except OSError:
        return 127


def load_modules(names):
    loaded = [name for name in names if not os.path.isdir(f"/sys/module/{name}")]
    for name in [n for n in loaded if n in common.MODULE_PARAMETERS]:
        quiet(["modprobe", "-q", name, common.MODULE_PARAMETERS[name]])
    rest = [n for n in loaded if n not in common.MODULE_PARAMETERS]
    if rest:
        quiet(["modprobe", "-q", "-a", *rest])


def disk_mounts():
    """The mount points whose files the command shall see, each before those below it."""
    hidden = ("/proc", "/sys", "/dev", "/run", "/tmp", LAYERS)
    points = []
    with open("/proc/self/mounts") as mounts:
        for line in mounts:
            _, point, kind = line.split()[:3]
            point = point.encode().decode("unicode_escape")
            below_hidden = any(point == h or point.startswith(h + "/") for h in hidden)
            if kind.split(".")[0] in DISKS and not below_hidden and point not in points:
                points.append(point)
    return sorted(points)


def overlay(i, path):
    upper, work = f"{LAYERS}/upper{i}", f"{LAYERS}/work{i}"
    os.mkdir(upper)
    os.mkdir(work)
    sandbox.mount("lab", STAGE + path.rstrip("/"), "overlay", 0,
                  f"lowerdir={path},upperdir={upper},workdir={work}")


def stage_root(keep, out):
    """An overlay per mount of the host, a fresh /proc, /sys, /run and /tmp; then it is the root."""
    sandbox.mount("none", "/", None, sandbox.MS_REC | sandbox.MS_PRIVATE)
    points = disk_mounts()
    sandbox.mount("lab", LAYERS, "tmpfs", sandbox.MS_NODEV, "mode=0755")
    os.mkdir(STAGE)
    for i, point in enumerate(points):
        if os.path.isdir(point):
            overlay(i, point)
    sandbox.mount("/dev", STAGE + "/dev", None, sandbox.MS_BIND | sandbox.MS_REC)
    sandbox.mount("proc", STAGE + "/proc", "proc")
    sandbox.mount("sysfs", STAGE + "/sys", "sysfs")
    for path, mode in (("/run", "0755"), ("/tmp", "1777")):
        sandbox.mount("tmpfs", STAGE + path, "tmpfs", sandbox.MS_NOSUID | sandbox.MS_NODEV,
                      f"mode={mode}")
    for i, path in enumerate(keep, len(points)):
        os.makedirs(STAGE + path, exist_ok=True)
        overlay(i, path)
    os.makedirs(STAGE + "/run/lab/out")
    sandbox.mount(out, STAGE + "/run/lab/out", None, sandbox.MS_BIND)
    sandbox.pivot_root(STAGE, STAGE + "/mnt")
    sandbox.detach("/mnt")
    sandbox.mount("none", "/", None, sandbox.MS_REC | sandbox.MS_SHARED)


def _first(options, keep, out, channels):
    """PID 1: everything the command left running ends when it returns."""
    fds = channels.write
    stage_root(keep, out)
    os.makedirs("/run/netns")
    quiet(["ip", "link", "set", "lo", "up"])
    os.write(fds["control"], b"ready\n")
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.dup2(fds["out"], 1)
        os.dup2(fds["out"] if session.same_file(*options.outputs) else fds["err"], 2)
        try:
            os.chdir(options.cwd)
            os.execvpe(options.command[0], options.command, options.environment)
        except OSError as e:
            os.write(2, f"lab: cannot run {options.command[0]}: {e.strerror}\n".encode())
            os._exit(127 if isinstance(e, FileNotFoundError) else 126)
    os.write(fds["control"], b"exit %d\n" % sandbox.wait_for(pid))


def run(options, rundir):
    if not works():
        raise common.LabError("this kernel cannot make a bond here (no driver, or not root); "
                              "use --backend uml")
    load_modules(common.MODULES)
    out = rundir.exchange(options.out)
    options.environment.update(LAB_BACKEND="native", LAB_KERNEL=platform.release(),
                               LAB_OUT="/run/lab/out")
    options.outputs = os.dup(1), os.dup(2)
    channels = session.Channels(False)
    log = rundir.open_log()
    process = sandbox.Process(
        lambda: _first(options, common.hidden_paths().split(), out, channels), log,
        channels.given(), flags=FLAGS)
    channels.started()
    return process, channels
