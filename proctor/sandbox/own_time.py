"""A process's own time, seen from outside: the wall's less the waiting for a core that others had, as on a crowded machine.

What counts is the time that its main thread ran, the time that it was blocked (asleep, or at a lock), and what it waited
while its own other threads ran.
"""

import os
import select
import socket
import struct
import time
from collections.abc import Callable

SENDER = struct.Struct("iII")  # process, user and group
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100  # a second, of which /proc tells a process's time


def longest(seconds: float) -> float:
    """The seconds on the wall within which a process of so much own time must be through, however crowded it is."""
    return max(10 * seconds, seconds + 60)


def ask_for_sender(sock: socket.socket) -> None:
    """Has the kernel say with every message on a Unix socket which process sent it, where the kernel can."""
    if hasattr(socket, "SO_PASSCRED"):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)


def sender(sock: socket.socket) -> int:
    """The process that sent the next message, as it is numbered out here; 0 where that isn't known. Waits for the message."""
    if not hasattr(socket, "SO_PASSCRED"):
        return 0
    _, facts, _, _ = sock.recvmsg(1, socket.CMSG_SPACE(SENDER.size), socket.MSG_PEEK)
    return next((SENDER.unpack(data)[0] for _, kind, data in facts if kind == socket.SCM_CREDENTIALS), 0)


def crowded_out(process: int) -> float:
    """The seconds that the main thread of a process has waited for a core, less those that its other threads ran.

    0 where the kernel doesn't tell.
    """
    try:
        ran, waited = map(int, _read(process, "schedstat").split()[:2])
        # after the program's name, which may hold anything but this: its state, and the time of all threads from the 11th on
        ticks = sum(map(int, _read(process, "stat").rpartition(b")")[2].split()[11:13]))
        others = max(0.0, ticks / TICKS - ran / 1e9)
        return waited / 1e9 - others
    except (OSError, LookupError, ValueError):
        return 0.0


def _read(process: int, name: str) -> bytes:
    with open(f"/proc/{process}/{name}", "rb", buffering=0) as file:
        return file.read(1000)


class Stopwatch:
    """Takes the own time of a process, from now on."""

    def __init__(self, process: int):
        self._process, self._began, self._before, self._waited = process, time.monotonic(), crowded_out(process), 0.0

    def wall_seconds(self) -> float:
        return time.monotonic() - self._began

    def own_seconds(self) -> float:
        # a process that has ended meanwhile tells nothing any more
        if now := crowded_out(self._process):
            self._waited = max(0.0, now - self._before)
        return self.wall_seconds() - self._waited

    def left(self, seconds: float) -> float:
        """The seconds left of so much own time; none, too, where the time on the wall has become much longer."""
        left = seconds - self.wall_seconds()
        # own time is never faster than the wall's: before that there is nothing to look at
        return left if left > 0 else min(seconds - self.own_seconds(), longest(seconds) - self.wall_seconds())

    def awaits(self, sock: socket.socket, seconds: float) -> bool:
        """Waits until something is there to be read; False where, before that, `seconds` of own time are over."""
        while True:
            left = self.left(seconds)
            if select.select([sock], [], [], max(left, 0.05) if left > 0 else 0)[0]:
                return True
            if left <= 0:
                return False

    def patience(self, sock: socket.socket, seconds: float) -> Callable[[], None]:
        """For `protocol.receive`: awaits each piece of a message; raises `TimeoutError` where `seconds` of own time are over."""

        def wait() -> None:
            if self.left(seconds) <= 0 or not self.awaits(sock, seconds):
                raise TimeoutError("the message took too long")

        return wait
