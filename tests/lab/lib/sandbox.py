# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a program in PID and mount namespaces of its own: whatever it starts ends with it, and it
can write to no folder of the host but the named ones."""

import ctypes
import os
import signal
import time
import traceback

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1
SYS_MOUNT_SETATTR = 442
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


def _first_process(argv, env):
    """PID 1 of the namespace: reaps, and ends with the program."""
    die_with_parent()
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        os.execve(argv[0], argv, env)
    while True:
        done, status = os.wait()
        if done == pid:
            os._exit(os.waitstatus_to_exitcode(status) & 0xff)


def _child(prepare, argv, env, fds, log):
    die_with_parent()
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for fd in fds:
        os.set_inheritable(fd, True)
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(sig, signal.SIG_DFL)
    if os.geteuid() != 0:
        os.execve(argv[0], argv, env)
    unshare(CLONE_NEWNS | CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        die_with_parent()
        prepare()
        _first_process(argv, env)
    # PID 1's death is complete only when all of its namespace is dead.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
    _, status = os.waitpid(pid, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xff)


class Process:
    """A program in its sandbox. `prepare` runs in it as root before the program starts."""

    def __init__(self, argv, env, fds, log, prepare):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _child(prepare, argv, env, fds, log)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(125)
        self.status = None

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
