# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backend uml: Debian's user-mode-linux kernel as an ordinary process, the host's files as root.

The guest's root is an overlay over the host's file system, which is read-only three times: in the
sandbox's mount namespace, by the guest's first mount, and as the overlay's lower layer.

The user space is always the host's, so that our programs run on every kernel. A kernel of another
Debian release lies with its libraries in a root of its own in the cache; it runs chrooted there
and sees the host at /host."""

import glob
import os
import shutil
import subprocess

import common
import sandbox
import session
from common import LabError

CONSOLES = {"out": "/dev/tty1", "err": "/dev/tty2", "control": "/dev/tty3"}
SUITES = {"6.1": "bookworm", "6.12": "trixie", "newest": "sid"}


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

    def host(self, path):
        """A path of the host as a process sees it after the chroot."""
        return path if self.root == "/" else "/host" + path.rstrip("/")


def find(name):
    """The kernel called `name`, ready or not; None means the installed one."""
    installed = Kernel("/")
    if name in (None, "installed"):
        return installed
    if installed.ready and installed.release.startswith(name + "."):
        return installed
    if name not in SUITES:
        raise LabError(f"there is no kernel '{name}'; known: installed {' '.join(SUITES)}")
    return Kernel(os.path.join(common.cache(), f"uml-{name}"))


def mirror():
    """Where this machine's apt gets Debian from."""
    uri = _mirror_of_lists()
    if not uri:
        common.call(["apt-get", "-q", "update"])
        uri = _mirror_of_lists()
    if not uri:
        raise LabError("apt has no source of a Debian release")
    return uri


def _mirror_of_lists():
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)",
         "Created-By: Packages"], capture_output=True, text=True, check=False).stdout
    for line in targets.splitlines():
        origin, release, component, uri = line.split("|", 3)
        if origin == "Debian" and component == "main" and "-" not in release:
            return uri
    return None


def apt_options(path):
    """The machine's way to its mirrors (proxies and the like). A Release of sid may be old."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False)
    lines = [line for line in dump.stdout.splitlines() if line.startswith("Acquire::")]
    with open(path, "w") as out:
        out.write("\n".join([*lines, 'Acquire::Check-Valid-Until "false";']) + "\n")


def prepare(name, again=False):
    """Makes the root of a kernel unless it is there: the kernel, its modules and the C library."""
    kernel = find(name)
    if kernel.root == "/":
        if not kernel.ready:
            raise LabError("user-mode-linux is not installed: run tests/setup lab")
        return
    if not shutil.which("mmdebstrap"):
        raise LabError("mmdebstrap is not installed: run tests/setup kernels")
    if os.geteuid() != 0:
        raise LabError(f"kernel {name} needs root, to make its root and to run it")
    with common.CacheLock(f"uml-{name}"):
        if find(name).ready and not again:
            return
        work = common.fresh_folder(kernel.root + ".new")
        options = kernel.root + ".apt"
        apt_options(options)
        common.call(["mmdebstrap", "--quiet", "--variant=extract", "--include=user-mode-linux",
                     "--components=main", f"--aptopt={options}", SUITES[name], work, mirror()])
        os.unlink(options)
        for path in ("var", "usr/share/doc", "usr/share/man", "etc/apt"):
            shutil.rmtree(f"{work}/{path}", ignore_errors=True)
        for path in ("lib", "lib64"):
            if not os.path.lexists(f"{work}/{path}"):
                os.symlink(f"usr/{path}", f"{work}/{path}")
        for path in ("host", "dev", "proc", "tmp"):
            os.makedirs(f"{work}/{path}", exist_ok=True)
        common.replace_folder(work, kernel.root)


def _first(run, kernel, out, argv, env):
    """PID 1 of the sandbox."""
    sandbox.protect_host([out])
    sandbox.mount("proc", "/proc", "proc")
    root = kernel.root
    memory = run.file("mem") if root == "/" else f"{root}/tmp"
    sandbox.mount("lab", memory, "tmpfs", 0, "size=100%")
    if root != "/":
        for path, target in (("/", "host"), ("/dev", "dev"), ("/proc", "proc")):
            sandbox.mount(path, f"{root}/{target}", None, sandbox.MS_BIND | sandbox.MS_REC)
        os.chroot(root)
        os.chdir("/")
    sandbox.run_program(argv, env)


def _arguments(run, kernel, options, channels, log, memory):
    fds = channels.write
    argv = [kernel.inside(kernel.binary), f"mem={options.mem}", "umid=lab",
            f"uml_dir={memory}/", "root=/dev/root", "rootfstype=hostfs",
            f"rootflags={kernel.host('/')}", "ro", f"init={run.path}/guest-init",
            f"lab_dir={run.path}", "printk.time=1", "con=null", "ssl=null", f"con0=null,fd:{log}",
            f"con2=null,fd:{fds['err']}", f"con3=null,fd:{fds['control']}"]
    if channels.terminal:
        return argv + [f"con1=fd:{channels.terminal},fd:{channels.terminal}"]
    return argv + [f"con1=null,fd:{fds['out']}"]


def run(options, rundir):
    prepare(options.kernel)
    kernel = find(options.kernel)
    out = rundir.exchange(options.out)
    rundir.mkdir("mem")
    memory = rundir.file("mem") if kernel.root == "/" else "/tmp"
    log = rundir.open_log()
    channels = session.Channels(options.shell)
    options.environment.update(LAB_BACKEND="uml", LAB_KERNEL=kernel.release, LAB_OUT="/run/lab/out")
    overlay = common.module_lines(kernel.tree, kernel.tree, ["overlay"])
    session.write_input(rundir, options, {
        "tty_out": CONSOLES["out"], "tty_err": CONSOLES["err"], "tty_control": CONSOLES["control"],
        "tty_shell": CONSOLES["out"], "early_modules": " ".join(overlay), "lower": "/",
        "modules_hostfs": kernel.inside(kernel.tree), "out_hostfs": kernel.host(out),
        "keep": common.hidden_paths()})
    modules = common.module_lines(kernel.tree, f"/lib/modules/{kernel.release}")
    rundir.write("modules", "\n".join(modules) + "\n")
    argv = _arguments(rundir, kernel, options, channels, log, memory)
    env = {"PATH": "/usr/bin:/bin", "HOME": memory}
    if os.geteuid() == 0:
        # The sandbox's own tmpfs. Without root, linux.uml takes /dev/shm if it can.
        env["TMPDIR"] = memory
    process = sandbox.Process(lambda: _first(rundir, kernel, out, argv, env), log,
                              [log, *channels.given()], fallback=(argv, env))
    channels.started()
    return process, channels
