"""Why a student lost the points of a cell, for the teacher who answers the complaint."""

import inspect
from pathlib import Path
from typing import Any

from proctor.course import Assignment, assignments
from proctor.course.report import Status, report_in
from proctor.errors import CourseError, NotFound
from proctor.grading.hidden import check_functions
from proctor.records.remarks import graded_notebooks


def why(course: Path, student: str, name: str) -> str:
    """The check that failed, its source, the call, and the rule; `name` is a graded cell's or an
    exercise's.
    """
    for assignment in assignments(course).values():
        if name in assignment.graded or name in assignment.stubs or name == assignment.name:
            break
    else:
        raise NotFound(f"no assignment has a graded cell or an exercise {name}")
    notebooks = graded_notebooks(course, assignment, student)
    report = report_in(notebooks[0]) if notebooks else {}
    if not report:
        raise NotFound(
            f"autograded/ has no graded {assignment.name} of {student}: "
            f"run 'proctor grade {assignment.name} --student {student}'"
        )
    path = notebooks[0].relative_to(course)
    if "cells" not in report:
        raise NotFound(
            f"{assignment.name} has no hidden checks: 'proctor check {path}' shows the errors of its own asserts"
        )
    told = set[str]()
    parts = []
    for cell in report["cells"]:
        if name in (cell["id"], assignment.exercise_of(cell["id"]), assignment.name):
            parts.append(_about(cell, assignment, told))
    parts.append(f"To see it again: proctor check {path} --seed {report.get('seed')}")
    return "\n\n".join(parts)


def _about(cell: dict[str, Any], assignment: Assignment, told: set[str]) -> str:
    lines = [f"{cell['id']}: {cell['score']:g} of {cell['max_score']:g} points, {cell['status']}"]
    if cell["status"] == Status.PASSED:
        return lines[0]
    if place := cell.get("check"):
        lines += ["", place, *_of_check(place, assignment)]
    if cell["message"]:
        lines += ["", cell["message"]]
    diagnosis = cell.get("diagnosis")
    if diagnosis and diagnosis["id"] not in told:
        told.add(diagnosis["id"])
        lines += ["", f"{diagnosis['title']}\n{diagnosis['hint']}"]
    elif diagnosis:
        lines += ["", f"The misconception of above: {diagnosis['title']}"]
    return "\n".join(lines)


def _of_check(place: str, assignment: Assignment) -> list[str]:
    """The rule that a check holds, and its source with a mark at the line that failed."""
    _, _, rest = place.partition("::")
    name, _, line = rest.partition(":")
    try:
        function = check_functions(assignment.checks).get(name)
    except CourseError as error:
        return [str(error)]
    if function is None:
        return ["This check isn't in the file any more: it changed after this grade."]
    rule = inspect.getdoc(function)
    source, first = inspect.getsourcelines(function)
    marked = []
    for number, text in enumerate(source, first):
        mark = ">" if line == str(number) else " "
        marked.append(f"{mark} {number:4d}  {text.rstrip()}")
    missing = "The check doesn't say which rule it holds: add a docstring of one line."
    return [rule.splitlines()[0] if rule else missing, "", *marked]
