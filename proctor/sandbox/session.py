"""The trusted side of a sandbox: runs the notebook in it, asks the checks' questions, and replaces one that died."""

import re
from collections import defaultdict, deque
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec

from proctor.errors import NoTimeLeft, SandboxDied, SandboxTimeout, WireError
from proctor.sandbox import protocol
from proctor.sandbox.budget import SHOWN, Budget
from proctor.sandbox.cell import Cell, CellDone, Limits, usual_limits
from proctor.sandbox.files import MAX_FILES, within_limits
from proctor.sandbox.launcher import Server
from proctor.sandbox.link import FAILURES, Handle, Link, Stopwatch
from proctor.sandbox.protocol import Received, Setup

# the first call of one of these imports as much as an optimizer's first step does, which takes a second in each sandbox
IMPORTS_MUCH = re.compile(r"optim|torch\.func|jacrev|hessian|torch\.compile|checkpoint|profiler")
TOO_MUCH = {"output_type": "stream", "name": "stdout", "text": "… left out: this notebook shows too much\n"}
OUT_OF_TURN = "the student's process answered out of turn"


class Heard(NamedTuple):
    """A question as it was asked, and the digest of its reply."""

    question: bytes
    reply: bytes


class Session:
    """One notebook in one sandbox; where the sandbox dies, another one that skips what killed it.

    The notebook runs to its end before the first question is asked, so that nothing it shows or writes can hold what
    was asked. A question names the graded cell that it belongs to, and finds the notebook's names as that cell left them.
    """

    def __init__(self, server: Server, cells: list[Cell], limits: Limits | None = None, setup: Setup | None = None):
        self.cells = cells
        self.position = 0  # of the next cell
        self.limits = limits or usual_limits()
        self.budget = Budget(self.limits)
        optimizers = any(IMPORTS_MUCH.search(cell.source) for cell in cells)
        self.link = Link(server, setup or Setup(), optimizers, self.limits.grace, Handle())
        # seconds, by exercise, with "" for all the other cells
        self.spent: dict[str, float] = defaultdict(float)
        self._lethal_exercises: dict[str, Exception] = {}
        self._one_at_a_time = False  # something went wrong when several were asked at once
        # questions, and the replies that are here already
        self.ahead: deque[tuple[bytes, bytes]] = deque()
        self.heard: list[Heard] = []
        self.transcript: dict[str, protocol.Transcript] = defaultdict(protocol.Transcript)

    def second_run(self, cells: list[Cell], stand_ins: dict[str, str]) -> "Session":
        """The same notebook in another sandbox, with `stand_ins` at hand, from its beginning.

        Each exercise has its own time in each of them; the budget limits the time of them all.
        """
        other = Session(
            self.link.server, cells, self.limits, msgspec.structs.replace(self.link.setup, stand_ins=stand_ins)
        )
        other.budget = self.budget
        if self.budget.first_run is None:
            self.budget.first_run = self.budget.seconds
        other.link.handle, other.link.forgiven = self.link.handle, self.link.forgiven
        other.link.ends = self.link.ends
        return other

    def renew(self) -> None:
        """Gives all the time back, for the next of several answers that are asked in this sandbox."""
        self.spent.clear()
        self.budget = Budget(self.limits)

    def close(self) -> None:
        """Ends the sandbox."""
        self.link.close()

    # The notebook.

    def run_all(self) -> None:
        """Runs the rest of the notebook."""
        self._run_until(len(self.cells))

    def take_files(self) -> tuple[dict[str, bytes], list[str]]:
        """Runs the rest of the notebook, and gives the files that it made, and the paths of others. None is trusted."""
        self.run_all()
        if self.link.sandbox is None:
            return {}, []
        try:
            reply = self._exchange(protocol.encode(protocol.Take()), self.limits.call, "").reply
        except (SandboxTimeout, SandboxDied):
            return {}, []
        sent = reply if isinstance(reply, protocol.Files) else protocol.Files({})
        beside = self.link.setup.files
        # the sandbox's own limits are not believed
        found = within_limits(beside, sent.files)
        made = {name: data for name, data in found.items() if name not in beside}
        others = {*sent.files, *sent.others[:MAX_FILES]} - found.keys()
        return made, sorted(others)

    def _run_until(self, end: int) -> None:
        while self.position < end:
            cell = self.cells[self.position]
            cell.number = cell.number or self.position + 1
            self._run(cell)
            self.position += 1

    def _run(self, cell: Cell) -> None:
        """Runs a cell; of one that has nothing to run, or is known to end sandboxes, only a snapshot is taken."""
        source, snapshot = "" if cell.lethal else cell.source, cell.id if cell.id and cell.exercise else ""
        if not source and not snapshot:
            cell.done = cell.done or CellDone([])
            return
        if self.link.is_used_up():
            return
        before = sum(self.spent.values())
        draw = cell.draw and cell.done is None
        request = protocol.RunCell(
            source, cell.number, snapshot, draw, draw and cell.trace, cell.stand_ins, cell.graded
        )
        try:
            done = self._exchange(protocol.encode(request), self.limits.cell, cell.charged).reply
            if not isinstance(done, CellDone):
                raise SandboxDied(OUT_OF_TURN)
            if self.budget.received > SHOWN:
                done.outputs = [TOO_MUCH]
        except (SandboxTimeout, SandboxDied) as error:
            ends = {SandboxTimeout: "Timeout", NoTimeLeft: "NotRun", SandboxDied: "Died"}
            # a function that it defined before its time was over is there
            late = error.late if isinstance(error, SandboxTimeout) else None
            there = late.bound if isinstance(late, CellDone) else {}
            done = CellDone([], ends[type(error)], str(error), there)
            cell.lethal = True
        cell.done = cell.done or done
        cell.seconds += sum(self.spent.values()) - before
        if self.link.sandbox is None and self._left() > 0:
            self._replay()
            if self._left(cell.charged) > 0:
                self._run(cell)

    def run_again(self, places: list[int], snapshot: str, exercise: str) -> None:
        """Runs the cells at these places once more, and keeps as `snapshot` what the names mean then.

        What they show is dropped. Raises `SandboxTimeout` or `SandboxDied`.
        """
        for place in places:
            cell = self.cells[place]
            request = protocol.RunCell(cell.source, cell.number, snapshot, False, False, cell.stand_ins, cell.graded)
            try:
                self._exchange(protocol.encode(request), self.limits.cell, exercise)
            except (SandboxTimeout, SandboxDied):
                if self.link.sandbox is None:
                    self._replay()
                raise

    def _replay(self) -> None:
        """In a new sandbox, runs the cells that had run once more, but for those that are known to end one.

        That takes of the notebook's time, and of no exercise's own.
        """
        position, self.position, before = self.position, 0, dict(self.spent)
        self._run_until(position)
        self.position = position
        again = sum(self.spent.values()) - sum(before.values())
        self._forgive(before | {"": before.get("", 0.0) + again})

    # The questions.

    def ask(self, request: protocol.Question, name: str) -> protocol.Answer:
        """The reply to a call or probe about the exercise `name`, also kept in `transcript`.

        Raises `SandboxTimeout` or `SandboxDied`.
        """
        message = protocol.encode(request)
        received = self._fetched(message) or self._answer(message, name)
        reply = received.answer
        self.heard.append(Heard(message, sha256(received.data).digest()))
        if request.stand_ins or request.graded:
            # a stand-in that wasn't called makes no difference, and a class is asked the same more often
            request.stand_ins = [name for name in request.stand_ins if name in reply.stand_ins]
            request.graded = {}
            message = protocol.encode(request)
        self.transcript[name].append(message, reply, received.weight)
        return reply

    def keep(self, name: str, question: bytes, reply: bytes) -> None:
        """Adds a question to the transcript, with an encoded reply that is known to be an answer."""
        self.transcript[name].append(question, reply, len(reply))

    def ask_ahead(self, questions: list[bytes], name: str, answers: Sequence[str] = ()) -> list[bytes] | None:
        """The encoded replies to the first of these encoded questions about the exercise `name`, asked in one message.

        `answers`: the source of the known answer that each question is put to, if it is not the notebook's.
        Where anything goes wrong, this session asks one question at a time from then on, each within its own limits: the
        questions that are left, or all of them in a new sandbox, where the notebook runs again. Then it gives None. Only the
        budget counts the time for that.
        """
        if self._one_at_a_time or name in self._lethal_exercises:
            return []
        spent = dict(self.spent)
        interrupted = False
        try:
            message = protocol.encode(protocol.Several(questions, list(answers)))
            reply = self._exchange(message, self.limits.call, name).reply
        except SandboxTimeout as error:
            interrupted = True
            reply = error.late
        except SandboxDied:
            reply = None
        if not isinstance(reply, protocol.Replies) or not 0 < len(reply.replies) <= len(questions):
            self._begin_again(spent)
            return None
        if not interrupted:
            return reply.replies
        self._one_at_a_time = True
        self._forgive(spent)
        # without that of the question that was interrupted
        return reply.replies[:-1]

    def _begin_again(self, spent: dict[str, float]) -> None:
        """Has the notebook run again in a new sandbox, where one question at a time is asked; `spent` is the time spent before."""
        self._one_at_a_time = True
        self.ahead.clear()
        self.close()
        self._replay()
        self._forgive(spent)

    def _forgive(self, spent: dict[str, float]) -> None:
        self.spent.clear()
        self.spent.update(spent)

    def answer(self, message: bytes, name: str) -> protocol.Answer:
        """The reply to a question that is encoded already. Raises `SandboxTimeout` or `SandboxDied`."""
        return self._answer(message, name).answer

    def _answer(self, message: bytes, name: str) -> Received:
        if name in self._lethal_exercises:
            raise self._lethal_exercises[name]
        try:
            received = self._exchange(message, self.limits.call, name)
        except (SandboxTimeout, SandboxDied) as error:
            if self.link.sandbox is None:
                self._lethal_exercises[name] = error
                self._replay()
            raise
        if not isinstance(received.reply, protocol.Answer):
            raise SandboxDied(OUT_OF_TURN)
        return received

    def _fetched(self, message: bytes) -> Received | None:
        """The answer to a question if it came ahead. If another question is asked, the replies fetched ahead are dropped."""
        if not self.ahead or self.ahead[0][0] != message:
            self.ahead.clear()
            return None
        try:
            received = self._received(self.ahead.popleft()[1])
            if isinstance(received.reply, protocol.Answer):
                return received
        except WireError:
            pass
        self._begin_again(dict(self.spent))
        return None

    def _received(self, data: bytes) -> Received:
        """The reply in these bytes, which the budget counts. Raises `WireError`."""
        received = protocol.received(data)
        self.budget.received += received.weight
        return received

    # The time.

    def _exchange(self, message: bytes, seconds: float, exercise: str) -> Received:
        """The reply to a request, within so many seconds and what the exercise, the notebook and the budget have left.

        Raises `SandboxTimeout`, or `SandboxDied` if the student's code ended the sandbox. If something else ended it, the
        notebook runs again in another one.
        """
        self.link.handle.exercise = exercise
        if self.link.handle.stopped:
            raise KeyboardInterrupt
        self.budget.require()
        left = min(self._left(exercise), self.budget.seconds_left())
        if left <= 0:
            raise NoTimeLeft(self._used_up(exercise))
        limit = min(seconds, left)
        sandbox = self.link.enter()
        watch = Stopwatch(sandbox.process)
        try:
            self.link.send(sandbox.link, message, limit)
            if watch.awaits(sandbox.link, limit):
                data = protocol.receive(sandbox.link, watch.patience(sandbox.link, limit + self.limits.grace))
                return self._received(data)
            failure = self.link.interrupt(sandbox, watch, limit)
        except FAILURES as error:
            failure = error
        finally:
            self.link.handle.asked_at = 0.0
            took = watch.own_seconds()
            self.spent[exercise] += took
            self.budget.seconds += took
        if isinstance(failure, SandboxTimeout):
            self.link.end_runaway()
            raise failure
        self.link.blame(failure)
        self._replay()
        return self._exchange(message, seconds, exercise)

    def _left(self, exercise: str = "") -> float:
        """The seconds that the notebook has left, or the `exercise`, where that has fewer."""
        left = self.limits.notebook - sum(self.spent.values())
        return min(left, self.limits.exercise - self.spent[exercise]) if exercise else left

    def _used_up(self, exercise: str) -> str:
        """In words, the exercise or the cell that has used up the time that the `exercise` would need."""
        if exercise and self.spent[exercise] >= self.limits.exercise:
            return f"{exercise} has used up its time"
        most = max(self.spent, key=lambda name: self.spent[name])
        slowest = max(self.cells, key=lambda cell: cell.seconds)
        return f"{most or f'code cell {slowest.number}'} has used up the notebook's time"
