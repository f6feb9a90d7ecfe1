"""The trusted side of a sandbox: enters it, runs the notebook in it, asks what checks ask, and outlives its death."""

import marshal
import re
import select
import socket
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from proctor.errors import ForkServerDied, NoSandbox, NoTimeLeft, SandboxDied, SandboxTimeout
from proctor.sandbox import isolation, protocol
from proctor.sandbox.cell import Cell, Limits, usual_limits
from proctor.sandbox.launcher import PATIENCE, Server, fork_server
from proctor.sandbox.needs import Needs
from proctor.sandbox.own_time import Stopwatch, longest

MAX_SANDBOXES = 24  # for one notebook
MAX_FAULTS = 3  # of the grader's own, for one notebook
# bytes of memory that its messages may take before what its cells show is left out
MAX_SHOWN = 50 * 2**20
MAX_KEPT = 32 * 2**20  # bytes of memory that an exercise's transcript may take; 17 MiB is the most in answers/

# seconds for what is asked ahead; what takes longer is asked again, one question at a time
AHEAD = 2.0
# what imports as much when it is first called as an optimizer's first step does: a second, in each sandbox again
IMPORTS_MUCH = re.compile(r"optim|torch\.func|jacrev|hessian|torch\.compile|checkpoint|profiler")
TOO_MUCH = {"output_type": "stream", "name": "stdout", "text": "… left out: this notebook shows too much\n"}


class Heard(NamedTuple):
    """A question as it was asked, and the digest of its reply."""

    question: bytes
    reply: bytes


@dataclass
class Handle:
    """By which another thread sees which exercise an examination is at, since when the sandbox owes a reply, and stops it."""

    session: "Session | None" = None
    exercise: str = ""
    stopped: bool = False
    asked_at: float = 0.0

    def stop(self) -> None:
        """Has the examination end with a `KeyboardInterrupt`, in the thread that it runs in."""
        self.stopped = True
        if self.session is not None:
            self.session.server.interrupt(self.session.pid)


@dataclass
class Session:
    """One notebook in one sandbox; where the sandbox dies, another one that skips what killed it.

    The notebook runs to its end before the first question is asked, so that nothing it shows or writes can hold what
    was asked. A question names the graded cell that it belongs to, and finds the notebook's names as that cell left them.
    """

    server: Server
    cells: list[Cell]
    limits: Limits = field(default_factory=usual_limits)
    lethal_exercises: dict[str, Exception] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    spent_again: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    received: int = 0
    kept: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    position: int = 0
    sandboxes: int = 0
    faults: int = 0
    fault: str = ""  # the last one, in words
    link: socket.socket | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    stand_ins: dict[str, str] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    transcript: dict[str, protocol.Transcript] = field(default_factory=lambda: defaultdict(protocol.Transcript))
    ahead: deque[tuple[bytes, bytes]] = field(default_factory=deque)  # questions, and the replies that are here already
    heard: list[Heard] = field(default_factory=list)
    one_at_a_time: bool = False  # something went wrong when several were asked at once
    pid: int = 0  # for the fork server
    process: int = 0  # for this machine
    handle: Handle = field(default_factory=Handle)
    _data: bytes = b""  # of the last reply
    _weight: int = 0

    def run_all(self) -> None:
        """Runs what is left of the notebook."""
        self._run_until(len(self.cells))

    def take_files(self) -> dict[str, bytes]:
        """Runs what is left of the notebook; the files that it made, by names that nobody vouches for."""
        self.run_all()
        if self.link is None:
            return {}
        try:
            reply = self._exchange(protocol.encode(protocol.Take()), self.limits.call, "")
        except (SandboxTimeout, SandboxDied):
            return {}
        files = reply.files if isinstance(reply, protocol.Files) else {}
        return {name: data for name, data in files.items() if name not in self.files}

    def again(self, cells: list[Cell], stand_ins: dict[str, str]) -> "Session":
        """The same notebook in another sandbox, with `stand_ins` at hand, from its beginning; all such share one budget."""
        alike = {name: getattr(self, name) for name in ("files", "modules", "forbidden", "names", "handle")}
        return Session(self.server, cells, self.limits, spent=self.spent_again, stand_ins=stand_ins, **alike)

    def ask(self, request: protocol.Question, name: str) -> protocol.Answer:
        """The reply to a call or probe about the exercise `name`, also kept in `transcript`.

        Raises `SandboxTimeout` or `SandboxDied`.
        """
        message = protocol.encode(request)
        reply = self._here_already(message) or self.answer(message, name)
        self.heard.append(Heard(message, sha256(self._data).digest()))
        if request.given or request.graded:
            # a stand-in that wasn't called makes no difference, and a class is asked the same more often
            request.given = [given for given in request.given if given in reply.given]
            request.graded = {}
            message = protocol.encode(request)
        self._keep(name, message, reply, self._weight)
        return reply

    def keep(self, name: str, question: bytes, reply: bytes) -> None:
        """Adds a question to the transcript whose encoded reply somebody knows to be an answer."""
        self._keep(name, question, reply, len(reply))

    def _keep(self, name: str, question: bytes, reply: protocol.Answer | bytes, weight: int) -> None:
        self.kept[name] += len(question) + weight
        self.transcript[name].append(question, reply)
        # a part of it could be taken for another mistake
        if self.kept[name] > MAX_KEPT:
            self.transcript[name].clear()

    def ask_ahead(self, questions: list[bytes], name: str) -> list[bytes]:
        """The encoded replies to the first of these encoded questions about the exercise `name`, asked in one message.

        Where anything goes wrong, there are none, and the notebook runs again in a new sandbox, as if nothing had been
        asked: this session asks one question at a time then, each within its own limits.
        """
        if self.one_at_a_time or name in self.lethal_exercises:
            return []
        spent = dict(self.spent)
        try:
            message = protocol.encode(protocol.Several(questions))
            reply = self._exchange(message, min(AHEAD, self.limits.call), name)
            if isinstance(reply, protocol.Replies) and 0 < len(reply.replies) <= len(questions):
                return reply.replies
        except (SandboxTimeout, SandboxDied):
            pass
        self._begin_again(spent)
        return []

    def _begin_again(self, spent: dict[str, float]) -> None:
        """Has the notebook run again in a new sandbox, where one question at a time is asked; `spent` is what was spent."""
        self.one_at_a_time = True
        self.ahead.clear()
        self.close()
        self._replay()
        self.spent.clear()
        self.spent.update(spent)

    def _here_already(self, message: bytes) -> protocol.Answer | None:
        """The answer to a question if it came ahead; no later one counts where another question is asked."""
        if not self.ahead or self.ahead[0][0] != message:
            self.ahead.clear()
            return None
        self._data = self.ahead.popleft()[1]
        try:
            reply, self._weight = protocol.weighed_reply(self._data)
            if isinstance(reply, protocol.Answer):
                return reply
        except protocol.WireError:
            pass
        self._begin_again(dict(self.spent))
        return None

    def answer(self, message: bytes, name: str) -> protocol.Answer:
        """The reply to a request that is encoded already. Raises `SandboxTimeout` or `SandboxDied`."""
        if name in self.lethal_exercises:
            raise self.lethal_exercises[name]
        try:
            reply = self._exchange(message, self.limits.call, name)
        except (SandboxTimeout, SandboxDied) as error:
            if self.link is None:
                self.lethal_exercises[name] = error
                self._replay()
            raise
        if isinstance(reply, protocol.Answer):
            return reply
        raise SandboxDied("the student's process answered out of turn")

    def close(self) -> None:
        """Ends the sandbox."""
        if self.link is not None:
            self.server.end(self.pid)
            self._hang_up()

    def _hang_up(self) -> None:
        if self.link is not None:
            self.link.close()
        self.link = None

    def number(self, exercise: str) -> int:
        """The number of the exercise's cell among the code cells, counted from 1; 0 where it has none."""
        return next((number for number, cell in enumerate(self.cells, 1) if cell.id == exercise), 0)

    def _run_until(self, end: int) -> None:
        while self.position < end:
            at = self.position
            while at < end - 1 and not _runs(self.cells[at]):
                at += 1
            self._run(self.cells[at], self.cells[self.position : at])
            self.position = at + 1

    def _run(self, cell: Cell, blank: list[Cell]) -> None:
        """Runs a cell after some that have nothing to run; of these, as of one that is known to end sandboxes, only snapshots are taken."""
        if self.sandboxes >= MAX_SANDBOXES and self.link is None:
            return
        before_it = sum(self.spent.values())
        try:
            source = cell.source if _runs(cell) else ""
            draw = cell.draw and cell.done is None
            before = [_snapshot(each) for each in blank]
            request = protocol.RunCell(
                source, _snapshot(cell), draw, draw and cell.trace, cell.given, before, cell.graded
            )
            reply = self._exchange(protocol.encode(request), self.limits.cell, cell.exercise)
            if not isinstance(reply, protocol.CellDone):
                raise SandboxDied("the student's process answered out of turn")
            if self.received > MAX_SHOWN:
                reply.outputs = [TOO_MUCH]
            cell.done = cell.done or reply
            cell.seconds += sum(self.spent.values()) - before_it
        except (SandboxTimeout, SandboxDied) as error:
            ends = {SandboxTimeout: "Timeout", NoTimeLeft: "NotRun", SandboxDied: "Died"}
            cell.done = cell.done or protocol.CellDone([], ends[type(error)], str(error))
            cell.lethal = True
            cell.seconds += sum(self.spent.values()) - before_it
            if self.link is None and self._left() > 0:
                self._replay()
                if self._left(cell.exercise) > 0:
                    self._run(cell, blank)
        for each in blank:
            each.done = each.done or protocol.CellDone([])

    def _replay(self) -> None:
        """In a new sandbox, runs again what had run, but for what is known to end one."""
        position, self.position = self.position, 0
        self._run_until(position)
        self.position = position

    def _left(self, exercise: str = "") -> float:
        """The seconds that the notebook has left, and of it the `exercise`."""
        left = self.limits.notebook - sum(self.spent.values())
        return min(left, self.limits.exercise - self.spent[exercise]) if exercise else left

    def _used_up(self, exercise: str) -> str:
        """In words, what has used up the time that the `exercise` would need."""
        if exercise and self.spent[exercise] >= self.limits.exercise:
            return f"{exercise} has used up its time"
        most = max(self.spent, key=lambda name: self.spent[name])
        slowest = max(range(len(self.cells)), key=lambda number: self.cells[number].seconds)
        return f"{most or f'code cell {slowest + 1}'} has used up the notebook's time"

    def _exchange(self, message: bytes, seconds: float, exercise: str) -> protocol.Reply:
        self.handle.session, self.handle.exercise = self, exercise
        if self.handle.stopped:
            raise KeyboardInterrupt
        left = self._left(exercise)
        if left <= 0:
            raise NoTimeLeft(self._used_up(exercise))
        try:
            return self._within(message, min(seconds, left), exercise)
        except (EOFError, TimeoutError, ConnectionError, MemoryError, protocol.WireError) as error:
            lost = self.server.is_gone()
            self.close()
            if not lost:
                raise SandboxDied(protocol.ENDED if isinstance(error, ConnectionError) else str(error)) from None
            self._replace_server("the process that makes the sandboxes ended while a notebook ran")
            self._replay()
            return self._exchange(message, seconds, exercise)

    def _within(self, message: bytes, seconds: float, exercise: str) -> protocol.Reply:
        if self.link is None:
            if self.sandboxes >= MAX_SANDBOXES:
                raise SandboxDied(f"the notebook ended its process {self.sandboxes} times")
            self._enter()
        assert self.link is not None, "who enters a sandbox has a link to it"
        link, longer = self.link, seconds + self.limits.grace
        watch = Stopwatch(self.process)
        try:
            if select.select([link], [], [], 0)[0]:
                # who writes now doesn't read: to send would wait until the limit of time
                raise protocol.WireError("it wrote before it was asked")
            link.settimeout(longest(seconds))
            self.handle.asked_at = time.monotonic()
            protocol.send(link, message)
            if watch.awaits(link, seconds):
                self._data = protocol.receive(link, watch.patience(link, longer))
                reply, self._weight = protocol.weighed_reply(self._data)
                self.received += self._weight
                return reply
            self.server.interrupt(self.pid)
            if watch.awaits(link, longer):
                protocol.receive(link, watch.patience(link, longer + self.limits.grace))
            else:
                self.close()
            raise SandboxTimeout(f"it ran for more than {seconds:.0f} seconds")
        finally:
            self.handle.asked_at = 0.0
            self.spent[exercise] += watch.own()

    def _enter(self) -> None:
        """Enters a fresh sandbox, with the submission's files in its folder and the course's modules at hand.

        No line of the student's has run yet: what fails here is the grader's fault. Raises `NoSandbox`.
        """
        self.sandboxes += 1
        while self.link is None:
            self.require_sound()
            try:
                self._furnish()
            except (ForkServerDied, isolation.IsolationError, OSError, EOFError, protocol.WireError) as error:
                self._replace_server(str(error))

    def require_sound(self) -> None:
        """Raises `NoSandbox` where the grader has failed too often for its verdicts to mean anything."""
        if self.faults == MAX_FAULTS:
            raise NoSandbox(f"no sandbox after {MAX_FAULTS} tries: {self.fault}")

    def _replace_server(self, fault: str) -> None:
        """Has a new fork server take the place of one that failed around the student's code."""
        self.faults, self.fault = self.faults + 1, fault
        self._hang_up()
        self.server.close()
        self.server = fork_server()

    def _furnish(self) -> None:
        """Has a sandbox made, and puts the files in it. Raises `IsolationError` where its walls don't stand."""
        needs = Needs(any(IMPORTS_MUCH.search(cell.source) for cell in self.cells), self.forbidden)
        self.pid, self.link = self.server.fork(needs)
        self.link.settimeout(PATIENCE)
        self.process = self.server.process_of(self.pid, self.link)
        entered = protocol.decode_reply(protocol.receive(self.link))
        if not isinstance(entered, protocol.Entered) or entered.error:
            raise isolation.IsolationError(f"a sandbox could not be walled in: {getattr(entered, 'error', entered)}")
        if self.files or self.modules or self.stand_ins or self.names:
            compiled = {name: code for name, source in self.modules.items() if (code := _compiled(source))}
            put = protocol.Put(self.files, self.modules, self.stand_ins, compiled, list(self.names))
            protocol.send(self.link, protocol.encode(put))
            protocol.receive(self.link)


def _runs(cell: Cell) -> bool:
    """Whether there is anything to run: once is enough for visible checks, and for what ends sandboxes."""
    judged = cell.done is not None and cell.exercise not in ("", cell.id)
    return bool(cell.source) and not cell.lethal and not judged


def _snapshot(cell: Cell) -> str:
    return cell.id if cell.id and cell.exercise else ""


@lru_cache(64)
def _compiled(source: str) -> bytes:
    """A module's code, marshalled; nothing where its source is no Python: the cell that imports it will tell."""
    try:
        return marshal.dumps(compile(source, "<string>", "exec", dont_inherit=True))
    except (SyntaxError, ValueError):
        return b""
