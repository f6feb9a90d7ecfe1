"""The hidden checks inside a notebook's own kernel, as plain nbgrader runs them: there is no
sandbox, so nothing is protected.
"""

import linecache
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import torch
from IPython import get_ipython

from proctor.course import Assignment, assignments, find_course, untouched
from proctor.course.codes import Code
from proctor.course.report import PROMISES, Report
from proctor.errors import Noted, Unattempted
from proctor.examine.examine import describe, grade
from proctor.grading.examination import Examination, all_forbidden
from proctor.grading.student import fresh_seed
from proctor.sandbox import guard, protocol
from proctor.sandbox.cell import Cell
from proctor.sandbox.modes import fresh_modes
from proctor.sandbox.worker import RequestHandler
from proctor.session.budget import Budget
from proctor.session.transcript import Transcript


class Here:
    """Answers a check's requests from the living namespace, encoded and decoded, so that the
    verdict is the same.
    """

    def __init__(self):
        self.handler = RequestHandler(get_ipython().user_ns)
        self.budget = Budget(enforced=False)
        self.transcript: dict[str, Transcript] = defaultdict(Transcript)

    def second_run(self, cells: list[Cell], stand_ins: dict[str, str]) -> "Here":
        """Another transcript of the same notebook, with these stand-ins at hand; no cell runs
        again.
        """
        here = Here()
        here.handler.stand_ins.learn(stand_ins)
        return here

    def close(self) -> None:
        """Does nothing: the kernel lives on."""

    def ask(self, request: protocol.Question, name: str, keep: bool = True) -> protocol.Answer:
        """The reply to a question about the exercise `name`, if `keep` also for `transcript`."""
        reply = self._reply(request)
        # the handler makes a reply of an interrupt that was meant for the kernel
        if isinstance(reply, protocol.Raised) and reply.kind == "KeyboardInterrupt":
            raise KeyboardInterrupt
        if keep:
            request.stand_ins = reply.stand_ins
            self.transcript[name].append(protocol.encode(request), reply)
        return reply

    def _reply(self, request: protocol.Question) -> protocol.Answer:
        # encoded and decoded, as on its way to a sandbox
        question = protocol.decode_question(protocol.encode(request))
        # the notebook's own draws go on as if there had been no question
        torch_state = torch.get_rng_state()
        python_state = random.getstate()
        began = time.thread_time()
        try:
            return protocol.decode_answer(self.handler.answer(question))
        finally:
            self.budget.seconds += time.thread_time() - began
            torch.set_rng_state(torch_state)
            random.setstate(python_state)


@contextmanager
def _guarded(assignment: Assignment) -> Iterator[None]:
    """With the guard in this kernel and in fresh modes; afterwards without the guard, in the
    notebook's modes.
    """
    try:
        # an interrupt may come while it is put up
        guard.install(all_forbidden(assignment))
        with fresh_modes():
            yield
    finally:
        guard.uninstall()


def _excused(assignment: Assignment) -> dict[str, Noted]:
    """Why exercises get no questions: their names still have the values of the stubs."""
    found = dict[str, Noted]()
    meant = get_ipython().user_ns
    for exercise, stub in assignment.stubs.items():
        names = assignment.names_of(exercise)
        if all(name in meant and _is_stub(meant[name], stub) for name in names):
            found[exercise] = Unattempted(Code.NOT_ATTEMPTED(exercise=exercise))
    return found


def _is_stub(value: Any, stub: str) -> bool:
    """Whether a value comes from a cell that does no more than the stub."""
    if value is ... or isinstance(value, list):
        return value in (..., [])
    parts = [value]
    if isinstance(value, type):
        parts += vars(value).values()
    for part in parts:
        if isinstance(part, FunctionType):
            # IPython keeps the source of each cell that it has run; of other code there may be none
            source = "".join(linecache.getlines(part.__code__.co_filename))
            return bool(source) and untouched(source, stub)
    return False


def run_here(cell_id: str) -> None:
    """Raises `AssertionError` with the student's message unless every hidden check of `cell_id`
    passes.
    """
    found = [a for a in assignments(find_course()).values() if cell_id in a.graded]
    if not found:
        raise LookupError(
            f"no released assignment has a graded cell {cell_id!r}: run 'make release'"
        )
    (assignment,) = found
    examination = _examination(assignment, assignment.cells_of(assignment.exercise_of(cell_id)))
    report = Report("", assignment.name, examination.seed, {})
    with _guarded(assignment):
        grade(report, examination)
    (verdict,) = [cell for cell in report.cells if cell.id == cell_id]
    if verdict.status != "passed":
        raise AssertionError(verdict.text)
    if verdict.note.code != Code.PASSED:
        print(verdict.message)


def examine_here(assignment: Assignment, cells: set[str], reveals: bool = False) -> Report:
    """The verdicts on these graded cells, by the present meaning of the notebook's names; for
    `reveals`, see `examine`.

    Those that name no hidden check are left out: their own asserts judge them.
    """
    examination = _examination(assignment, cells - assignment.self_checked.keys())
    examination.reveals = reveals
    report = Report("", assignment.name, examination.seed, dict.fromkeys(PROMISES, False))
    with _guarded(assignment):
        grade(report, examination)
        describe(report, examination)
    return report


def _examination(assignment: Assignment, wanted: set[str]) -> Examination:
    """The notebook in this kernel, as it is now; there are no secrets from it."""
    excused = _excused(assignment)
    return Examination(
        assignment,
        Here(),
        excused=excused,
        seed=fresh_seed(),
        wanted=wanted,
        alone=True,
        in_class=False,
    )
