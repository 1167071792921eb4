# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backend qemu: Debian's cloud kernel in a virtual machine, the host's files by virtiofs.

Slower than uml, but with several processors, AddressSanitizer and virtio network cards."""

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
CPU = "max,-arch-capabilities"
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


def prepare(again=False):
    """Fetches and unpacks Debian's newest cloud kernel; nothing is installed."""
    target = os.path.join(common.cache(), "qemu")
    with common.CacheLock("qemu"):
        if Kernel().ready and not again:
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
    """The package with the newest cloud kernel's real name."""
    name = _kernel_package_of_lists()
    if not name:
        common.call(["apt-get", "-q", "update"])
        name = _kernel_package_of_lists()
    if not name:
        raise LabError(f"apt knows no package {PACKAGE}")
    return name


def _kernel_package_of_lists():
    text = subprocess.run(["apt-cache", "depends", "--no-recommends", "--no-suggests", PACKAGE],
                          capture_output=True, text=True, check=False).stdout
    for line in text.splitlines():
        word, _, name = line.strip().partition("Depends: ")
        if not word and name.startswith("linux-image-"):
            return name
    return None


def kvm_works(kernel):
    """Whether a machine in hardware really gets somewhere. Nested ones often can be made and then
    spin for ever, so it is tried once per boot of the host."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    with open("/proc/sys/kernel/random/boot_id") as boot:
        key = f"{boot.read().strip()} {kernel.release}"
    note = os.path.join(common.cache(), "kvm")
    with common.CacheLock("kvm"):
        try:
            with open(note) as known:
                words = known.read().strip().rpartition(" ")
            if words[0] == key:
                return words[2] == "yes"
        except OSError:
            pass
        works = _try_kvm(kernel)
        with open(note, "w") as known:
            known.write(f"{key} {'yes' if works else 'no'}\n")
        return works


def _try_kvm(kernel):
    """The kernel without a root panics, and the machine ends, if it runs at all."""
    argv = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-M", "q35",
            "-accel", "kvm", "-cpu", CPU, "-m", "256", "-kernel", kernel.image, "-serial", "stdio",
            "-append", "console=ttyS0 panic=-1"]
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=8,
                              check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"Kernel panic" in done.stdout


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


def _first(run, out, argv):
    """PID 1 of the sandbox: the file server beside the machine."""
    sandbox.protect_host([out])
    sandbox.mount("proc", "/proc", "proc")
    sandbox.mount("lab", "/dev/shm", "tmpfs")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("/dev/shm/fs")
    listener.listen(1)
    subprocess.Popen([virtiofsd(), f"--fd={listener.fileno()}", "-o",
                      "source=/,sandbox=chroot,cache=always,no_posix_lock,log_level=warn"],
                     stdin=subprocess.DEVNULL, pass_fds=[listener.fileno()])
    listener.close()
    sandbox.run_program(argv, {"PATH": "/usr/bin:/bin"})


def _processors(kernel, options):
    if options.counted:
        # A nanosecond for each instruction, whatever else the machine does.
        return ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-smp", "1"]
    return ["-accel", "kvm" if kvm_works(kernel) else "tcg,thread=multi", "-smp", str(options.cpus)]


def _arguments(run, kernel, options, channels, log):
    argv = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            *_processors(kernel, options), "-cpu", CPU,
            "-M", "q35,memory-backend=ram,usb=off,vmport=off",
            "-m", options.mem,
            "-object", f"memory-backend-memfd,id=ram,share=on,size={options.mem}",
            "-kernel", kernel.image, "-initrd", run.file("initrd"),
            "-append", "console=ttyS0 panic=-1 net.ifnames=0 rdinit=/init lab_dir=/lab "
                       "nokaslr mitigations=off tsc=reliable",
            "-chardev", f"file,id=log,path=/proc/self/fd/{log},append=on", "-serial", "chardev:log",
            "-chardev", "socket,id=fs,path=/dev/shm/fs",
            "-device", "vhost-user-fs-pci,chardev=fs,tag=host",
            "-device", "virtio-serial-pci"]
    if channels.terminal:
        argv += ["-chardev", f"serial,id=shell,path=/proc/self/fd/{channels.terminal}",
                 "-device", "virtconsole,chardev=shell,nr=4"]
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
    if os.geteuid() != 0:
        raise LabError("the qemu backend needs root, for its file server")
    if not kernel.ready:
        prepare()
        kernel = Kernel()
    out = rundir.exchange(options.out)
    log = rundir.open_log()
    channels = session.Channels(options.shell)
    options.environment.update(LAB_BACKEND="qemu", LAB_KERNEL=kernel.release, LAB_OUT="/run/lab/out")
    base, early = _initramfs(kernel)
    session.write_input(rundir, options, {
        "tty_out": CONSOLES["out"], "tty_err": CONSOLES["err"], "tty_control": CONSOLES["control"],
        "tty_shell": "/dev/hvc0", "early_modules": " ".join(early), "virtiofs": "host", "lower": "/host",
        "out_bind": "/host" + out, "modules_bind": kernel.tree,
        "keep": common.hidden_paths()})
    modules = common.module_lines(kernel.tree, f"/lib/modules/{kernel.release}",
                                  [*common.MODULES, "virtio_net"])
    rundir.write("modules", "\n".join(modules) + "\n")
    with open(base, "rb") as constant:
        rundir.write("initrd", constant.read() + initramfs.of_folder(rundir.path, session.INPUT))
    argv = _arguments(rundir, kernel, options, channels, log)
    process = sandbox.Process(lambda: _first(rundir, out, argv), log, [log, *channels.given()])
    channels.started()
    return process, channels
