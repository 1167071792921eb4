# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program on a terminal."""

import fcntl
import os
import pty
import struct
import subprocess
import termios


def show(argv, folder, environment, columns=80, typed=""):
    """What the terminal shows of both streams, and the exit status; @typed answers the first question."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(argv, cwd=folder, env={"TERM": "xterm", **environment},
                               stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    seen = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
        if typed and b"[y/N]" in seen:
            os.write(leader, typed.encode())
            typed = ""
    os.close(leader)
    return seen.decode().replace("\r\n", "\n"), process.wait(timeout=60)
