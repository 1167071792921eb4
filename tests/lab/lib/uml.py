# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backend uml: Debian's user-mode-linux kernel as an ordinary process, the host's files as root.

The guest's root is an overlay over the host's file system, mounted read-only three times: in the
sandbox's mount namespace, by the guest's first mount, and as the overlay's lower layer."""

import glob
import os

import common
import sandbox
import session
from common import LabError

CONSOLES = {"out": "/dev/tty1", "err": "/dev/tty2", "control": "/dev/tty3"}


class Kernel:
    """A linux.uml with its modules, below `root` ("/" = installed on this machine)."""

    def __init__(self, root):
        self.root = root
        trees = sorted(glob.glob(os.path.join(root, "usr/lib/uml/modules/*/modules.dep")))
        self.binary = os.path.join(root, "usr/bin/linux.uml")
        self.ready = bool(trees) and os.access(self.binary, os.X_OK)
        self.tree = os.path.dirname(trees[-1]) if trees else None
        self.release = os.path.basename(self.tree) if trees else None

    def inside(self, path):
        """A path below root as a process sees it after the chroot."""
        return path if self.root == "/" else path[len(self.root):]


def _prepare(run, kernel, out, memory):
    """What is done in the sandbox before the kernel starts."""
    def prepare():
        sandbox.protect_host([out])
        sandbox.mount("proc", "/proc", "proc")
        if kernel.root == "/":
            sandbox.mount("lab", run.file("mem"), "tmpfs", 0, f"size={memory}")
            return
        root = kernel.root
        sandbox.mount("/", f"{root}/host", None, sandbox.MS_BIND | sandbox.MS_REC)
        sandbox.mount("/dev", f"{root}/dev", None, sandbox.MS_BIND | sandbox.MS_REC)
        sandbox.mount("proc", f"{root}/proc", "proc")
        sandbox.mount("lab", f"{root}/tmp", "tmpfs", 0, f"size={memory}")
        os.chroot(root)
        os.chdir("/")
    return prepare


def _arguments(run, kernel, options, channels, log):
    host = "" if kernel.root == "/" else "/host"
    mem = run.file("mem") if kernel.root == "/" else "/tmp"
    fds = channels.write
    return [kernel.inside(kernel.binary), f"mem={options.mem}", f"umid={run.name}",
            f"uml_dir={mem}/", "root=/dev/root", "rootfstype=hostfs", f"rootflags={host or '/'}",
            "ro", f"init={run.path}/guest-init", f"lab_dir={run.path}", "printk.time=1",
            "con=null", "ssl=null", f"con0=null,fd:{log}", f"con1=null,fd:{fds['out']}",
            f"con2=null,fd:{fds['err']}", f"con3=null,fd:{fds['control']}"], mem


def _config(run, kernel, out):
    host = "" if kernel.root == "/" else "/host"
    overlay = common.module_lines(kernel.tree, kernel.tree, ["overlay"])
    return {"tty_out": CONSOLES["out"], "tty_err": CONSOLES["err"],
            "tty_control": CONSOLES["control"], "lower": "/", "early_modules": " ".join(overlay),
            "modules_hostfs": kernel.inside(kernel.tree), "out_hostfs": host + out,
            "keep": common.hidden_paths()}


def find(name):
    """The kernel called `name`, or LabError with what to do."""
    kernel = Kernel("/")
    if name in (None, "6.1", "installed"):
        if not kernel.ready:
            raise LabError("user-mode-linux is not installed: run tests/setup lab")
        return kernel
    raise LabError(f"no kernel {name}")


def run(options, rundir):
    kernel = find(options.kernel)
    out = os.path.realpath(options.out) if options.out else rundir.mkdir("out")
    rundir.mkdir("mem")
    log_path = rundir.file("log")
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    channels = session.Channels()
    options.environment.update(LAB_BACKEND="uml", LAB_KERNEL=kernel.release, LAB_OUT="/run/lab/out")
    session.write_input(rundir, options, _config(rundir, kernel, out))
    modules = common.module_lines(kernel.tree, f"/lib/modules/{kernel.release}")
    rundir.write("modules", "\n".join(modules) + "\n")
    argv, mem = _arguments(rundir, kernel, options, channels, log)
    env = {"PATH": "/usr/bin:/bin", "HOME": mem, "TMPDIR": mem}
    process = sandbox.Process(argv, env, [log, *channels.write.values()], log,
                              _prepare(rundir, kernel, out, options.tmpfs))
    channels.started()
    return process, channels
