"""Copies of an answer in which one slip is mended, asked the same as the answer, beside the
student's own code.

The rules in `answers/slips.py` find the slips. No verdict depends on them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from proctor.course.cells import bound, globals_read
from proctor.course.report import Diagnosis
from proctor.diagnosis.general import AnswerCode, names_in
from proctor.errors import SandboxDied, SandboxTimeout, WireError
from proctor.grading.examination import Examination
from proctor.grading.hidden import stand_ins_of
from proctor.sandbox import protocol
from proctor.sandbox.cell import Limits
from proctor.session.session import Session

# seconds: an answer whose calls take longer isn't searched
LIMITS = Limits(cell=2, call=2, exercise=2, notebook=5)
MOST = 80  # copies


class Slip(NamedTuple):
    """A slip, and the source without it.

    `certain`: the code is at fault there, whatever the exercise.
    """

    diagnosis: Diagnosis
    source: str
    certain: bool


def slips_in(code: AnswerCode, path: Path) -> list[Slip]:
    """The slips that the rules in a file find in an answer; none if there is no such file."""
    found_by = names_in(path).get("slips")
    if found_by is None:
        return []
    try:
        return list(islice(found_by(code), MOST))
    except RecursionError:
        # the source nests thousands of times
        return []


class Copies:
    """A sandbox with those of the notebook's cells that an answer needs, where copies of the answer
    are asked.
    """

    def __init__(self, examination: Examination, exercise: str, requests: Sequence[bytes]):
        assert examination.session is not None, "a kernel runs no copies"
        self._exercise = exercise
        self._requests = [_without_snapshot(request) for request in requests]
        self._replies: dict[tuple[str, int], protocol.Answer] = {}
        cells = [replace(cell, done=None, draw=False) for cell in _needed(examination, exercise)]
        known = stand_ins_of(examination.assignment)
        # only those that were called: the answer's own must not be within reach
        called = {}
        for request in requests:
            for name in protocol.decode_question(request).stand_ins:
                called[name] = known[name]
        self._session: Session = examination.session.second_run(cells, called)
        self._session.limits = LIMITS

    def ask(self, questions: Iterable[tuple[str, int]]) -> None:
        """Puts these questions, by their numbers, to copies, as long as there is time."""
        left = [each for each in dict.fromkeys(questions) if each not in self._replies]
        try:
            self._session.run_all()
            while left:
                requests = [self._requests[number] for _, number in left]
                came = self._session.ask_batch(
                    requests, self._exercise, [source for source, _ in left]
                )
                if not came:
                    return
                for each, reply in zip(left, came):
                    self._replies[each] = protocol.decode_answer(reply)
                left = left[len(came) :]
        except (SandboxDied, SandboxTimeout, WireError):
            return

    def replies(self, source: str, numbers: Sequence[int]) -> list[protocol.Answer] | None:
        """The replies of a copy to these questions; None if there is no time for them."""
        self.ask((source, number) for number in numbers)
        found = []
        for number in numbers:
            reply = self._replies.get((source, number))
            if reply is None:
                return None
            found.append(reply)
        return found

    def close(self) -> None:
        """Ends the sandbox."""
        self._session.close()


def _without_snapshot(request: bytes) -> bytes:
    """The question, for names as they are at the end of the cells."""
    question = protocol.decode_question(request)
    question.snapshot = ""
    return protocol.encode(question)


def _needed(examination: Examination, exercise: str) -> Iterator:
    """The cells up to an exercise's own that bind a name which it needs, itself or for another one;
    without checks.
    """
    assert examination.session is not None, "a kernel runs no copies"
    cells = [cell for cell in examination.session.cells if cell.exercise in ("", cell.id)]
    last = next((place for place, cell in enumerate(cells) if cell.id == exercise), -1)
    names, kept = set(examination.assignment.names_of(exercise)), []
    for cell in reversed(cells[: last + 1]):
        if "import *" in cell.source or names.intersection(bound(cell.source)):
            kept.append(cell)
            names |= globals_read(cell.source)
    return reversed(kept)
