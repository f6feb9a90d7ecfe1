"""`proctor quiz-sheets`: a sheet of questions for each student about their own passing answers, and one key."""

import csv
import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from nbformat import NotebookNode

from proctor.course import Assignment
from proctor.course.files import replace
from proctor.course.report import report_in
from proctor.errors import GradingError
from proctor.examine.student import seed_of
from proctor.quiz.calls import calls_for
from proctor.quiz.others import visibly_wrong
from proctor.quiz.own_code import LONGEST, OwnCode, own_code
from proctor.quiz.questions import Maker, Question
from proctor.quiz.trial import Trial
from proctor.sandbox.protocol import Call
from proctor.text import shown

KEY = ("student", "question", "exercise", "kind", "answer", "why")
FEWEST = 3  # questions of a sheet; one with fewer says why in the key
LETTERS = "ABCD"
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
TEMPLATES.filters["with_code"] = lambda text: Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


@dataclass
class Sheet:
    """The questions for one student, by the answer that they are about; `notes`: why there are no more, for the key."""

    student: str
    parts: list[tuple[OwnCode, list[Question]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def questions(self) -> list[Question]:
        return [question for _, questions in self.parts for question in questions]

    def rows(self) -> list[dict[str, str]]:
        """The rows of the key."""
        found = []
        for number, each in enumerate(self.questions, 1):
            letter = LETTERS[each.choices.index(each.right)]
            row = self.student, str(number), each.exercise, each.kind, letter, each.why
            found.append(dict(zip(KEY, row)))
        return found


class Quiz:
    """The questions of one assignment, as a seed draws them."""

    def __init__(self, assignment: Assignment, seed: int):
        self.assignment, self.seed = assignment, seed
        self._calls: dict[str, list[Call]] | None = None
        self._others = cache(lambda exercise: visibly_wrong(assignment, exercise))

    def sheet(self, student: str, notebook: NotebookNode, exercises: list[str], number: int) -> Sheet:
        """A sheet of up to `number` questions about the answers to these exercises."""
        sheet = Sheet(student)
        rng = random.Random(seed_of(self.seed, f"{student} {self.assignment.name}"))
        for exercise in rng.sample(exercises, len(exercises)):
            wanted = number - len(sheet.questions)
            if wanted == 0:
                break
            most = wanted if len(exercises) == 1 else min(2, wanted)
            code = own_code(notebook, self.assignment, exercise)
            if code is None or len(code.lines) > LONGEST:
                sheet.notes.append(f"{exercise}: no short answer in the text of the notebook")
                continue
            found = self._questions(code, rng.getrandbits(32), sheet)
            chosen = _chosen(found, most)
            if chosen:
                sheet.parts.append((code, chosen))
        if len(sheet.questions) < FEWEST:
            sheet.notes.append(f"{len(sheet.questions)} questions: the passing answers gave no more good ones")
        return sheet

    def _questions(self, code: OwnCode, seed: int, sheet: Sheet) -> list[Question]:
        """The questions that two fresh sandboxes, one of which traces, agree about."""
        if self._calls is None:
            self._calls = calls_for(self.assignment, self.seed)
        made = []
        for traced in (False, True):
            trial = Trial(self.assignment, traced)
            maker = Maker(code, self._calls[code.exercise], self._others(code.exercise), trial, random.Random(seed))
            try:
                made.append(maker.all())
            finally:
                trial.close()
        first, second = made
        agreed = [each for each in first if each in second]
        if len(agreed) < len(first):
            sheet.notes.append(f"{code.exercise}: {len(first) - len(agreed)} left out, for two runs gave two answers")
        return agreed


def _chosen(found: list[Question], most: int) -> list[Question]:
    """Up to so many of the questions: of all kinds in turn, none of a topic twice, none that gives away another."""
    chosen: list[Question] = []
    left = list(found)
    while left and len(chosen) < most:
        kinds = [each.kind for each in chosen]
        left.sort(key=lambda each: kinds.count(each.kind))
        one = left.pop(0)
        if all(one.topic != each.topic and one.right != each.right and not _gives_away(one, each) for each in chosen):
            chosen.append(one)
    return chosen


def _gives_away(one: Question, other: Question) -> bool:
    """Whether a number that answers one of two questions stands in the other."""
    pairs = (one.right, other), (other.right, one)
    return any(any(map(str.isdigit, right)) and right in (it.text, *it.choices) for right, it in pairs)


def make_sheets(
    assignment: Assignment, student: str, exercise: str, number: int, seed: int, tell: Callable[[str], None]
) -> Path:
    """Writes the sheets of an assignment, and their key, to `quiz/ASSIGNMENT/`; returns that folder."""
    folder = assignment.course / "quiz" / assignment.name
    quiz = Quiz(assignment, seed)
    sheets = []
    pattern = f"[!.]*/{assignment.name}/{assignment.notebook.name}"
    for path in sorted((assignment.course / "autograded").glob(pattern)):
        name = path.parts[-3]
        if student not in ("", name):
            continue
        passed = [each for each in passing(assignment, path) if exercise in ("", each)]
        sheet = quiz.sheet(name, nbformat.read(path, as_version=4), passed, number)
        sheets.append(sheet)
        page = TEMPLATES.get_template("sheet.html.j2").render(sheet=sheet, assignment=assignment, letters=LETTERS)
        folder.mkdir(parents=True, exist_ok=True)
        replace(folder / f"{name}.html", page.encode())
        tell(f"{shown(name)}: {len(sheet.questions)} questions")
    if not sheets:
        raise GradingError(f"nothing of {assignment.name} is graded: run 'proctor grade {assignment.name}' first")
    key = TEMPLATES.get_template("key.html.j2").render(sheets=sheets, assignment=assignment, columns=KEY)
    replace(folder / "key.html", key.encode())
    table = io.StringIO(newline="")
    rows = csv.DictWriter(table, KEY)
    rows.writeheader()
    rows.writerows(row for sheet in sheets for row in sheet.rows())
    replace(folder / "key.csv", table.getvalue().encode())
    return folder


def passing(assignment: Assignment, graded: Path) -> list[str]:
    """The exercises that ask for a function and have all points in a graded notebook."""
    cells = {cell["id"]: cell["status"] for cell in report_in(graded).get("cells", [])}
    found = []
    for exercise, facts in assignment.exercises.items():
        statuses = [cells.get(cell) for cell in assignment.cells_of(exercise)]
        if statuses and set(statuses) == {"passed"} and not facts.is_value:
            found.append(exercise)
    return found


def mark(assignment: Assignment, answers: Path) -> Path:
    """Compares answers, `student,question,answer`, with the key; returns the file of each student's score."""
    folder = assignment.course / "quiz" / assignment.name
    key = {(row["student"], row["question"]): row["answer"] for row in _rows(folder / "key.csv")}
    asked: dict[str, int] = {}
    right: dict[str, int] = {}
    for student, _ in key:
        asked[student] = asked.get(student, 0) + 1
    for row in _rows(answers):
        given = row.get("student", "").strip(), row.get("question", "").strip()
        if given not in key:
            raise GradingError(f"{answers}: the key has no question {given[1]!r} for {given[0]!r}")
        is_right = row.get("answer", "").strip().upper() == key[given]
        right[given[0]] = right.get(given[0], 0) + is_right
    table = io.StringIO(newline="")
    rows = csv.writer(table)
    rows.writerow(["student", "right", "asked", "score"])
    for student, number in right.items():
        rows.writerow([student, number, asked[student], f"{number / asked[student]:.2f}"])
    target = folder / "quiz-marks.csv"
    replace(target, table.getvalue().encode())
    return target


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, ValueError) as error:
        raise GradingError(f"{path} can't be read: {error}") from error
