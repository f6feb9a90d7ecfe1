"""`proctor report`: a class at a glance, one page for the instructor that opens offline, or the same data for programs."""

import csv
import io
import random
import re
from collections import Counter, defaultdict
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from statistics import mean, median
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from nbgrader.api import Gradebook, SubmittedAssignment

from proctor.classroom.recording import configuration
from proctor.course import Assignment, CourseError, assignments
from proctor.nbgrader_plugins.exports import no_formula
from proctor.render import MARKS
from proctor.report import PROMISES, Verdict, reasons, report_in

TEMPLATES = Path(__file__).parent / "report_templates"


def overview(course: Path, anonymous: bool = False) -> dict[str, Any]:
    """All that is known of a class: by assignment, and by student. Raises `CourseError` where nothing was graded yet.

    Scores are the gradebook's, late penalties taken off; the rest is from the reports in `autograded/`.
    `anonymous` numbers the students in an order that only the gradebook knows, and leaves out what they may have written.
    """
    config = configuration(course).CourseDirectory
    found = []
    with Gradebook(config.db_url, config.course_id) as gradebook:
        names = _numbered(gradebook) if anonymous else {student.id: student.id for student in gradebook.students}
        for assignment in assignments(course).values():
            submitted = _submissions(gradebook, assignment, course, names)
            if anonymous:
                _leave_out_their_words(submitted)
            if submitted:
                found.append(_assignment(assignment, submitted))
    if not found:
        raise CourseError(f"nothing is graded yet in {course}: run 'proctor grade' first")
    return {"made": f"{datetime.now():%Y-%m-%d %H:%M}", "assignments": found, "students": _students(found)}


def _numbered(gradebook: Gradebook) -> dict[str, str]:
    """A number for each student, the same every time; the roster alone does not tell which."""
    shuffled = sorted(student.id for student in gradebook.students)
    random.Random("".join(assignment.id for assignment in gradebook.assignments)).shuffle(shuffled)
    return {student: f"student {n:0{len(str(len(shuffled)))}}" for n, student in enumerate(shuffled, 1)}


def _leave_out_their_words(submitted: list[dict]) -> None:
    """Messages may quote what a student printed or raised, and the reasons to look name files."""
    for each in submitted:
        each["looks"] = [look.partition(":")[0] for look in each["looks"]]
        for cell in each["cells"]:
            del cell["message"]


def _submissions(gradebook: Gradebook, assignment: Assignment, course: Path, names: dict[str, str]) -> list[dict]:
    found = []
    for each in gradebook.assignment_submissions(assignment.name):
        path = course / "autograded" / each.student.id / assignment.name / assignment.notebook.name
        report = report_in(path)
        cells = report.get("cells", [])
        cells = [*cells, *_plain(assignment, each, {cell["id"] for cell in cells})]
        penalty = each.late_submission_penalty or 0.0
        found.append(
            {
                "student": names[each.student.id],
                "score": max(0.0, each.score - penalty),
                "max_score": each.max_score,
                "late_penalty": penalty,
                "needs_grade": bool(each.needs_manual_grade),
                "cells": cells,
                "protected": report.get("protected", {}),
                "seconds": report.get("seconds"),
                "misconceptions": sorted({c["diagnosis"]["id"] for c in cells if c.get("diagnosis")}),
                "looks": _looks(
                    report, bool(each.needs_manual_grade), bool(assignment.graded.keys() - assignment.plain)
                ),
            }
        )
    return sorted(found, key=lambda each: each["student"])


def _plain(assignment: Assignment, submitted: SubmittedAssignment, told: set[str]) -> list[dict]:
    """What the gradebook says of the graded cells that name no hidden check: no report tells of them."""
    names = assignment.plain.keys() - told
    grades = (
        [grade for notebook in submitted.notebooks for grade in notebook.grades if grade.name in names] if names else []
    )
    return [
        asdict(Verdict(each.name, each.score, each.max_score, "passed" if each.score >= each.max_score else "failed"))
        for each in grades
    ]


def _looks(report: dict, manual: bool, checked: bool) -> list[str]:
    """Why a person should look at a submission; `checked`, where hidden checks belong to its assignment."""
    found = [] if report or not checked else ["no report: it was graded by other means"]
    found += ["a grade by hand is still to be given, or looked at again"] if manual else []
    found += [f"{kind}: {what}" for kind, what in reasons(report).items()]
    return found


def _assignment(assignment: Assignment, submitted: list[dict]) -> dict[str, Any]:
    statuses, given, titles, who = defaultdict(Counter), Counter(), {}, defaultdict(set)
    for each in submitted:
        for cell in each["cells"]:
            statuses[cell["id"]][cell["status"]] += 1
            given[cell["id"]] += bool(cell.get("given"))
            if diagnosis := cell.get("diagnosis"):
                titles[diagnosis["id"]] = diagnosis
                who[diagnosis["id"]].add(each["student"])
    scores = [each["score"] for each in submitted]
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
        "misconceptions": [{**titles[name], "students": sorted(who[name])} for name in league],
        "walls": walls,
        "seconds": {"median": median(seconds), "total": sum(seconds), "most": max(seconds)} if seconds else None,
    }


def _cell(name: str, exercise: str, counted: Counter, given: int) -> dict[str, Any]:
    """How often a graded cell passed, and how often of these only with stand-ins for what it builds on."""
    attempted = sum(
        count for status, count in counted.items() if status not in ("not_attempted", "missing", "unreadable")
    )
    return {
        "id": name,
        "exercise": exercise,
        "statuses": dict(counted),
        "passed": counted["passed"],
        "given": given,
        "attempted": attempted,
    }


def _students(found: list[dict]) -> list[dict[str, Any]]:
    students: dict[str, dict] = {}
    for assignment in found:
        for each in assignment["submissions"]:
            row = students.setdefault(each["student"], {"student": each["student"], "scores": {}, "total": 0.0})
            row["scores"][assignment["name"]] = each["score"]
            row["total"] += each["score"]
    return sorted(students.values(), key=lambda row: row["student"])


def page(data: dict[str, Any]) -> str:
    """The class as one HTML page that needs nothing else."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = lambda x: f"{round(x, 2):g}"
    environment.filters["breakable"] = lambda name: Markup(re.sub("([_.])", r"\1<wbr>", str(escape(name))))
    environment.filters["shortly"] = _shortly
    plots = {each["name"]: histogram(each) for each in data["assignments"]}
    return environment.get_template("index.html.j2").render(**data, plots=plots, promises=PROMISES, marks=MARKS)


def _shortly(name: str) -> Markup:
    """An assignment's name, of which a narrow screen shows the number only, `03` of `03-softmax`, where it has one."""
    number = re.split(r"\D", name, maxsplit=1)[0]
    return (
        Markup('{}<span class="rest">{}</span>').format(number, name.removeprefix(number)) if number else escape(name)
    )


def histogram(assignment: dict[str, Any]) -> str:
    """The distribution of an assignment's scores, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    most = assignment["max_score"] or 1
    figure, axis = plt.subplots(figsize=(4.6, 2), layout="constrained")
    axis.hist(
        [each["score"] for each in assignment["submissions"]], bins=20, range=(0, most), color="#0072B2", rwidth=0.9
    )
    axis.set(xlabel="points", ylabel="students", xlim=(0, most))
    axis.locator_params(integer=True)
    axis.spines[["top", "right"]].set_visible(False)
    drawn = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": assignment["name"]}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    plt.close(figure)
    return drawn.getvalue()[drawn.getvalue().index("<svg") :]


def as_csv(data: dict[str, Any]) -> str:
    """One row a submission; `verdicts` is the status of every graded cell, `softmax_values=passed ...`."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(
        "student,assignment,score,max_score,late_penalty,seconds,misconceptions,needs a look,verdicts".split(",")
    )
    for assignment in data["assignments"]:
        for each in assignment["submissions"]:
            row = [each["student"], assignment["name"]]
            row += [each[name] for name in ("score", "max_score", "late_penalty", "seconds")]
            row += ["; ".join(each["misconceptions"]), "; ".join(each["looks"])]
            row += [" ".join(f"{cell['id']}={cell['status']}" for cell in each["cells"])]
            table.writerow([no_formula(value) if isinstance(value, str) else value for value in row])
    return written.getvalue()
