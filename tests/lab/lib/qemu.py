# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backend qemu: Debian's cloud kernel in a virtual machine, the host's files by virtiofs.

Slower than uml, but with several processors, AddressSanitizer and virtio network cards."""

import fcntl
import glob
import os
import socket
import subprocess

import common
import initramfs
import sandbox
import session
from common import LabError

VIRTIOFSD = ("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd")
QEMU = "/usr/bin/qemu-system-x86_64"
CONSOLES = {"out": "port:out", "err": "port:err", "control": "port:control"}
EARLY = ["virtio_pci", "virtio_console", "fuse", "virtiofs", "overlay"]
PACKAGE = "linux-image-cloud-amd64"
FIRST_MAC = "52:54:00:00:00:%02x"


class Kernel:
    """The cloud kernel, unpacked in the cache by tests/lab/prepare."""

    def __init__(self):
        self.root = os.path.join(common.cache(), "qemu")
        images = sorted(glob.glob(f"{self.root}/boot/vmlinuz-*"))
        self.image = images[-1] if images else None
        self.release = self.image.split("vmlinuz-", 1)[1] if images else None
        self.tree = f"{self.root}/lib/modules/{self.release}" if images else None
        self.ready = bool(images) and os.path.exists(f"{self.tree}/modules.dep")


def virtiofsd():
    for path in VIRTIOFSD:
        if os.access(path, os.X_OK):
            return path
    return None


def prepare():
    """Fetches and unpacks Debian's newest cloud kernel; nothing is installed."""
    target = os.path.join(common.cache(), "qemu")
    with common.CacheLock("qemu"):
        if Kernel().ready:
            return
        work = common.fresh_folder(target + ".new")
        package = kernel_package()
        common.call(["apt-get", "-q", "download", package], cwd=work)
        for deb in glob.glob(f"{work}/*.deb"):
            common.call(["dpkg", "-x", deb, work])
            os.unlink(deb)
        for tree in glob.glob(f"{work}/lib/modules/*"):
            common.call(["depmod", "-b", work, os.path.basename(tree)])
        common.replace_folder(work, target)


def kernel_package():
    text = subprocess.run(["apt-cache", "depends", "--no-recommends", "--no-suggests", PACKAGE],
                          capture_output=True, text=True, check=False).stdout
    for line in text.splitlines():
        word, _, name = line.strip().partition("Depends: ")
        if not word and name.startswith("linux-image-"):
            return name
    raise LabError(f"apt knows no package {PACKAGE}: run apt-get update")


def kvm_works():
    """Whether this process may make a virtual machine in hardware."""
    KVM_CREATE_VM = 0xAE01
    try:
        kvm = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.close(fcntl.ioctl(kvm, KVM_CREATE_VM, 0))
        return True
    except OSError:
        return False
    finally:
        os.close(kvm)


def _initramfs(kernel):
    """Path of the constant part, rebuilt when one of its sources is newer, and its modules."""
    lines = common.module_lines(kernel.tree, kernel.tree, EARLY)
    names = ["/early/" + os.path.basename(path) for path in lines]
    path = os.path.join(kernel.root, "initramfs.cpio")
    newest = max(os.stat(p).st_mtime for p in ("/usr/bin/perl", f"{common.LAB}/guest-init",
                                               f"{common.LAB}/lib/initramfs.py", kernel.image))
    if not os.path.exists(path) or os.stat(path).st_mtime < newest:
        data, names = initramfs.build(lines)
        temporary = f"{path}.{os.getpid()}"
        with open(temporary, "wb") as out:
            out.write(data)
        os.rename(temporary, path)
    return path, names


def _prepare(run, out):
    """In the sandbox: the file server; it ends with the machine."""
    def start():
        sandbox.protect_host([out, run.file("sock")])
        sandbox.mount("proc", "/proc", "proc")
        sandbox.mount("lab", "/dev/shm", "tmpfs")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(run.file("sock", "fs"))
        listener.listen(1)
        subprocess.Popen([virtiofsd(), f"--fd={listener.fileno()}", "-o",
                          "source=/,sandbox=chroot,cache=always,no_posix_lock,log_level=warn"],
                         stdin=subprocess.DEVNULL, pass_fds=[listener.fileno()])
        listener.close()
    return start


def _arguments(run, kernel, options, channels, log):
    argv = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-accel", "kvm" if False else "tcg,thread=multi", "-cpu", "max,-arch-capabilities",
            "-M", "q35,memory-backend=ram,usb=off,vmport=off", "-smp", str(options.cpus),
            "-m", options.mem,
            "-object", f"memory-backend-memfd,id=ram,share=on,size={options.mem}",
            "-kernel", kernel.image, "-initrd", run.file("initrd"),
            "-append", "console=ttyS0 panic=-1 net.ifnames=0 rdinit=/init lab_dir=/lab "
                       "nokaslr mitigations=off tsc=reliable",
            "-chardev", f"file,id=log,path=/proc/self/fd/{log},append=on", "-serial", "chardev:log",
            "-chardev", f"socket,id=fs,path={run.file('sock', 'fs')}",
            "-device", "vhost-user-fs-pci,chardev=fs,tag=host",
            "-device", "virtio-serial-pci"]
    for nr, name in enumerate(("out", "err", "control"), 1):
        argv += ["-chardev", f"file,id={name},path=/proc/self/fd/{channels.write[name]}",
                 "-device", f"virtserialport,chardev={name},nr={nr},name={name}"]
    for i in range(options.nics):
        # A hub of its own gives each card a carrier and no neighbour.
        argv += ["-netdev", f"hubport,id=n{i},hubid={i}", "-device",
                 f"virtio-net-pci,netdev=n{i},romfile=,mac={FIRST_MAC % (i + 1)}"]
    return argv


def run(options, rundir):
    kernel = Kernel()
    if not os.access(QEMU, os.X_OK) or not virtiofsd():
        raise LabError("qemu is not installed: run tests/setup qemu")
    if not kernel.ready:
        prepare()
        kernel = Kernel()
    out = os.path.realpath(options.out) if options.out else rundir.mkdir("out")
    rundir.mkdir("sock")
    log = os.open(rundir.file("log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    channels = session.Channels()
    options.environment.update(LAB_BACKEND="qemu", LAB_KERNEL=kernel.release, LAB_OUT="/run/lab/out")
    base, early = _initramfs(kernel)
    session.write_input(rundir, options, {
        "tty_out": CONSOLES["out"], "tty_err": CONSOLES["err"], "tty_control": CONSOLES["control"],
        "early_modules": " ".join(early), "virtiofs": "host", "lower": "/host",
        "out_bind": "/host" + out, "modules_bind": kernel.tree,
        "keep": common.hidden_paths()})
    modules = common.module_lines(kernel.tree, f"/lib/modules/{kernel.release}",
                                  [*common.MODULES, "virtio_net"])
    rundir.write("modules", "\n".join(modules) + "\n")
    with open(base, "rb") as constant:
        rundir.write("initrd", constant.read() + initramfs.of_folder(rundir.path, session.INPUT))
    argv = _arguments(rundir, kernel, options, channels, log)
    process = sandbox.Process(argv, {"PATH": "/usr/bin:/bin"}, [log, *channels.write.values()], log,
                              _prepare(rundir, out))
    channels.started()
    return process, channels
