"""Draws a sheet of questions about a student's own passing answers."""

import random
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

from nbformat import NotebookNode

from proctor.course import Assignment
from proctor.grading.student import seed_of
from proctor.quiz.material import calls_of, visibly_wrong
from proctor.quiz.own_code import OwnCode, own_code
from proctor.quiz.questions import Maker, Question
from proctor.quiz.trial import Trial

FEWEST = 3  # questions of a sheet; the key says why one has fewer
LONGEST = 40  # lines of an answer
WIDEST = 3000  # characters of it
OF_ONE = 2  # questions about one of several answers
LETTERS = "ABCD"


@dataclass(frozen=True)
class Part:
    """The questions about one answer, and the statements that come before each call in them."""

    code: OwnCode
    given: str
    questions: list[Question]


@dataclass
class Sheet:
    """The questions for one student; `notes` for the key: what was left out."""

    student: str
    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows of the key."""
        found = []
        for part in self.parts:
            for each in part.questions:
                row = {
                    "student": self.student,
                    "question": str(len(found) + 1),
                    "exercise": part.code.exercise,
                }
                letter = LETTERS[each.choices.index(each.right)]
                found.append(row | {"kind": each.kind, "answer": letter, "why": each.why})
        return found


class Quiz:
    """The sheets of one assignment, as a seed draws them."""

    def __init__(self, assignment: Assignment, seed: int):
        self.assignment = assignment
        self.seed = seed
        self._others = cache(lambda exercise: visibly_wrong(assignment, exercise))

    def sheet(
        self, student: str, notebook: NotebookNode, exercises: list[str], number: int
    ) -> Sheet:
        """A sheet of up to `number` questions about the answers to these exercises."""
        sheet = Sheet(student)
        rng = random.Random(seed_of(self.seed, f"{student} {self.assignment.name}"))
        of_one = number if len(exercises) == 1 else OF_ONE
        for exercise in rng.sample(exercises, len(exercises)):
            wanted = min(of_one, number - len(sheet.rows))
            if wanted:
                self._add_part(
                    sheet, own_code(notebook, self.assignment, exercise), rng.random(), wanted
                )
        if len(sheet.rows) < FEWEST:
            sheet.notes.append(
                f"{len(sheet.rows)} questions: the answers that pass gave no more good ones"
            )
        return sheet

    def _add_part(self, sheet: Sheet, code: OwnCode, seed: float, wanted: int) -> None:
        """Adds questions about an answer: those that two fresh sandboxes, one of which traces,
        answer alike.
        """
        given, calls = calls_of(self.assignment, code.exercise)
        if not calls:
            sheet.notes.append(f"{code.exercise}: the course has no calls for it")
            return
        if not 0 < len(code.lines) <= LONGEST or len(code.shown) > WIDEST:
            sheet.notes.append(f"{code.exercise}: no short answer was found")
            return
        made = []
        for traced in (False, True):
            trial = Trial(self.assignment, given, traced)
            try:
                maker = Maker(code, calls, self._others(code.exercise), trial, random.Random(seed))
                made.append(maker.make())
            finally:
                trial.close()
        agreed = [each for each in made[0] if each in made[1]]
        if len(agreed) < len(made[0]):
            sheet.notes.append(f"{code.exercise}: left out what two runs answered differently")
        chosen = _chosen(agreed, wanted)
        if chosen:
            sheet.parts.append(Part(code, given, chosen))


def _chosen(found: list[Question], most: int) -> list[Question]:
    """Up to so many of the questions: of all kinds in turn, none of a topic twice, none that gives
    away another.
    """
    chosen: list[Question] = []
    kinds = Counter[str]()
    while found and len(chosen) < most:
        # of a kind, the student's own code comes first
        found = sorted(found, key=lambda each: (kinds[each.kind], bool(each.beside)))
        one = found.pop(0)
        if not any(
            one.topic == each.topic or _gives_away(one, each) or _gives_away(each, one)
            for each in chosen
        ):
            chosen.append(one)
            kinds[one.kind] += 1
    return chosen


def _gives_away(one: Question, other: Question) -> bool:
    """Whether the answer to one question stands in the other."""
    return one.right == other.right or (
        one.right in other.choices and any(map(str.isdigit, one.right))
    )
