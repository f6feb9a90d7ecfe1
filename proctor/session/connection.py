"""The connection to one sandbox after another: each is made, gets the submission's files, answers
requests, and is ended.

Failures of the grader are kept apart from the acts of the student's code: a fork server that failed
is replaced.
"""

import marshal
import os
import select
import socket
import time
from dataclasses import dataclass, field
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
from proctor.sandbox.launcher import PATIENCE, CancelHandle, Sandbox, Server, fork_server

MAX_SANDBOXES = 24  # for one notebook
MAX_FAULTS = 3  # of the grader's own, for one notebook
MAX_ENDS = 2  # of fork servers, while one notebook ran
# raised by an exchange if the sandbox, or the fork server, ended or answered nonsense
FAILURES = EOFError, TimeoutError, ConnectionError, MemoryError, WireError
BUSY = 0.2  # seconds in which a process with nothing to do shows that it still runs
# seconds between two looks at the clock, and by which one may be late on a crowded machine
LOOK, LATE = 0.5, 3.0
# a second, the unit of times in /proc
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@lru_cache(64)
def _compiled(source: str) -> bytes:
    """A module's code, marshalled; nothing if its source is no Python, which the cell that imports
    it will report.
    """
    try:
        return marshal.dumps(compile(source, "<string>", "exec", dont_inherit=True))
    except (SyntaxError, ValueError):
        return b""


@dataclass
class Connection:
    """The connection to the sandbox that a notebook is in, if it is in one.

    - `optimizers`: whether the notebook takes optimizers' steps
    - `grace`: seconds after an interrupt
    - `sandboxes`: how many there were so far
    - `faults`: how often the grader failed; `ends`: how often fork servers ended while the notebook
      ran
    - `fault`: the last failure, in words
    - `killed_before`: the value of `killed_for_memory` when the sandbox was entered
    - `forgiven`: whether an end of a sandbox was put down to the machine's memory
    """

    server: Server
    setup: protocol.SandboxConfig
    optimizers: bool
    grace: float
    handle: CancelHandle = field(default_factory=CancelHandle)
    sandbox: Sandbox | None = None
    sandboxes: int = 0
    faults: int = 0
    ends: int = 0
    fault: str = ""
    killed_before: int = 0
    forgiven: bool = False

    def enter(self) -> Sandbox:
        """The sandbox that the notebook is in, or a fresh one.

        Raises `NoSandbox`, or `SandboxDied` if the student's code has ended too many.
        """
        if self.sandbox is None:
            self.sandbox = self._enter()
        self.handle.sandbox = self.sandbox
        return self.sandbox

    def exchange(self, message: bytes, watch: "Stopwatch", seconds: float) -> bytes:
        """The encoded reply to a request that may take so long.

        Raises `SandboxTimeout`, or one of `FAILURES`: `WireError` if the sandbox writes unasked.
        """
        link = watch.sandbox.link
        if select.select([link], [], [], 0)[0]:
            # a closed link is readable, too, and has nothing to read
            if not link.recv(1, socket.MSG_PEEK):
                raise EOFError("the process has ended")
            # it doesn't read: to send would block until the limit of time
            raise WireError("it wrote before it was asked")
        link.settimeout(wall_limit(seconds))
        self.handle.asked_at = time.monotonic()
        try:
            protocol.send(link, message)
            if not watch.awaits(seconds):
                raise self._timed_out(watch, seconds)
            return watch.receive(seconds + self.grace)
        finally:
            self.handle.asked_at = 0.0

    def _timed_out(self, watch: "Stopwatch", seconds: float) -> SandboxTimeout:
        """Interrupts a request after these seconds: the error, with the late reply if one comes;
        else the sandbox ends.
        """
        watch.sandbox.interrupt()
        limit = f"{seconds:.1f}".removesuffix(".0")
        error = SandboxTimeout(f"it ran for more than {limit} second{'s' * (limit != '1')}")
        longer = seconds + self.grace
        if watch.awaits(longer):
            error.late = protocol.received(watch.receive(longer + self.grace)).reply
        else:
            self.close()
        return error

    def end_runaway(self) -> None:
        """Ends the sandbox if its code still runs after an interrupt."""
        if self.sandbox is not None and is_still_running(self.sandbox.process):
            self.close()

    def blame(self, failure: Exception) -> None:
        """Ends the sandbox of a request that failed; returns if that was not the student's doing.

        Raises `SandboxDied` if it was, and `EndedServer` if fork servers end too often while this
        notebook runs.
        """
        ended = isinstance(failure, EOFError | ConnectionError)
        # a sandbox that writes has not ended with its fork server
        lost = ended and self.server.is_gone()
        self.close()
        if lost:
            self._replace_server("the process that makes the sandboxes ended while a notebook ran")
            self.ends += 1
            if self.ends >= MAX_ENDS:
                raise EndedServer(self.fault)
        elif ended and not self.forgiven and killed_for_memory() > self.killed_before:
            # whichever process had filled the machine, the kernel may have ended this one: once
            # that costs nothing
            self.forgiven = True
        else:
            raise SandboxDied("" if ended else str(failure))

    def close(self) -> None:
        """Ends the sandbox."""
        if self.sandbox is not None:
            self.sandbox.end()
        self.sandbox = None

    def require_sound(self) -> None:
        """Raises `NoSandbox` if the grader has failed too often for its verdicts to mean
        anything.
        """
        if self.faults == MAX_FAULTS:
            raise NoSandbox(f"no sandbox after {MAX_FAULTS} tries: {self.fault}")

    def is_used_up(self) -> bool:
        """Whether the notebook is in no sandbox, and gets no other one."""
        return self.sandbox is None and self.sandboxes >= MAX_SANDBOXES

    def _enter(self) -> Sandbox:
        """A fresh sandbox.

        No line of the student's has run yet: a failure here is the grader's fault.
        """
        if self.is_used_up():
            raise SandboxDied(f"the notebook ended its process {self.sandboxes} times")
        self.sandboxes += 1
        self.killed_before = killed_for_memory()
        while True:
            self.require_sound()
            try:
                self.sandbox = self.server.fork(self.optimizers, self.setup.forbidden)
                self._furnish(self.sandbox)
                return self.sandbox
            except (ForkServerDied, IsolationError, OSError, EOFError, WireError) as error:
                self._replace_server(str(error))

    def _furnish(self, sandbox: Sandbox) -> None:
        """Puts the files in a fresh sandbox. Raises `IsolationError` if its walls don't stand."""
        sandbox.link.settimeout(PATIENCE)
        entered = protocol.received(protocol.receive(sandbox.link), protocol.Entered).reply
        if entered.error:
            raise IsolationError(f"a sandbox could not be walled in: {entered.error}")
        compiled = {name: _compiled(source) for name, source in self.setup.modules.items()}
        setup = msgspec.structs.replace(self.setup, compiled=compiled)
        protocol.send(sandbox.link, protocol.encode(setup))
        protocol.receive(sandbox.link)

    def _replace_server(self, fault: str) -> None:
        """Replaces a fork server that failed around the student's code by a new one."""
        self.faults += 1
        self.fault = fault
        self.close()
        self.server.close()
        self.server = fork_server()


def wall_limit(seconds: float) -> float:
    """The most seconds by the clock for so much own time, on however crowded a machine."""
    return max(10 * seconds, seconds + 60)


def killed_for_memory() -> int:
    """How many processes the kernel has ended since it began because memory ran out; 0 if it
    doesn't say.
    """
    try:
        # longer than one unbuffered read may give
        with open("/proc/vmstat", "rb") as counts:
            return int(counts.read().partition(b"oom_kill ")[2].split()[0])
    except (OSError, LookupError, ValueError):
        return 0


def cpu_wait_seconds(process: int) -> float:
    """The seconds that the main thread of a process has waited for a core, less those that its
    other threads ran.

    0 if the kernel doesn't say.
    """
    try:
        ran, waited = map(int, _read(f"{process}/schedstat").split()[:2])
        others = max(0.0, cpu_seconds(process) - ran / 1e9)
        return waited / 1e9 - others
    except (OSError, LookupError, ValueError):
        return 0.0


def cpu_seconds(process: int) -> float:
    """The seconds of CPU time of all threads of a process.

    Raises `OSError` or `LookupError` if it has ended.
    """
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
    """The words of /proc/PROCESS/stat behind the process's name, which may hold anything."""
    return _read(f"{process}/stat").rpartition(b")")[2].split()


def _read(name: str) -> bytes:
    with open(f"/proc/{name}", "rb", buffering=0) as file:
        return file.read(2**16)


class Stopwatch:
    """Takes a sandbox's own time, from now on: the wall's less the waiting for a core that others
    had.

    The time counts in which its main thread ran, was blocked (asleep, or at a lock), or waited
    while its own other threads ran. The time doesn't count for which the grader was stopped, and
    the sandbox with it: a container that is paused, a job that is suspended.
    """

    def __init__(self, sandbox: Sandbox):
        self.sandbox = sandbox
        self._began = time.monotonic()
        self._before = cpu_wait_seconds(sandbox.process)
        self._waited = 0.0
        self._stopped = 0.0

    def wall_seconds(self) -> float:
        return time.monotonic() - self._began - self._stopped

    def fair_seconds(self) -> float:
        now = cpu_wait_seconds(self.sandbox.process)
        # 0 of a process that has ended meanwhile
        if now:
            self._waited = max(0.0, now - self._before)
        return max(0.0, self.wall_seconds() - self._waited)

    def left(self, seconds: float) -> float:
        """The seconds left of so much own time; none, too, if the time on the wall has become much
        longer.
        """
        left = seconds - self.wall_seconds()
        if left > 0:
            # own time is never faster than the wall's
            return left
        return min(seconds - self.fair_seconds(), wall_limit(seconds) - self.wall_seconds())

    def awaits(self, seconds: float) -> bool:
        """Waits until something can be read; False if, before that, `seconds` of own time are over.

        Raises `WireError` if the process has too many threads, which not every system can limit.
        """
        while True:
            if threads(self.sandbox.process) > THREADS_COUNTED:
                raise WireError(f"it had more than {THREADS_COUNTED} threads at once")
            left = self.left(seconds)
            asked = time.monotonic()
            most = min(max(left, 0.05), LOOK) if left > 0 else 0
            is_there = bool(select.select([self.sandbox.link], [], [], most)[0])
            late = time.monotonic() - asked - most
            if late > LATE:
                self._stopped += late
            if is_there or left <= 0:
                return is_there

    def receive(self, seconds: float) -> bytes:
        """The next message.

        Raises `TimeoutError` if `seconds` of own time are over before it is there.
        """

        def wait() -> None:
            if self.left(seconds) <= 0 or not self.awaits(seconds):
                raise TimeoutError("the message took too long")

        return protocol.receive(self.sandbox.link, wait)
