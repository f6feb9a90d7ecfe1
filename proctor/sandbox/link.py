"""The link to one sandbox after another: each is made, filled with the submission's files, asked, and ended.

What fails on the grader's side is kept apart from what the student's code did: a fork server that failed is replaced.
"""

import marshal
import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from proctor.errors import (
    EndedServer,
    ForkServerDied,
    IsolationError,
    NoSandbox,
    SandboxDied,
    SandboxTimeout,
    WireError,
)
from proctor.sandbox import protocol
from proctor.sandbox.isolation import THREADS_COUNTED
from proctor.sandbox.launcher import PATIENCE, Sandbox, Server, fork_server

MAX_SANDBOXES = 24  # for one notebook
MAX_FAULTS = 3  # of the grader's own, for one notebook
MAX_ENDS = 2  # of fork servers, while one notebook ran
# what an exchange raises if the sandbox, or the fork server, ended or answered nonsense
FAILURES = EOFError, TimeoutError, ConnectionError, MemoryError, WireError
BUSY = 0.2  # seconds in which a process with nothing to do shows that it still runs
LOOK, LATE = 0.5, 3.0  # seconds between two looks at the clock, and by which one may be late on a crowded machine
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100  # a second, of which /proc tells a process's time


@lru_cache(64)
def _compiled(source: str) -> bytes:
    """A module's code, marshalled; nothing where its source is no Python: the cell that imports it will tell."""
    try:
        return marshal.dumps(compile(source, "<string>", "exec", dont_inherit=True))
    except (SyntaxError, ValueError):
        return b""


@dataclass
class Handle:
    """Lets another thread see which exercise an examination is at, and since when a reply is due, and stop it."""

    sandbox: Sandbox | None = None
    exercise: str = ""
    stopped: bool = False
    asked_at: float = 0.0

    def stop(self) -> None:
        """Has the examination end with a `KeyboardInterrupt`, in the thread that it runs in."""
        self.stopped = True
        if self.sandbox is not None:
            self.sandbox.interrupt()


@dataclass
class Link:
    """The link to the sandbox that a notebook is in, if it is in one."""

    server: Server
    setup: protocol.Setup
    optimizers: bool  # whether the notebook takes optimizers' steps
    grace: float  # seconds after an interrupt
    handle: Handle
    sandbox: Sandbox | None = None
    sandboxes: int = 0  # so far
    faults: int = 0  # of the grader's own
    ends: int = 0  # of fork servers, while the notebook ran
    fault: str = ""  # the last one, in words
    killed_before: int = 0  # what `killed_for_memory` told when the sandbox was entered
    forgiven: bool = False  # whether an end of a sandbox was put down to the machine's memory

    def enter(self) -> Sandbox:
        """The sandbox that the notebook is in, or a fresh one."""
        if self.sandbox is None:
            self.sandbox = self._enter()
        self.handle.sandbox = self.sandbox
        return self.sandbox

    def send(self, link: socket.socket, message: bytes, seconds: float) -> None:
        """Sends an encoded request, which may take so much of the sandbox's own time."""
        if select.select([link], [], [], 0)[0]:
            # the sandbox is writing and not reading: to send would block until the limit of time
            raise WireError("it wrote before it was asked")
        link.settimeout(longest(seconds))
        self.handle.asked_at = time.monotonic()
        protocol.send(link, message)

    def interrupt(self, sandbox: Sandbox, watch: "Stopwatch", seconds: float) -> SandboxTimeout:
        """Interrupts a request whose time is over; the error has the late reply, if one came."""
        longer = seconds + self.grace
        sandbox.interrupt()
        limit = f"{seconds:.1f}".removesuffix(".0")
        error = SandboxTimeout(f"it ran for more than {limit} second{'s' * (limit != '1')}")
        if watch.awaits(sandbox.link, longer):
            data = protocol.receive(sandbox.link, watch.patience(sandbox.link, longer + self.grace))
            error.late = protocol.decode_reply(data)
        else:
            self.close()
        return error

    def end_runaway(self) -> None:
        """Ends the sandbox if its code still runs after an interrupt."""
        if self.sandbox is not None and is_still_running(self.sandbox.process):
            self.close()

    def blame(self, failure: Exception) -> None:
        """Ends the sandbox of a request that failed; returns if that was not the student's doing.

        Raises `SandboxDied` if it was, and `EndedServer` if fork servers end too often while this notebook runs.
        """
        lost, ended = self.server.is_gone(), isinstance(failure, (EOFError, ConnectionError))
        self.close()
        if lost:
            self._replace_server("the process that makes the sandboxes ended while a notebook ran")
            self.ends += 1
            if self.ends >= MAX_ENDS:
                raise EndedServer(self.fault)
        elif ended and not self.forgiven and killed_for_memory() > self.killed_before:
            # whichever process had filled the machine, the kernel may have ended this one: once that costs nothing
            self.forgiven = True
        else:
            raise SandboxDied("" if ended else str(failure))

    def close(self) -> None:
        """Ends the sandbox."""
        if self.sandbox is not None:
            self.sandbox.end()
        self.sandbox = None

    def require_sound(self) -> None:
        """Raises `NoSandbox` where the grader has failed too often for its verdicts to mean anything."""
        if self.faults == MAX_FAULTS:
            raise NoSandbox(f"no sandbox after {MAX_FAULTS} tries: {self.fault}")

    def is_used_up(self) -> bool:
        """Whether the notebook is in no sandbox, and gets no other one."""
        return self.sandbox is None and self.sandboxes >= MAX_SANDBOXES

    def _enter(self) -> Sandbox:
        """Enters a fresh sandbox. No line of the student's has run yet: a failure here is the grader's fault.

        Raises `NoSandbox`, or `SandboxDied` where the student's code has ended too many.
        """
        if self.is_used_up():
            raise SandboxDied(f"the notebook ended its process {self.sandboxes} times")
        self.sandboxes += 1
        self.killed_before = killed_for_memory()
        while True:
            self.require_sound()
            try:
                self.sandbox = self.server.fork(self.optimizers, self.setup.forbidden)
                self._furnish(self.sandbox.link)
                return self.sandbox
            except (ForkServerDied, IsolationError, OSError, EOFError, WireError) as error:
                self._replace_server(str(error))

    def _furnish(self, link: socket.socket) -> None:
        """Puts the files in a fresh sandbox. Raises `IsolationError` where its walls don't stand."""
        link.settimeout(PATIENCE)
        entered = protocol.decode_reply(protocol.receive(link))
        if not isinstance(entered, protocol.Entered) or entered.error:
            raise IsolationError(f"a sandbox could not be walled in: {getattr(entered, 'error', entered)}")
        compiled = {name: code for name, source in self.setup.modules.items() if (code := _compiled(source))}
        protocol.send(link, protocol.encode(msgspec.structs.replace(self.setup, compiled=compiled)))
        protocol.receive(link)

    def _replace_server(self, fault: str) -> None:
        """Has a new fork server take the place of one that failed around the student's code."""
        self.faults, self.fault = self.faults + 1, fault
        self.close()
        self.server.close()
        self.server = fork_server()


def longest(seconds: float) -> float:
    """The most seconds by the clock for so much own time, on however crowded a machine."""
    return max(10 * seconds, seconds + 60)


def killed_for_memory() -> int:
    """How many processes the kernel has ended since it began because memory ran out; 0 where it doesn't tell."""
    try:
        with open("/proc/vmstat", "rb") as counts:
            return int(counts.read().partition(b"oom_kill ")[2].split()[0])
    except (OSError, LookupError, ValueError):
        return 0


def crowded_out(process: int) -> float:
    """The seconds that the main thread of a process has waited for a core, less those that its other threads ran.

    0 where the kernel doesn't tell.
    """
    try:
        ran, waited = map(int, _read(process, "schedstat").split()[:2])
        others = max(0.0, cpu_seconds(process) - ran / 1e9)
        return waited / 1e9 - others
    except (OSError, LookupError, ValueError):
        return 0.0


def cpu_seconds(process: int) -> float:
    """The seconds of CPU time of all threads of a process. Raises `OSError` or `LookupError` if it has ended."""
    return sum(map(int, _facts(process)[11:13])) / TICKS


def is_still_running(process: int) -> bool:
    """Whether a process that waits for a request takes CPU time all the same."""
    try:
        before = cpu_seconds(process)
        time.sleep(BUSY)
        return cpu_seconds(process) - before > BUSY / 10
    except (OSError, LookupError):
        return False


def threads(process: int) -> int:
    """How many threads a process has; 0 if it has ended."""
    try:
        return int(_facts(process)[17])
    except (OSError, LookupError):
        return 0


def _facts(process: int) -> list[bytes]:
    """The words of /proc/PROCESS/stat from the process's state on; before that stands its name, which may hold anything."""
    return _read(process, "stat").rpartition(b")")[2].split()


def _read(process: int, name: str) -> bytes:
    with open(f"/proc/{process}/{name}", "rb", buffering=0) as file:
        return file.read(1000)


class Stopwatch:
    """Takes the own time of a process, from now on: the wall's less the waiting for a core that others had.

    What counts is the time that its main thread ran, the time that it was blocked (asleep, or at a lock), and what it waited
    while its own other threads ran. What doesn't count is the time for which the grader was stopped, and the process with it:
    a container that is paused, a job that is suspended.
    """

    def __init__(self, process: int):
        self._process, self._began, self._before, self._waited = process, time.monotonic(), crowded_out(process), 0.0
        self._stopped = 0.0

    def wall_seconds(self) -> float:
        return time.monotonic() - self._began - self._stopped

    def own_seconds(self) -> float:
        # a process that has ended meanwhile tells nothing any more
        if now := crowded_out(self._process):
            self._waited = max(0.0, now - self._before)
        return max(0.0, self.wall_seconds() - self._waited)

    def left(self, seconds: float) -> float:
        """The seconds left of so much own time; none, too, where the time on the wall has become much longer."""
        left = seconds - self.wall_seconds()
        # own time is never faster than the wall's: before that there is nothing to look at
        return left if left > 0 else min(seconds - self.own_seconds(), longest(seconds) - self.wall_seconds())

    def awaits(self, sock: socket.socket, seconds: float) -> bool:
        """Waits until something is there to be read; False where, before that, `seconds` of own time are over.

        Raises `WireError` if the process has too many threads, which not every system can limit.
        """
        while True:
            if threads(self._process) > THREADS_COUNTED:
                raise WireError(f"it had more than {THREADS_COUNTED} threads at once")
            left, asked = self.left(seconds), time.monotonic()
            most = min(max(left, 0.05), LOOK) if left > 0 else 0
            is_there = bool(select.select([sock], [], [], most)[0])
            late = time.monotonic() - asked - most
            self._stopped += late if late > LATE else 0
            if is_there or left <= 0:
                return is_there

    def patience(self, sock: socket.socket, seconds: float) -> Callable[[], None]:
        """For `protocol.receive`: awaits each piece of a message; raises `TimeoutError` where `seconds` of own time are over."""

        def wait() -> None:
            if self.left(seconds) <= 0 or not self.awaits(sock, seconds):
                raise TimeoutError("the message took too long")

        return wait
