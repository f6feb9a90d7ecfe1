"""The files of a class's quiz: a page for each student, the key, and the marks."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from proctor.course import Assignment
from proctor.course.files import replace
from proctor.course.report import report_in
from proctor.errors import GradingError
from proctor.quiz.sheets import LETTERS, Quiz, Sheet
from proctor.records.tables import read_table

KEY = ("student", "question", "exercise", "kind", "answer", "why")
MARKS = ("student", "right", "asked", "score")


def write_sheets(
    assignment: Assignment, students: str, exercise: str, number: int, seed: int
) -> Iterator[Sheet]:
    """Writes the sheets of an assignment to `quiz/ASSIGNMENT/`, gives each, and then writes their
    key.
    """
    graded = assignment.course / "autograded"
    found = sorted(graded.glob(f"{students}/{assignment.name}/{assignment.notebook.name}"))
    if not found:
        raise GradingError(
            f"nothing of {assignment.name} is graded: run 'proctor grade {assignment.name}' first"
        )
    folder = _folder(assignment)
    folder.mkdir(parents=True, exist_ok=True)
    quiz = Quiz(assignment, seed)
    sheets = []
    for path in found:
        passing = [each for each in _passing(assignment, path) if exercise in ("", each)]
        sheet = quiz.sheet(path.parts[-3], nbformat.read(path, as_version=4), passing, number)
        sheets.append(sheet)
        replace(folder / f"{sheet.student}.html", page("sheet", assignment=assignment, sheet=sheet))
        yield sheet
    replace(folder / "key.html", page("key", assignment=assignment, sheets=sheets, columns=KEY))
    _write(folder / "key.csv", KEY, [row for sheet in sheets for row in sheet.rows])


def _folder(assignment: Assignment) -> Path:
    return assignment.course / "quiz" / assignment.name


def page(name: str, **facts: object) -> bytes:
    """A sheet, or the key, as HTML."""
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    pages = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.filters["with_code"] = _with_code
    return pages.get_template(f"{name}.html.j2").render(facts, letters=LETTERS).encode()


def _with_code(text: str) -> Markup:
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _passing(assignment: Assignment, graded: Path) -> list[str]:
    """The exercises that ask for a function and have all points in a graded notebook."""
    passed = {
        cell["id"] for cell in report_in(graded).get("cells", []) if cell["status"] == "passed"
    }
    found = []
    for name, exercise in assignment.exercises.items():
        if not exercise.is_value and assignment.cells_of(name) <= passed:
            found.append(name)
    return found


def mark(assignment: Assignment, answers: Path) -> Path:
    """Compares answers, a CSV file with `student,question,answer`, with the key; returns the file
    of the scores.
    """
    folder = _folder(assignment)
    key = {(row["student"], row["question"]): row["answer"] for row in _rows(folder / "key.csv")}
    asked = Counter(student for student, _ in key)
    right = Counter[str]()
    for row in _rows(answers):
        student, question = row["student"], row["question"]
        if (student, question) not in key:
            raise GradingError(f"{answers}: the key has no question {question} for {student}")
        right[student] += row["answer"].upper() == key[student, question]
    rows = []
    for student, count in right.items():
        score = round(count / asked[student], 2)
        rows.append({"student": student, "right": count, "asked": asked[student], "score": score})
    _write(folder / "quiz-marks.csv", MARKS, rows)
    return folder / "quiz-marks.csv"


def _rows(path: Path) -> list[dict[str, str]]:
    return [row for _, row in read_table(path, "student,question,answer")]


def _write(path: Path, columns: tuple[str, ...], rows: list[dict]) -> None:
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, columns)
    writer.writeheader()
    writer.writerows(rows)
    replace(path, table.getvalue().encode())
