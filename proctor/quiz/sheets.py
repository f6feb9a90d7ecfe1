"""Draws a sheet of questions about a student's own passing answers."""

import random
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field

from nbformat import NotebookNode

from proctor.course import Assignment
from proctor.grading.student import seed_of
from proctor.quiz.material import calls_of, visibly_wrong
from proctor.quiz.own_code import OwnCode, own_code
from proctor.quiz.questions import Maker, Question
from proctor.quiz.trial import Trial

FEWEST = 3  # questions of a sheet; the key says why one has fewer
LONGEST = 2000  # characters of an answer
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
    """The questions for one student.

    For the key, `rows`, each of student, question, exercise, kind, answer, why, and `notes` on all
    that was left out.
    """

    student: str
    parts: list[Part] = field(default_factory=list)
    rows: list[tuple] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def draw_sheet(
    assignment: Assignment,
    student: str,
    notebook: NotebookNode,
    exercises: list[str],
    number: int,
    seed: int,
) -> Sheet:
    """A sheet of up to `number` questions about the answers to these exercises."""
    sheet = Sheet(student)
    rng = random.Random(seed_of(seed, f"{student} {assignment.name}"))
    of_one = number if len(exercises) == 1 else OF_ONE
    for exercise in rng.sample(exercises, len(exercises)):
        wanted = min(of_one, number - len(sheet.rows))
        if wanted:
            code = own_code(notebook, assignment, exercise)
            _add_part(sheet, assignment, code, rng.random(), wanted)
    if len(sheet.rows) < FEWEST:
        sheet.notes.append("the answers that pass gave no more good questions")
    return sheet


def _add_part(
    sheet: Sheet, assignment: Assignment, code: OwnCode, seed: float, wanted: int
) -> None:
    """Adds questions about an answer: those that two fresh sandboxes, one of which traces,
    answer alike.
    """
    given, calls = calls_of(assignment, code.exercise)
    if not calls or not 0 < len(code.shown) <= LONGEST:
        sheet.notes.append(f"{code.exercise}: no short answer was found, or no calls for it")
        return
    others = visibly_wrong(assignment, code.exercise)
    made = []
    for traced in (False, True):
        with closing(Trial(assignment, given, traced)) as trial:
            maker = Maker(code, trial, random.Random(seed))
            made.append(maker.make(calls, others))
    agreed = [each for each in made[0] if each in made[1]]
    if len(agreed) < len(made[0]):
        sheet.notes.append(f"{code.exercise}: left out what two runs answered differently")
    chosen = _chosen(agreed, wanted)
    for number, each in enumerate(chosen, len(sheet.rows) + 1):
        letter = LETTERS[each.choices.index(each.right)]
        row = (sheet.student, number, code.exercise, each.kind, letter, each.why)
        sheet.rows.append(row)
    if chosen:
        sheet.parts.append(Part(code, given, chosen))


def _chosen(found: list[Question], most: int) -> list[Question]:
    """Up to so many of the questions: of all kinds in turn, and no two that clash."""
    chosen: list[Question] = []
    while found and len(chosen) < most:
        kinds = Counter(each.kind for each in chosen)
        # of a kind, the student's own code comes first
        one = min(found, key=lambda each: (kinds[each.kind], bool(each.beside)))
        found.remove(one)
        if not any(_clash(one, each) for each in chosen):
            chosen.append(one)
    return chosen


def _clash(one: Question, other: Question) -> bool:
    """Whether two questions share a topic, or the answer to one stands in the other."""
    # answers in words stand in many questions
    given_away = {one.right, other.right}.intersection(one.choices, other.choices)
    return bool(one.topics & other.topics) or any(map(str.isdigit, "".join(given_away)))
