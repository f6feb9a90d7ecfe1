"""The trusted side of a sandbox: runs the notebook in it, asks the checks' questions, and replaces
one that died.
"""

import re
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from proctor.errors import NoTimeLeft, SandboxDied, SandboxTimeout, WireError
from proctor.sandbox import protocol
from proctor.sandbox.cell import Cell, CellDone, Limits, usual_limits
from proctor.sandbox.files import MAX_FILES, within_limits
from proctor.sandbox.launcher import Server
from proctor.sandbox.protocol import Received, SandboxConfig
from proctor.session.budget import SHOWN, Budget
from proctor.session.connection import FAILURES, Connection, Stopwatch
from proctor.session.transcript import Transcript

# the first call of one of these imports as much as an optimizer's first step does, which takes a
# second in each sandbox
IMPORTS_MUCH = re.compile(r"optim|torch\.func|jacrev|hessian|torch\.compile|checkpoint|profiler")
TOO_MUCH = {
    "output_type": "stream",
    "name": "stdout",
    "text": "… left out: this notebook shows too much\n",
}
ENDS = {SandboxTimeout: "Timeout", NoTimeLeft: "NotRun", SandboxDied: "Died"}


class Logged(NamedTuple):
    """An encoded question, and the digest of its reply."""

    question: bytes
    reply: bytes


class Session:
    """One notebook in one sandbox; when that dies, in another one, without the cell that killed it.

    The notebook runs to its end before the first question, so that nothing that it shows or writes
    can hold the question. A question names the graded cell that it belongs to, and finds the
    notebook's names as that cell left them.
    """

    def __init__(
        self,
        server: Server,
        cells: list[Cell],
        limits: Limits | None = None,
        setup: SandboxConfig | None = None,
    ):
        self.cells = cells
        self.position = 0  # of the next cell
        self.limits = limits or usual_limits()
        self.budget = Budget(self.limits)
        optimizers = any(IMPORTS_MUCH.search(cell.source) for cell in cells)
        self.link = Connection(server, setup or SandboxConfig(), optimizers, self.limits.grace)
        # seconds, by exercise, with "" for all the other cells
        self.spent = defaultdict[str, float](float)
        self._lethal_exercises: dict[str, Exception] = {}
        self._one_at_a_time = False  # something went wrong with several at once
        # questions, and their replies that are here already
        self.prefetched: deque[tuple[bytes, bytes]] = deque()
        self.log: list[Logged] = []
        self.transcript: dict[str, Transcript] = defaultdict(Transcript)

    def second_run(self, cells: list[Cell], stand_ins: dict[str, str]) -> "Session":
        """The same notebook in another sandbox, with `stand_ins` at hand, from its beginning.

        Each exercise has its own time in each of them; the budget limits the time of them all.
        """
        setup = msgspec.structs.replace(self.link.setup, stand_ins=stand_ins)
        other = Session(self.link.server, cells, self.limits)
        other.link = replace(self.link, setup=setup, sandbox=None, sandboxes=0, faults=0)
        other.budget = self.budget
        if self.budget.first_run is None:
            self.budget.first_run = self.budget.seconds
        return other

    def renew(self) -> None:
        """Gives all the time back, for the next of several answers in this sandbox."""
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
        """Runs the rest of the notebook; the files that it made, and the paths of others.

        None is trusted.
        """
        self.run_all()
        if self.link.sandbox is None:
            return {}, []
        try:
            sent = self.exchange(
                protocol.encode(protocol.Take()), self.limits.call, "", protocol.Files
            ).reply
        except (SandboxTimeout, SandboxDied):
            return {}, []
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
        """Runs a cell; if it has nothing to run, or is known to end sandboxes, only takes a
        snapshot.
        """
        source = "" if cell.lethal else cell.source
        snapshot = cell.id if cell.id and cell.exercise else ""
        if not source and not snapshot:
            cell.done = cell.done or CellDone([])
            return
        if self.link.is_used_up():
            return
        before = sum(self.spent.values())
        try:
            done = self._run_cell(
                cell, source, snapshot, cell.draw and cell.done is None, cell.charged
            )
            if self.budget.received > SHOWN:
                done.outputs = [TOO_MUCH]
        except (SandboxTimeout, SandboxDied) as error:
            done = CellDone([], ENDS[type(error)], str(error))
            late = getattr(error, "late", None)
            if isinstance(late, CellDone):
                # a function that it defined before its time was over is there
                done.bound = late.bound
            cell.lethal = True
        cell.done = cell.done or done
        cell.seconds += sum(self.spent.values()) - before
        if self.link.sandbox is None and self._left() > 0:
            self._replay()
            if self._left(cell.charged) > 0:
                self._run(cell)

    def _run_cell(
        self, cell: Cell, source: str, snapshot: str, draw: bool, exercise: str
    ) -> CellDone:
        request = protocol.RunCell(source, cell.number, snapshot, draw, cell.stand_ins, cell.graded)
        return self.exchange(protocol.encode(request), self.limits.cell, exercise, CellDone).reply

    def run_again(self, places: list[int], snapshot: str, exercise: str) -> None:
        """Runs the cells at these places once more, and keeps as `snapshot` the meanings of the
        names then.

        Their outputs are dropped. Raises `SandboxTimeout` or `SandboxDied`.
        """
        for place in places:
            cell = self.cells[place]
            try:
                self._run_cell(cell, cell.source, snapshot, False, exercise)
            except (SandboxTimeout, SandboxDied):
                if self.link.sandbox is None:
                    self._replay()
                raise

    def _replay(self) -> None:
        """In a new sandbox, runs the cells that had run once more, but for those that are known to
        end one.

        The notebook pays for that time, and no exercise does.
        """
        position = self.position
        before = self.spent.copy()
        self.position = 0
        self._run_until(position)
        before[""] += sum(self.spent.values()) - sum(before.values())
        self.spent = before

    # The questions.

    def ask(self, request: protocol.Question, name: str, keep: bool = True) -> protocol.Answer:
        """The reply to a call or probe about the exercise `name`; if `keep`, also for `transcript`
        and `log`.

        Raises `SandboxTimeout` or `SandboxDied`; a question about an exercise that has ended the
        sandbox raises that again.
        """
        message = protocol.encode(request)
        received = self._take_prefetched(message)
        if received is None:
            if name in self._lethal_exercises:
                raise self._lethal_exercises[name]
            try:
                received = self.exchange(message, self.limits.call, name, protocol.Answer)
            except (SandboxTimeout, SandboxDied) as error:
                if self.link.sandbox is None:
                    self._lethal_exercises[name] = error
                    self._replay()
                raise
        if keep:
            self._keep(request, message, name, received)
        return received.reply

    def _keep(
        self, request: protocol.Question, message: bytes, name: str, received: Received
    ) -> None:
        reply = received.reply
        self.log.append(Logged(message, sha256(received.data).digest()))
        if request.stand_ins or request.graded:
            # a stand-in that wasn't called makes no difference, and more questions to a class are
            # equal without it
            request.stand_ins = [name for name in request.stand_ins if name in reply.stand_ins]
            request.graded = {}
            message = protocol.encode(request)
        self.transcript[name].append(message, reply, received.weight)

    def keep(self, name: str, question: bytes, reply: bytes) -> None:
        """Adds a question to the transcript, with an encoded reply that is known to be an
        answer.
        """
        self.transcript[name].append(question, reply, len(reply))

    def ask_batch(
        self, questions: list[bytes], name: str, answers: Sequence[str] = ()
    ) -> list[bytes] | None:
        """The encoded replies to the first of these encoded questions about the exercise `name`,
        asked in one message.

        `answers`: for each question, the source of the known answer that replies to it, if the
        notebook doesn't. If anything goes wrong, this session puts one question at a time from then
        on, each within its own limits: the remaining questions, or all of them in a new sandbox, in
        which the notebook runs again; then the result is None. Only the budget counts the time for
        that.
        """
        if self._one_at_a_time or name in self._lethal_exercises:
            return []
        spent = self.spent.copy()
        message = protocol.encode(protocol.Several(questions, list(answers)))
        try:
            replies = self.exchange(message, self.limits.call, name, protocol.Replies).reply.replies
            if 0 < len(replies) <= len(questions):
                return replies
        except SandboxTimeout as error:
            late = error.late
            if isinstance(late, protocol.Replies) and 0 < len(late.replies) <= len(questions):
                self._one_at_a_time = True
                self.spent = spent
                # the last reply is that of the question that was interrupted
                return late.replies[:-1]
        except SandboxDied:
            pass
        self._begin_again(spent)
        return None

    def _begin_again(self, spent: defaultdict[str, float]) -> None:
        """Runs the notebook again in a new sandbox, and asks one question at a time there; `spent`
        is the time spent before.
        """
        self._one_at_a_time = True
        self.prefetched.clear()
        self.close()
        self._replay()
        self.spent = spent

    def _take_prefetched(self, message: bytes) -> Received | None:
        """The reply to a question that came in a batch; any other question drops the replies that
        came so.
        """
        if not self.prefetched or self.prefetched[0][0] != message:
            self.prefetched.clear()
            return None
        try:
            return self._received(self.prefetched.popleft()[1], protocol.Answer)
        except WireError:
            self._begin_again(self.spent.copy())
            return None

    def _received(self, data: bytes, kind: Any) -> Received:
        """The reply of this kind in these bytes, which the budget counts. Raises `WireError`."""
        received = protocol.received(data, kind)
        self.budget.received += received.weight
        return received

    # The time.

    def exchange(self, message: bytes, limit: float, exercise: str, kind: Any) -> Received:
        """The reply to a request, within `limit` seconds and the time left of the exercise, the
        notebook and the budget.

        Raises `SandboxTimeout`, or `SandboxDied` if the student's code ended the sandbox or gave
        another kind of reply. If something else ended the sandbox, the notebook runs again in
        another one.
        """
        seconds = min(limit, self._require_time(exercise))
        watch = Stopwatch(self.link.enter())
        try:
            return self._received(self.link.exchange(message, watch, seconds), kind)
        except (SandboxTimeout, *FAILURES) as error:
            failure = error
        finally:
            took = watch.fair_seconds()
            self.spent[exercise] += took
            self.budget.seconds += took
        if isinstance(failure, SandboxTimeout):
            # on a busy machine, a little less than its limit may have been measured
            self.spent[exercise] += max(0.0, seconds - took)
            # to look whether it still runs takes the grader's time, and not the student's
            self.link.end_runaway()
            raise failure
        self.link.blame(failure)
        self._replay()
        return self.exchange(message, limit, exercise, kind)

    def _require_time(self, exercise: str) -> float:
        """The seconds left of the exercise, the notebook and the budget.

        Raises `NoTimeLeft`, or what else ends the work.
        """
        handle = self.link.handle
        handle.exercise = exercise
        if handle.stopped:
            raise KeyboardInterrupt
        self.budget.require()
        left = min(self._left(exercise), self.budget.seconds_left())
        if left <= 0:
            raise NoTimeLeft(self._used_up(exercise))
        return left

    def _left(self, exercise: str = "") -> float:
        """The seconds that the notebook has left, or the `exercise`, if that has fewer."""
        left = self.limits.notebook - sum(self.spent.values())
        return min(left, self.limits.exercise - self.spent[exercise]) if exercise else left

    def _used_up(self, exercise: str) -> str:
        """In words, the exercise or the cell that has used up the time that the `exercise` would
        need.
        """
        if exercise and self.spent[exercise] >= self.limits.exercise:
            return f"{exercise} has used up its time"
        most = max(self.spent, key=lambda name: self.spent[name])
        slowest = max(self.cells, key=lambda cell: cell.seconds)
        return f"{most or f'code cell {slowest.number}'} has used up the notebook's time"
