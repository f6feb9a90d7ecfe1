"""`proctor report`: all that is known of a class, as data for programs.

`proctor.classroom.report_page` makes a page of it, and `proctor.classroom.show` shows the same
results in a terminal.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean, median
from typing import Any

from nbgrader.api import Gradebook

from proctor.classroom.remark import explain, unexplained
from proctor.classroom.show import by_name, looks, name_of, owners_matter
from proctor.classroom.similarity import Answers, alike, written_answers
from proctor.course import Assignment, assignments
from proctor.course.codes import Reason
from proctor.course.configuration import configuration
from proctor.course.report import BLANK, GENERAL, PROMISES, Status, Verdict, readable, report_in
from proctor.course.words import REASONS
from proctor.errors import CourseError
from proctor.records.gradebook import OpenGradebook
from proctor.records.groups import groups_in
from proctor.records.results import Result, Results, results
from proctor.records.roster import Submitted, read_roster, submissions
from proctor.records.served import needs_instructor
from proctor.records.stale import is_new
from proctor.records.store import Key, opened


@dataclass(frozen=True)
class Person:
    """A student as the report calls them: by a number, without a name, if it is anonymous."""

    id: str
    label: str
    name: str = ""


@dataclass
class Row:
    """One student's graded submission, as the report shows it; `path` is that of its notebook, also
    if it is anonymous.
    """

    person: Person
    result: Result
    report: dict[str, Any]
    cells: list[dict[str, Any]]
    reasons: dict[Reason, str]
    path: Path
    notebook: str
    feedback: str

    @property
    def readable(self) -> bool:
        return all(cell["status"] != Status.UNREADABLE for cell in self.cells)

    @property
    def diagnoses(self) -> list[dict[str, Any]]:
        return [cell["diagnosis"] for cell in self.cells if cell.get("diagnosis")]

    def as_dict(self) -> dict[str, Any]:
        result = self.result
        words = []
        for reason, about in self.reasons.items():
            words.append(": ".join(filter(None, [REASONS[reason], about])))
        return {
            "student": self.person.label,
            "name": self.person.name,
            "score": result.score,
            "max_score": result.max_score,
            "late_penalty": result.penalty,
            "hours_late": round(result.late.total_seconds() / 3600, 4),
            "readable": self.readable,
            "needs_grade": result.by_hand,
            "ungraded": not result.graded,
            "cells": self.cells,
            "protected": self.report.get("protected", {}),
            "seconds": self.report.get("seconds"),
            "notes": [readable(str(note)) for note in self.report.get("notes", [])],
            "note_codes": self.report.get("note_codes", []),
            "notebook": self.notebook,
            "feedback": self.feedback,
            "misconceptions": sorted({each["id"] for each in self.diagnoses}),
            "reasons": self.reasons,
            "looks": words,
        }


def class_report(course: Path, anonymous: bool = False) -> dict[str, Any]:
    """All that is known of a class: by assignment, and by student.

    Raises `CourseError` if nothing was graded yet.

    Scores are the gradebook's; the rest is from the reports in `autograded/`. `anonymous` numbers
    the students in an order that only the gradebook knows, and leaves out all that they may have
    written.
    """
    with OpenGradebook(configuration(course)).transaction() as gradebook:
        people = _numbered(gradebook) if anonymous else _named(gradebook)
        earned = results(gradebook)
        waiting, strangers = _not_graded(course, gradebook, earned)
    by_owner = owners_matter(course)
    found = []
    for name, assignment in assignments(course).items():
        persons = [person for person in people if (person.id, name) in earned]
        rows = [_row(course, assignment, each, earned[each.id, name], by_owner) for each in persons]
        if not rows:
            continue
        answers = _answers(course, rows, assignment)
        if anonymous:
            for row in rows:
                _leave_out_words(row)
        handed_in = {each.id for each in persons}
        for student, which in waiting + strangers:
            if which == name:
                handed_in.add(student)
        groups = unexplained(assignment, {row.person.label: row.cells for row in rows})
        if not anonymous:
            for group in groups:
                explain(course, assignment, group)
        more = {
            "missing": [each.label for each in people if each.id not in handed_in],
            "alike": alike(answers),
            "unexplained": list(map(asdict, groups)),
        }
        found.append(_assignment(assignment, rows) | more)
    if not found:
        raise CourseError(f"nothing is graded yet in {course}: run 'proctor grade' first")
    data = {
        "made": f"{datetime.now():%Y-%m-%d %H:%M}",
        "assignments": found,
        "students": _students(people, earned, [each["name"] for each in found], waiting),
        "not_graded": [],
        "strangers": [],
        "served": {},
    }
    if not anonymous:
        data["not_graded"] = list(map(str, waiting))
        data["strangers"] = list(map(str, strangers))
        data["served"] = needs_instructor(course)
    return data


def _not_graded(
    course: Path, gradebook: Gradebook, graded: Collection[Key]
) -> tuple[list[Submitted], list[Submitted]]:
    """The submissions that aren't graded as they are: by students of the class, and in folders of
    nobody on the roster.
    """
    roster = read_roster(course, gradebook)
    waiting, strangers = [], []
    for key in sorted(submissions(course, assignments(course))):
        if key not in graded or is_new(course, *key):
            if roster and key.student not in roster:
                strangers.append(key)
            else:
                waiting.append(key)
    return waiting, strangers


def _named(gradebook: Gradebook) -> list[Person]:
    """The students in the order of their names."""
    return [Person(one.id, one.id, name_of(one)) for one in sorted(gradebook.students, key=by_name)]


def _numbered(gradebook: Gradebook) -> list[Person]:
    """A number for each student, the same every time; the roster alone does not give it away."""
    shuffled = sorted(student.id for student in gradebook.students)
    random.Random("".join(assignment.id for assignment in gradebook.assignments)).shuffle(shuffled)
    digits = len(str(len(shuffled)))
    found = []
    for number, student in enumerate(shuffled, 1):
        found.append(Person(student, f"student {number:0{digits}}"))
    return found


def _row(
    course: Path, assignment: Assignment, person: Person, result: Result, by_owner: bool
) -> Row:
    path = course / "autograded" / person.id / assignment.name / assignment.notebook.name
    page = course / "feedback" / person.id / assignment.name / f"{path.stem}.html"
    report = report_in(path)
    cells = [*report.get("cells", [])]
    judged = {cell["id"] for cell in cells}
    self_checked = assignment.self_checked
    for name, score in result.cells.items():
        # a cell that names no hidden check has a verdict in the gradebook alone
        if name in self_checked and name not in judged:
            most = assignment.graded[name].points
            status = Status.PASSED if score >= most else Status.FAILED
            cells.append(Verdict(name, score, most, status).as_dict())
    found = looks(report, result, by_owner)
    if not report and assignment.graded.keys() - self_checked.keys():
        found = {Reason.NO_REPORT: ""} | found
    notebook = feedback = ""
    if path.is_file():
        notebook = path.relative_to(course).as_posix()
    if page.is_file():
        feedback = page.relative_to(course).as_posix()
    return Row(person, result, report, cells, found, path, notebook, feedback)


def _leave_out_words(row: Row) -> None:
    """Leaves out the words that a student may have written, and names of files."""
    row.notebook = row.feedback = ""
    row.report = row.report | {"notes": [], "note_codes": []}
    row.reasons = dict.fromkeys(row.reasons, "")
    for cell in row.cells:
        for name in ("message", "params", "crash"):
            cell.pop(name, None)
    for diagnosis in row.diagnoses:
        # it names the thing that it is about
        if diagnosis["id"].startswith(GENERAL):
            diagnosis["hint"] = ""


def _answers(course: Path, rows: list[Row], assignment: Assignment) -> dict[str, Answers]:
    """The answers of each student whose notebook could be read; of a group, those of one member."""
    groups = groups_in(course)
    one_of_each = {}
    for row in rows:
        if row.readable and row.notebook:
            one_of_each[tuple(groups.members((row.person.id, assignment.name)))] = row
    with opened(course) as database:
        query = "SELECT CAST(id AS TEXT), written FROM attempts WHERE assignment = ?"
        kept = dict(database.execute(query, [assignment.name]))
    found = {}
    for row in one_of_each.values():
        attempt = row.report.get("made_of", {}).get("attempt")
        answers = written_answers(kept.get(attempt, ""), row.path, assignment)
        for cell in row.cells:
            exercise = assignment.exercise_of(cell["id"])
            if exercise in answers and cell["status"] not in ("passed", *BLANK):
                answers[exercise].wrong = True
        found[row.person.label] = answers
    return found


def _assignment(assignment: Assignment, rows: list[Row]) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = {}
    verdicts = defaultdict(list)
    scores = []
    seconds = []
    protected = []
    for row in rows:
        if row.result.graded:
            scores.append(row.result.score)
        if row.report.get("seconds") is not None:
            seconds.append(row.report["seconds"])
        if row.report.get("protected"):
            protected.append(row.report["protected"])
        for cell in row.cells:
            verdicts[cell["id"]].append(cell)
        for diagnosis in row.diagnoses:
            misconception = known.setdefault(diagnosis["id"], diagnosis | {"students": []})
            if row.person.label not in misconception["students"]:
                misconception["students"].append(row.person.label)
    cells = []
    for cell in assignment.graded.values():
        cells.append(_cell(cell.id, cell.exercise, verdicts[cell.id]))
    walls = {}
    for name in PROMISES:
        walls[name] = all(each.get(name) for each in protected)
    times = None
    if seconds:
        times = {"median": median(seconds), "total": sum(seconds), "most": max(seconds)}
    return {
        "name": assignment.name,
        "submissions": [row.as_dict() for row in rows],
        "max_score": max(row.result.max_score for row in rows),
        "mean": mean(scores or [0.0]),
        "median": median(scores or [0.0]),
        "full": sum(row.result.score >= row.result.max_score for row in rows),
        "cells": cells,
        "readable": sum(row.readable for row in rows),
        "misconceptions": sorted(
            known.values(), key=lambda each: (-len(each["students"]), each["id"])
        ),
        "walls": walls,
        "seconds": times,
    }


def _cell(name: str, exercise: str, verdicts: list[dict[str, Any]]) -> dict[str, Any]:
    """How often a graded cell passed, and how often of these only with stand-ins for the answers
    that it builds on.
    """
    statuses = Counter(each["status"] for each in verdicts)
    blank = sum(statuses[status] for status in (*BLANK, Status.UNREADABLE))
    return {
        "id": name,
        "exercise": exercise,
        "statuses": dict(statuses),
        "passed": statuses["passed"],
        "given": sum(bool(each.get("given")) for each in verdicts),
        "attempted": len(verdicts) - blank,
    }


def _students(
    people: list[Person], earned: Results, names: list[str], waiting: Sequence[Key]
) -> list[dict[str, Any]]:
    """A row for everybody in the gradebook, also for those who handed in nothing."""
    found = []
    for person in people:
        scores = {}
        for name in names:
            if one := earned.get((person.id, name)):
                # one without a grade is no 0
                scores[name] = one.score if one.graded else None
        found.append(
            {
                "student": person.label,
                "name": person.name,
                "scores": scores,
                "waiting": [name for student, name in waiting if student == person.id],
                "total": sum(score or 0.0 for score in scores.values()),
            }
        )
    return found
