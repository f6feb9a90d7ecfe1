"""The files of a class's quiz: a page for each student, the key, and the marks."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nbformat

from proctor.classroom.report_page import templates_in
from proctor.course import Assignment
from proctor.course.files import replace
from proctor.course.report import report_in
from proctor.errors import GradingError
from proctor.quiz.sheets import LETTERS, Sheet, draw_sheet
from proctor.records.exports import written
from proctor.records.remarks import graded_notebooks
from proctor.records.tables import read_table

KEY = ("student", "question", "exercise", "kind", "answer", "why")
MARKS = ("student", "right", "asked", "score")
ANSWERS = "student,question,answer"


def write_sheets(
    assignment: Assignment, student: str, exercise: str, number: int, seed: int
) -> Iterator[Sheet]:
    """Writes the sheets of an assignment to `quiz/ASSIGNMENT/`, gives each, and then writes their
    key.
    """
    found = graded_notebooks(assignment.course, assignment, student)
    if not found:
        raise GradingError(
            f"nothing of {assignment.name} is graded: run 'proctor grade {assignment.name}' first"
        )
    folder = _folder(assignment)
    folder.mkdir(parents=True, exist_ok=True)
    pages = templates_in(Path(__file__).parent / "templates")
    facts = {"assignment": assignment, "letters": LETTERS}
    sheets = []
    for path in found:
        passing = [each for each in _passing(assignment, path) if exercise in ("", each)]
        notebook = nbformat.read(path, as_version=4)
        sheet = draw_sheet(assignment, path.parts[-3], notebook, passing, number, seed)
        sheets.append(sheet)
        page = pages.get_template("sheet.html.j2").render(facts, sheet=sheet)
        replace(folder / f"{sheet.student}.html", page.encode())
        yield sheet
    page = pages.get_template("key.html.j2").render(facts, sheets=sheets, columns=KEY)
    replace(folder / "key.html", page.encode())
    rows = []
    for sheet in sheets:
        rows += sheet.rows
    _write(folder / "key.csv", KEY, rows)


def _folder(assignment: Assignment) -> Path:
    return assignment.course / "quiz" / assignment.name


def _passing(assignment: Assignment, graded: Path) -> list[str]:
    """The exercises with a function for an answer that have all points in a graded notebook."""
    cells = report_in(graded).get("cells", [])
    passed = {cell["id"] for cell in cells if cell["status"] == "passed"}
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
    key = {}
    for _, row in read_table(folder / "key.csv", ANSWERS):
        key[row["student"], row["question"]] = row["answer"]
    asked = Counter(student for student, _ in key)
    right = Counter[str]()
    for _, row in read_table(answers, ANSWERS):
        student, question = row["student"], row["question"]
        if (student, question) not in key:
            raise GradingError(f"{answers}: the key has no question {question} for {student}")
        right[student] += row["answer"].upper() == key[student, question]
    rows = []
    for student, count in right.items():
        most = asked[student]
        rows.append((student, count, most, round(count / most, 2)))
    marks = folder / "quiz-marks.csv"
    _write(marks, MARKS, rows)
    return marks


def _write(path: Path, columns: tuple[str, ...], rows: list[tuple]) -> None:
    with written(path) as file:
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows(rows)
