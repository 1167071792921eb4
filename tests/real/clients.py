#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clients of the private socket as they come: by the thousand, rude, silent, gone in the middle of
a word. Nothing leaks and nobody else waits."""

import os
import random
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import time

import lab
from lab import check, run, wait_for

FOLDER = "/tmp/netbond"
SOCKET = "/run/netbond/bus"
ROOT, MANAGER, NAME = "/org/netbond1", "org.netbond1.Manager", "org.netbond1"
PROPERTIES, OBJECTS = "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.ObjectManager"
AUTH = b"\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"


def string(text):
    return struct.pack("<I", len(text)) + text.encode() + b"\0"


def padded(data, size=8):
    return data + b"\0" * (-len(data) % size)


def call(serial, path, interface, member, *arguments):
    """A method call; the arguments are strings."""
    body = b""
    for argument in arguments:
        body = padded(body, 4) + string(argument)
    fields = b""
    for code, kind, text in ((1, "o", path), (2, "s", interface), (3, "s", member),
                             (6, "s", NAME)):
        fields = padded(fields) + bytes((code, 1)) + kind.encode() + b"\0" + string(text)
    if arguments:
        signature = "s" * len(arguments)
        fields = padded(fields) + b"\x08\x01g\0" + bytes((len(signature),)) + \
            signature.encode() + b"\0"
    head = struct.pack("<ccccIII", b"l", b"\1", b"\0", b"\1", len(body), serial, len(fields))
    return padded(head + fields) + body


ASK = call(2, ROOT, PROPERTIES, "Get", MANAGER, "State")


def connect(first=AUTH):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(SOCKET)
    if first:
        client.sendall(first)
    return client


class Reader:
    """Answers, one by one; what the authentication says is passed over."""

    def __init__(self, client):
        self.client, self.data = client, b""
        while b"AGREE_UNIX_FD\r\n" not in self.data:
            self.more()
        self.data = self.data.split(b"AGREE_UNIX_FD\r\n", 1)[1]

    def is_readable(self):
        return select.select([self.client], [], [], 0)[0]

    def more(self):
        data = self.client.recv(65536)
        if not data:
            raise EOFError
        self.data += data

    def kind(self):
        """Of the next message: 2 is an answer, 3 an error, 4 a signal."""
        while len(self.data) < 16:
            self.more()
        body, _, fields = struct.unpack("<III", self.data[4:16])
        length = 16 + fields + -fields % 8 + body
        while len(self.data) < length:
            self.more()
        kind, self.data = self.data[1], self.data[length:]
        return kind

    def answers(self, count):
        """The kinds of the next answers."""
        kinds = []
        while len(kinds) < count:
            kinds += [kind for kind in (self.kind(),) if kind != 4]
        return kinds


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def is_stopped(pid):
    """Stops a process; False: it was at its end."""
    try:
        os.kill(pid, signal.SIGSTOP)
        return wait_for(lambda: state_of(pid) == "T", 1)
    except (TypeError, OSError):
        return False


def is_let_go(client):
    """Whether the daemon ended the connection."""
    try:
        while True:
            if not client.recv(65536):
                return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False


class Daemon:
    def __init__(self):
        os.makedirs(FOLDER, exist_ok=True)
        with open(f"{FOLDER}/a.yaml", "w", encoding="ascii") as out:
            out.write("bonds:\n" + "".join(
                f"  bond{i}: {{mode: active-backup, slaves: [d{i}]}}\n" for i in range(20)))
        self.process = subprocess.Popen([lab.NETBONDD, "--config-dir", FOLDER, "--quiet"])
        if not wait_for(lambda: self.answers() and len(lab.links()) > 40, 60):
            raise RuntimeError("it does not start")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    def ticks(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            words = stat.read().rsplit(")", 1)[1].split()
        return int(words[11]) + int(words[12])

    def child(self):
        """The one that makes an answer; None when there is none."""
        pids = []
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/children", encoding="ascii") as file:
                pids += file.read().split()
        return int(pids[0]) if pids else None

    def catch(self, reader, question):
        """Asks until the child that makes the answer is stopped in the middle of it."""
        for _ in range(50):
            reader.client.sendall(question)
            if wait_for(lambda: self.child() or reader.is_readable(), 20, 0.001) and \
                    is_stopped(self.child()):
                return self.child()
            assert reader.answers(1) == [2]
        raise RuntimeError("no child was met")

    @staticmethod
    def answers():
        """A client that is not ours, with the manners of one."""
        status, out, _ = run("busctl", f"--address=unix:path={SOCKET}", "--timeout=30",
                             "get-property", NAME, ROOT, MANAGER, "State")
        return status == 0 and out.startswith("s ")


def behave(client, manner):
    """Sends something; returns the client if it is to be looked at again."""
    if manner == "polite":
        client.sendall(ASK)
        assert Reader(client).answers(1) == [2]
    elif manner == "asks and goes":
        client.sendall(ASK)
    elif manner == "breaks off":
        client.sendall(ASK[:random.randrange(1, len(ASK))])
    elif manner == "asks much and goes":
        client.sendall(ASK * 20 + call(3, ROOT, OBJECTS, "GetManagedObjects") +
                       call(4, ROOT, MANAGER, "Describe"))
    client.close()


def crowd(daemon, total, at_once):
    manners = ("polite", "asks and goes", "breaks off", "asks much and goes", "silent")
    for start in range(0, total, at_once):
        clients = [connect(AUTH if i % 7 else b"") for i in range(at_once)]
        for i, client in enumerate(clients):
            behave(client, manners[(start + i) % 5] if i % 7 else "silent")


def thousands(daemon):
    crowd(daemon, 200, 200)
    wait_for(lambda: False, 1)
    daemon.answers()
    fds, memory = daemon.descriptors(), daemon.resident()
    crowd(daemon, 1000, 200)
    check(daemon.answers(), "1,000 clients, 200 at once: then another one is answered")
    check(wait_for(lambda: daemon.descriptors() <= fds, 20),
          f"no descriptor is left behind: {fds} before, {daemon.descriptors()} now")
    check(wait_for(lambda: daemon.resident() < memory + 512, 20),
          f"no memory is: {memory} kB before, {daemon.resident()} kB now")


def deaf(daemon):
    """Asks for ever and never reads."""
    memory = daemon.resident()
    client = connect()
    client.setblocking(False)
    sent, end = 0, time.monotonic() + 120
    big = call(5, ROOT, OBJECTS, "GetManagedObjects")
    gone = False
    while not gone and time.monotonic() < end:
        try:
            sent += client.send(ASK * 50 + big)
        except BlockingIOError:
            time.sleep(0.01)
        except ConnectionError:
            gone = True
    most = daemon.resident()
    check(gone, "a client that asks and never reads is let go", f"sent {sent} bytes")
    check(most < memory + 8192, f"and did not cost much until then: {memory} kB before, {most} kB")
    check(daemon.answers(), "others are answered")
    client.close()


def many_questions(daemon):
    """A client that asks much at once and then reads it all is a good one."""
    client = connect()
    client.sendall(b"".join(call(10 + i, ROOT, PROPERTIES, "Get", MANAGER, "State")
                            for i in range(900)))
    kinds = Reader(client).answers(900)
    check(kinds == [2] * 900, "900 questions at once get 900 answers")
    client.close()


def garbage(daemon):
    random.seed(7)
    noise = [random.randbytes(random.randrange(1, 3000)) for _ in range(30)]
    wrong = [b"\0" + data for data in noise] + [AUTH + data for data in noise]
    # A length of four gigabytes; a body that is shorter than its signature says; no such type.
    wrong += [AUTH + b"l\1\0\1" + b"\xff" * 12, AUTH + ASK[:4] + b"\0" * 4 + ASK[8:],
              AUTH + ASK.replace(b"\1g\0\2ss", b"\1g\0\2{}")]
    let_go = 0
    for data in wrong:
        client = connect(b"")
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            let_go += is_let_go(client)
        except ConnectionError:
            let_go += 1
        client.close()
    check(let_go == len(wrong) and daemon.process.poll() is None and daemon.answers(),
          f"{len(wrong)} kinds of garbage: each is let go, and the daemon lives", let_go)


def spent(daemon):
    """Ticks of 10 ms within a second."""
    before = daemon.ticks()
    time.sleep(1)
    return daemon.ticks() - before


def half_open(daemon):
    clients = [connect(part) for part in (b"", b"\0", b"\0AUTH", AUTH, AUTH[:-4], AUTH + ASK[:20])
               for _ in range(5)]
    check(daemon.answers(), "30 clients stopped in the middle of their greeting: others are answered")
    check(any(spent(daemon) <= 3 for _ in range(10)), "and they cost nothing while they wait")
    for client in clients:
        client.close()


def chatty(daemon):
    """Says what nobody asked for, from its first word on and without end: no answer, no debt."""
    tick = bytearray(call(7, ROOT, MANAGER, "Tick"))
    tick[1] = 4  # a signal
    script = f"""
import socket
client = socket.socket(socket.AF_UNIX)
client.connect({SOCKET!r})
client.sendall({AUTH!r})
while True:
    client.sendall({bytes(tick)!r} * 400)
"""
    talkers = [subprocess.Popen(["/usr/bin/python3", "-c", script]) for _ in range(4)]
    time.sleep(2)
    check(all(daemon.answers() for _ in range(3)),
          "four clients that never stop talking: others are answered")
    for talker in talkers:
        talker.kill()
        talker.wait()


def long_answers(daemon):
    """What takes long is made beside the loop."""
    question = call(9, ROOT, MANAGER, "Describe")
    client = connect()
    reader = Reader(client)
    child = daemon.catch(reader, question)
    check(child and daemon.answers(), "Describe waits for one who is stopped: others are answered")
    client.sendall(question * 20)
    kinds = reader.answers(20 - 7)
    check(kinds == [3] * 13, "its caller may wait for 8 answers, 13 more are refused", kinds)
    others = [connect() for _ in range(30)]
    for other in others:
        other.sendall(question)
    os.kill(child, signal.SIGCONT)
    check(reader.answers(8) == [2] * 8 and all(Reader(o).answers(1) == [2] for o in others),
          "it goes on, and all get their answers, 30 other clients too")
    child = daemon.catch(reader, question)
    os.kill(child, signal.SIGKILL)
    check(reader.answers(1) == [3] and daemon.answers(),
          "it is killed: its caller is told, the daemon goes on")
    child = daemon.catch(reader, question)
    client.close()
    check(wait_for(lambda: not os.path.exists(f"/proc/{child}"), 20) and daemon.answers(),
          "its caller goes: so does it")


def too_many(daemon):
    """More clients than descriptors."""
    limits = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE,
                     (daemon.descriptors() + 20, limits[1]))
    clients = [connect() for _ in range(60)]
    check(any(spent(daemon) <= 3 for _ in range(10)),
          "no descriptor is left for 40 of 60 clients: they cost nothing")
    for client in clients:
        client.close()
    check(wait_for(daemon.answers, 20), "they go: another one is answered")
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, limits)


def main():
    lab.dummies(*(f"d{i}" for i in range(20)))
    daemon = Daemon()
    many_questions(daemon)
    garbage(daemon)
    half_open(daemon)
    chatty(daemon)
    long_answers(daemon)
    too_many(daemon)
    deaf(daemon)
    thousands(daemon)
    daemon.process.terminate()
    check(daemon.process.wait(20) == 0, "it ends as it should")
    lab.finish()


main()
