"""`proctor report`: all that is known of a class, on one page that opens offline and for programs.

`proctor.classroom.show` shows the same results in a terminal.
"""

import os
import random
import re
import shlex
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from nbgrader.api import Assignment as Assigned
from nbgrader.api import Gradebook, SubmittedAssignment

from proctor.classroom.remark import unexplained
from proctor.classroom.show import SIGNS, by_name, looks, name_of, owners_matter
from proctor.classroom.similarity import Answers, alike, in_words, written_answers
from proctor.course import Assignment, assignments
from proctor.course.codes import Reason
from proctor.course.configuration import configuration
from proctor.course.render import MARKS
from proctor.course.report import (
    BLANK,
    GENERAL,
    PROMISES,
    Status,
    Verdict,
    readable,
    report_in,
)
from proctor.course.words import REASONS
from proctor.errors import CourseError
from proctor.records.gradebook import OpenGradebook
from proctor.records.results import Result, Results, results
from proctor.records.roster import read_roster
from proctor.records.served import needs_instructor
from proctor.records.stale import is_new
from proctor.text import printable, shown

TEMPLATES = Path(__file__).parent / "report_templates"
COLOURS = {"green": "#1a7f37", "red": "#b3261e", "magenta": "#8e24aa", "yellow": "#8a5a00", "dim": "#5f6368"}
LONG = 25  # rows; a longer list is folded
BARS = 20  # of a histogram
# these come first among what needs a look
FIRST = (Reason.UNJUDGED, Reason.UNREADABLE, Reason.BY_ANOTHER, Reason.LACKING)


@dataclass(frozen=True)
class Person:
    """A student of the gradebook as the report calls them: by a number, without a name, where it is anonymous."""

    label: str
    name: str = ""


def class_report(course: Path, anonymous: bool = False) -> dict[str, Any]:
    """All that is known of a class: by assignment, and by student. Raises `CourseError` where nothing was graded yet.

    Scores are the gradebook's, late penalties taken off; the rest is from the reports in `autograded/`.
    `anonymous` numbers the students in an order that only the gradebook knows, and leaves out what they may have written.
    """
    found = []
    by_owner = owners_matter(course)
    with OpenGradebook(configuration(course)).transaction() as gradebook:
        people = _numbered(gradebook) if anonymous else _named(gradebook)
        earned = results(gradebook)
        waiting, strangers = _not_graded(course, gradebook)
        for assignment in assignments(course).values():
            submitted = _submissions(earned, assignment, course, people, by_owner)
            if submitted:
                handed_in = {each["student"] for each in submitted}
                there = [student for student, name in [*waiting, *strangers] if name == assignment.name]
                handed_in |= {people[student].label for student in there if student in people}
                missing = [person.label for person in people.values() if person.label not in handed_in]
                codes = _codes(course, submitted, assignment)
                if anonymous:
                    _leave_out_their_words(submitted)
                more = {"missing": missing, "alike": alike(codes)}
                more["unexplained"] = unexplained(assignment, submitted, None if anonymous else course)
                found.append(_assignment(assignment, submitted) | more)
    if not found:
        raise CourseError(f"nothing is graded yet in {course}: run 'proctor grade' first")
    return {
        "made": f"{datetime.now():%Y-%m-%d %H:%M}",
        "assignments": found,
        "students": _students(found, people, waiting),
        "not_graded": [] if anonymous else list(map(_folder, waiting)),
        "strangers": [] if anonymous else list(map(_folder, strangers)),
        "served": {} if anonymous else needs_instructor(course),
    }


def _not_graded(course: Path, gradebook: Gradebook) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What was handed in and isn't graded as it is: by students of the class, and in folders of nobody on the roster."""
    names, known = assignments(course).keys(), gradebook.db.query(SubmittedAssignment).join(Assigned)
    graded = set(known.with_entities(SubmittedAssignment.student_id, Assigned.name))
    folders = [path for path in sorted((course / "submitted").glob("[!.]*/*")) if path.name in names]
    there = [(path.parent.name, path.name) for path in folders]
    found = [each for each in there if each not in graded or is_new(course, *each)]
    roster = read_roster(course, gradebook)
    strangers = [each for each in found if roster and each[0] not in roster]
    return [each for each in found if each not in strangers], strangers


def _folder(submission: tuple[str, str]) -> str:
    return "/".join(map(shown, submission))


def _named(gradebook: Gradebook) -> dict[str, Person]:
    """The students by their ids, in the order of their names."""
    return {one.id: Person(one.id, name_of(one)) for one in sorted(gradebook.students, key=by_name)}


def _numbered(gradebook: Gradebook) -> dict[str, Person]:
    """A number for each student, the same every time; the roster alone does not tell which."""
    shuffled = sorted(student.id for student in gradebook.students)
    random.Random("".join(assignment.id for assignment in gradebook.assignments)).shuffle(shuffled)
    return {student: Person(f"student {n:0{len(str(len(shuffled)))}}") for n, student in enumerate(shuffled, 1)}


def _codes(course: Path, submitted: list[dict], assignment: Assignment) -> dict[str, Answers]:
    """The answers of each student whose notebook could be read."""
    readable = {each["student"]: each for each in submitted if each["readable"] and each["notebook"]}
    codes = written_answers(course, assignment, {who: course / each["notebook"] for who, each in readable.items()})
    for student, answers in codes.items():
        for cell in readable[student]["cells"]:
            exercise = assignment.exercise_of(cell["id"])
            if exercise in answers and cell["status"] not in ("passed", *BLANK):
                answers[exercise].wrong = True
    return codes


def _leave_out_their_words(submitted: list[dict]) -> None:
    """Messages may quote what a student printed or raised; the reasons to look, and the notes, name files."""
    for each in submitted:
        each |= {"notebook": "", "feedback": "", "notes": [], "note_codes": []}
        each["reasons"] = dict.fromkeys(each.get("reasons", {}), "")
        each["looks"] = _in_words(each["reasons"])
        for cell in each["cells"]:
            for name in ("message", "params", "crash"):
                cell.pop(name, None)
            if (cell.get("diagnosis") or {"id": ""})["id"].startswith(GENERAL):
                # a general one names what it is about
                cell["diagnosis"]["hint"] = ""


def _submissions(
    earned: Results, assignment: Assignment, course: Path, people: dict[str, Person], by_owner: bool
) -> list[dict]:
    """The submissions for an assignment, in the order of `people`."""
    found, name, plain = [], assignment.name, assignment.self_checked
    for student, person in people.items():
        if (each := earned.get((student, name))) is None:
            continue
        path = course / "autograded" / student / name / assignment.notebook.name
        feedback = course / "feedback" / path.relative_to(course / "autograded").with_suffix(".html")
        report = report_in(path)
        cells = report.get("cells", [])
        cells = [*cells, *_plain(assignment, plain.keys() - {cell["id"] for cell in cells}, each)]
        why = _reasons(report, each, bool(assignment.graded.keys() - plain), by_owner)
        found.append(
            {
                "student": person.label,
                "name": person.name,
                "score": each.score,
                "max_score": each.max_score,
                "late_penalty": each.penalty,
                "hours_late": round(each.late.total_seconds() / 3600, 4),
                "readable": all(cell["status"] != "unreadable" for cell in cells),
                "needs_grade": each.by_hand,
                "ungraded": not each.graded,
                "cells": cells,
                "protected": report.get("protected", {}),
                "seconds": report.get("seconds"),
                "notes": [readable(str(note)) for note in report.get("notes", [])],
                "note_codes": report.get("note_codes", []),
                "notebook": _if_there(course, path),
                "feedback": _if_there(course, feedback),
                "misconceptions": sorted({c["diagnosis"]["id"] for c in cells if c.get("diagnosis")}),
                "reasons": why,
                "looks": _in_words(why),
            }
        )
    return found


def _if_there(course: Path, path: Path) -> str:
    """A file's path in the course; empty where there is none."""
    return path.relative_to(course).as_posix() if path.is_file() else ""


def _plain(assignment: Assignment, names: set[str], earned: Result) -> list[dict]:
    """The gradebook's verdicts on the graded cells that name no hidden check: no report tells of them."""
    scores = {name: score for name, score in earned.cells.items() if name in names}
    most = {name: assignment.graded[name].points for name in scores}
    return [
        Verdict(name, score, most[name], Status.PASSED if score >= most[name] else Status.FAILED).as_dict()
        for name, score in scores.items()
    ]


def _reasons(report: dict, result: Result, checked: bool, by_owner: bool) -> dict[Reason, str]:
    """The reasons for a person to look at a submission; `checked`: whether hidden checks belong to its assignment."""
    found = {} if report or not checked else {Reason.NO_REPORT: ""}
    return found | looks(report, result, by_owner)


def _in_words(reasons: dict[Reason, str]) -> list[str]:
    return [f"{REASONS[reason]}: {about}" if about else REASONS[reason] for reason, about in reasons.items()]


def _assignment(assignment: Assignment, submitted: list[dict]) -> dict[str, Any]:
    statuses, given, titles, who = defaultdict(Counter), Counter(), {}, defaultdict(set)
    for each in submitted:
        for cell in each["cells"]:
            statuses[cell["id"]][cell["status"]] += 1
            given[cell["id"]] += bool(cell.get("given"))
            if diagnosis := cell.get("diagnosis"):
                # where it explains one cell alone, title and hint say so, and are longer
                known = titles.get(diagnosis["id"], diagnosis)
                titles[diagnosis["id"]] = min(known, diagnosis, key=lambda each: len(each["title"]))
                who[diagnosis["id"]].add(each["student"])
    # a submission that could not be read is no 0
    scores = [each["score"] for each in submitted if not each["ungraded"]] or [0.0]
    seconds = [each["seconds"] for each in submitted if each["seconds"] is not None]
    walls = {name: all(each["protected"].get(name) for each in submitted if each["protected"]) for name in PROMISES}
    league = sorted(who, key=lambda name: (-len(who[name]), name))
    return {
        "name": assignment.name,
        "submissions": submitted,
        "max_score": max(each["max_score"] for each in submitted),
        "mean": mean(scores),
        "median": median(scores),
        "full": sum(each["score"] >= each["max_score"] for each in submitted),
        "cells": [
            _cell(cell.id, cell.exercise, statuses[cell.id], given[cell.id]) for cell in assignment.graded.values()
        ],
        "readable": sum(each["readable"] for each in submitted),
        "misconceptions": [
            {**titles[name], "students": [each["student"] for each in submitted if each["student"] in who[name]]}
            for name in league
        ],
        "walls": walls,
        "seconds": {"median": median(seconds), "total": sum(seconds), "most": max(seconds)} if seconds else None,
    }


def _cell(name: str, exercise: str, counted: Counter, given: int) -> dict[str, Any]:
    """How often a graded cell passed, and how often of these only with stand-ins for what it builds on."""
    attempted = sum(count for status, count in counted.items() if status not in (*BLANK, "unreadable"))
    return {
        "id": name,
        "exercise": exercise,
        "statuses": dict(counted),
        "passed": counted["passed"],
        "given": given,
        "attempted": attempted,
    }


def _students(found: list[dict], people: dict[str, Person], waiting: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """A row for everybody in the gradebook, who handed in nothing, too."""
    rows = {}
    for student, one in people.items():
        to_grade = [name for who, name in waiting if who == student]
        rows[one.label] = {"student": one.label, "name": one.name, "scores": {}, "waiting": to_grade, "total": 0.0}
    for assignment in found:
        for each in assignment["submissions"]:
            row = rows[each["student"]]
            row["scores"][assignment["name"]] = score = None if each["ungraded"] else each["score"]
            row["total"] += score or 0.0
    return list(rows.values())


def page(data: dict[str, Any], course: Path, place: Path) -> str:
    """The class as one HTML page that needs nothing else; its links lead from the folder `place` into the course.

    Its text is `printable`, whatever a student, a folder or a file is called.
    """
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    prefixes = Counter(assignment["name"].partition("-")[0] for assignment in data["assignments"])
    environment.filters |= {
        "quoted": shlex.quote,
        "short": lambda name: name if prefixes[name.partition("-")[0]] > 1 else name.partition("-")[0],
        "number": lambda x: f"{round(x, 2):g}",
        "breakable": lambda name: Markup(re.sub("([_.])", r"\1<wbr>", str(escape(name)))),
        "with_code": lambda title: Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(title)))),
        "link": lambda path: _link(course / path, place),
        "in_words": in_words,
        "grid": _grid,
        "late": _hours,
        "bars": histogram,
    }
    submissions = [each for a in data["assignments"] for each in a["submissions"]]
    text = environment.get_template("index.html.j2").render(
        **data,
        kinds=_by_reason(data),
        reason_words=REASONS,
        first=FIRST,
        people={row["student"]: row["name"] for row in data["students"]},
        looked_at={each["student"] for each in submissions if each["reasons"]},
        promises=PROMISES,
        marks=MARKS,
        colours=COLOURS,
        signs=SIGNS,
        long=LONG,
    )
    return printable(text)


def _by_reason(data: dict[str, Any]) -> dict[Reason, list[tuple[str, str, dict[str, Any]]]]:
    """The submissions that need a look, by reason, with the assignment and what it is about."""
    kinds = defaultdict(list)
    for assignment in data["assignments"]:
        for each in assignment["submissions"]:
            for reason, about in each["reasons"].items():
                kinds[reason].append((assignment["name"], about, each))
    return {reason: kinds[reason] for reason in Reason if reason in kinds}


def _grid(assignment: dict[str, Any]) -> tuple[list[str], dict[str, list[tuple[str, str, str]]]]:
    """The exercises of an assignment, and for each student one mark for each: its status, sign and words."""
    exercise_of = {cell["id"]: cell["exercise"] for cell in assignment["cells"]}
    exercises = list(dict.fromkeys(exercise_of.values()))
    rows = {}
    for each in assignment["submissions"]:
        by_exercise = defaultdict(list)
        for cell in each["cells"]:
            by_exercise[exercise_of.get(cell["id"])].append(cell)
        rows[each["student"]] = [_mark(by_exercise[exercise]) for exercise in exercises]
    return exercises, rows


def _mark(cells: list[dict]) -> tuple[str, str, str]:
    """The mark for one student's answer to an exercise: of its first cell that isn't passed, and how many are."""
    if not cells:
        return "", "–", "no verdict"
    passed = sum(cell["status"] == "passed" for cell in cells)
    worst = next((cell for cell in cells if cell["status"] != "passed"), cells[0])
    status, (sign, _, words) = worst["status"], MARKS[worst["status"]]
    if status == "unreadable":
        return status, "?", words
    if status == "passed" and any(cell.get("given") for cell in cells):
        return status, f"({sign})", "right, given a right helper"
    if 0 < passed < len(cells):
        return status, f"{sign} {passed}/{len(cells)}", f"{words}, {passed} of {len(cells)} passed"
    return status, sign, words


def _link(path: Path, place: Path) -> str:
    """How a page in the folder `place` leads to a file, which may be on another of Windows' drives."""
    try:
        return quote(Path(os.path.relpath(path, place)).as_posix())
    except ValueError:
        return path.as_uri()


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{max(round(60 * hours), 1)} min"
    return f"{round(hours, 1):g} h" if hours < 48 else f"{hours / 24:.1f} days"


def histogram(assignment: dict[str, Any]) -> list[int]:
    """How many submissions have how many points, from none to all of them, in `BARS` steps; none without a grade."""
    found, most = [0] * BARS, assignment["max_score"] or 1
    for each in assignment["submissions"]:
        if not each["ungraded"]:
            found[min(int(BARS * each["score"] / most), BARS - 1)] += 1
    return found
