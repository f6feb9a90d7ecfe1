"""`proctor quiz-sheets`: a sheet of questions for each student about their own passing answers, and one key."""

import csv
import io
import random
import re
from collections import Counter
from collections.abc import Iterator
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
from proctor.quiz.own_code import OwnCode, own_code
from proctor.quiz.questions import Maker, Question
from proctor.quiz.trial import Trial

KEY = ("student", "question", "exercise", "kind", "answer", "why")
FEWEST = 3  # questions of a sheet; the key says why one has fewer
LONGEST = 30  # lines of an answer
OF_ONE = 2  # questions about one of several answers
LETTERS = "ABCD"


@dataclass
class Sheet:
    """The questions for one student, by the answer that they are about; `notes` for the key: what was left out."""

    student: str
    parts: list[tuple[OwnCode, list[Question]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def questions(self) -> list[Question]:
        return [question for _, questions in self.parts for question in questions]

    def rows(self) -> list[list[str]]:
        """The rows of the key."""
        found = []
        for number, each in enumerate(self.questions, 1):
            letter = LETTERS[each.choices.index(each.right)]
            found.append([self.student, str(number), each.exercise, each.kind, letter, each.why])
        return found


class Quiz:
    """The sheets of one assignment, as a seed draws them."""

    def __init__(self, assignment: Assignment, seed: int):
        self.assignment, self.seed = assignment, seed
        self._calls = calls_for(assignment, seed)
        self._others = cache(lambda exercise: visibly_wrong(assignment, exercise))

    def sheet(self, student: str, notebook: NotebookNode, exercises: list[str], number: int) -> Sheet:
        """A sheet of up to `number` questions about the answers to these exercises."""
        sheet = Sheet(student)
        rng = random.Random(seed_of(self.seed, f"{student} {self.assignment.name}"))
        for exercise in rng.sample(exercises, len(exercises)):
            wanted = number - len(sheet.questions)
            code = own_code(notebook, self.assignment, exercise)
            if wanted and 0 < len(code.lines) <= LONGEST:
                chosen = _chosen(self._agreed(code, rng.getrandbits(32), sheet), wanted)
                chosen = chosen if len(exercises) == 1 else chosen[:OF_ONE]
                sheet.parts += [(code, chosen)] if chosen else []
        if len(sheet.questions) < FEWEST:
            sheet.notes.append(f"{len(sheet.questions)} questions: the answers that pass gave no more good ones")
        return sheet

    def _agreed(self, code: OwnCode, seed: int, sheet: Sheet) -> list[Question]:
        """The questions that two fresh sandboxes, one of which traces, answer alike."""
        made = []
        for traced in (False, True):
            trial = Trial(self.assignment, traced)
            try:
                known = self._calls[code.exercise], self._others(code.exercise)
                made.append(Maker(code, *known, trial, random.Random(seed)).all())
            finally:
                trial.close()
        agreed = [each for each in made[0] if each in made[1]]
        if len(agreed) < len(made[0]):
            sheet.notes.append(f"{code.exercise}: left out what two runs answered differently")
        return agreed


def _chosen(found: list[Question], most: int) -> list[Question]:
    """Up to so many of the questions: of all kinds in turn, none of a topic twice, none that gives away another."""
    chosen: list[Question] = []
    kinds = Counter[str]()
    while found and len(chosen) < most:
        found = sorted(found, key=lambda each: kinds[each.kind])
        one, *found = found
        if not any(one.topic == each.topic or _gives_away(one, each) or _gives_away(each, one) for each in chosen):
            chosen.append(one)
            kinds[one.kind] += 1
    return chosen


def _gives_away(one: Question, other: Question) -> bool:
    """Whether the answer to one question stands in the other."""
    return one.right == other.right or (one.right in other.choices and any(map(str.isdigit, one.right)))


def make_sheets(assignment: Assignment, students: str, exercise: str, number: int, seed: int) -> Iterator[Sheet]:
    """Writes the sheets of an assignment to `quiz/ASSIGNMENT/`, gives each, and then writes their key."""
    folder = assignment.course / "quiz" / assignment.name
    graded = assignment.course / "autograded"
    found = sorted(graded.glob(f"{students}/{assignment.name}/{assignment.notebook.name}"))
    if not found:
        raise GradingError(f"nothing of {assignment.name} is graded: run 'proctor grade {assignment.name}' first")
    quiz = Quiz(assignment, seed)
    folder.mkdir(parents=True, exist_ok=True)
    sheets = []
    for path in found:
        passing = [each for each in _passing(assignment, path) if exercise in ("", each)]
        sheet = quiz.sheet(path.parts[-3], nbformat.read(path, as_version=4), passing, number)
        sheets.append(sheet)
        replace(folder / f"{sheet.student}.html", page("sheet", assignment=assignment, sheet=sheet))
        yield sheet
    replace(folder / "key.html", page("key", assignment=assignment, sheets=sheets, columns=KEY))
    _write(folder / "key.csv", KEY, [row for sheet in sheets for row in sheet.rows()])


def page(name: str, **facts: object) -> bytes:
    """A sheet, or the key, as HTML."""
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    pages = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.filters["with_code"] = lambda text: Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))
    return pages.get_template(f"{name}.html.j2").render(facts, letters=LETTERS).encode()


def _passing(assignment: Assignment, graded: Path) -> list[str]:
    """The exercises that ask for a function and have all points in a graded notebook."""
    passed = {cell["id"] for cell in report_in(graded).get("cells", []) if cell["status"] == "passed"}
    values = {name for name, exercise in assignment.exercises.items() if exercise.is_value}
    return [each for each in assignment.stubs if each not in values and assignment.cells_of(each) <= passed]


def mark(assignment: Assignment, answers: Path) -> Path:
    """Compares answers, a CSV file with `student,question,answer`, with the key; returns the file of the scores."""
    folder = assignment.course / "quiz" / assignment.name
    key = {(row["student"], row["question"]): row["answer"] for row in _rows(folder / "key.csv")}
    asked = Counter(student for student, _ in key)
    right = Counter[str]()
    for row in _rows(answers):
        where = row["student"], row["question"]
        if where not in key:
            raise GradingError(f"{answers}: the key has no question {where[1]} for {where[0]}")
        right[row["student"]] += row["answer"].strip().upper() == key[where]
    rows = [[student, count, asked[student], round(count / asked[student], 2)] for student, count in right.items()]
    _write(folder / "quiz-marks.csv", ("student", "right", "asked", "score"), rows)
    return folder / "quiz-marks.csv"


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, ValueError) as error:
        raise GradingError(f"{path} can't be read: {error}") from error
    if rows and not {"student", "question", "answer"} <= rows[0].keys():
        raise GradingError(f"{path}: its first line has to be student,question,answer")
    return rows


def _write(path: Path, columns: tuple[str, ...], rows: list[list]) -> None:
    table = io.StringIO(newline="")
    csv.writer(table).writerows([columns, *rows])
    replace(path, table.getvalue().encode())
