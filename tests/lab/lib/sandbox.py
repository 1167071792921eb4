# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a program in PID and mount namespaces of its own: whatever it starts ends with it, and it
can write to no folder of the host but the named ones."""

import ctypes
import os
import signal
import sys
import time
import traceback

from common import LabError

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_MOVE, MS_REC = 1, 2, 4, 4096, 8192, 16384
MS_PRIVATE, MS_SHARED = 1 << 18, 1 << 20
MNT_DETACH = 2
PR_SET_PDEATHSIG = 1
SYS_PIVOT_ROOT, SYS_MOUNT_SETATTR = 155, 442  # x86-64
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = -100, 0x8000, 1


def check(ret, what):
    if ret < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"{what}: {os.strerror(errno)}")


def mount(source, target, fstype=None, flags=0, data=None):
    args = [a.encode() if a is not None else None for a in (source, target, fstype)]
    check(libc.mount(*args, ctypes.c_ulong(flags), data.encode() if data else None),
          f"cannot mount {source} on {target}")


def unshare(flags):
    check(libc.unshare(flags), "cannot make namespaces")


def pivot_root(new, old):
    check(libc.syscall(SYS_PIVOT_ROOT, new.encode(), old.encode()), "cannot change the root")
    os.chdir("/")


def detach(path):
    check(libc.umount2(path.encode(), MNT_DETACH), f"cannot unmount {path}")


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def set_readonly(path, on, recursive=False):
    """Makes a mount (and what is below) read-only or writable. Linux before 5.12 lacks the call;
    then the guest's own read-only mount of the host's files has to do."""
    value = MOUNT_ATTR_RDONLY
    attr = (ctypes.c_uint64 * 4)(value if on else 0, 0 if on else value, 0, 0)
    libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path.encode(), AT_RECURSIVE if recursive else 0,
                 ctypes.byref(attr), ctypes.sizeof(attr))


def protect_host(writable):
    """All mounts read-only, except the given folders."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    set_readonly("/", True, recursive=True)
    for path in writable:
        mount(path, path, None, MS_BIND)
        set_readonly(path, False)


def wait_for(pid):
    """Reaps all children until `pid` ends; its exit status as a shell counts."""
    while True:
        done, status = os.wait()
        if done == pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def run_program(argv, env):
    """As PID 1: starts the program, reaps, and ends with it."""
    pid = os.fork()
    if pid == 0:
        os.execve(argv[0], argv, env)
    os._exit(wait_for(pid))


def _leader(first, log, fds, fallback, flags):
    """The process outside the PID namespace; its only duty is to end the namespace."""
    die_with_parent()
    os.setsid()
    os.dup2(os.open("/dev/null", os.O_RDWR), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for fd in fds:
        os.set_inheritable(fd, True)
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(sig, signal.SIG_DFL)
    if os.geteuid() != 0:
        if not fallback:
            raise LabError("this backend needs root")
        os.execve(fallback[0][0], *fallback)
    unshare(flags)
    pid = os.fork()
    if pid == 0:
        die_with_parent()
        first()
        os._exit(0)
    # PID 1's death is complete only when all of its namespace is dead.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
    os._exit(wait_for(pid) & 0xff)


class Process:
    """`first` runs as PID 1 of new namespaces, with `log` as its output and the descriptors `fds`.
    Without root there are no namespaces, only `fallback` (argv, environment) in a session."""

    def __init__(self, first, log, fds, fallback=None, flags=CLONE_NEWNS | CLONE_NEWPID):
        self.status = None
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _leader(first, log, fds, fallback, flags)
            except LabError as e:
                os.write(2, f"{e}\n".encode())
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(125)

    def poll(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        return self.status is not None

    def kill(self):
        """Ends everything in the sandbox and waits until it is gone."""
        if self.poll():
            return
        if os.geteuid() == 0:
            os.kill(self.pid, signal.SIGTERM)
            end = time.monotonic() + 10
            while not self.poll() and time.monotonic() < end:
                time.sleep(0.01)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if not self.poll():
            _, self.status = os.waitpid(self.pid, 0)
