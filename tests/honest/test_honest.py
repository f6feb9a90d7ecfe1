"""Honest submissions, whole and by the commands: no right answer loses a point, whatever stands around it."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from cases import Case, cases
from nbgrader.api import Gradebook
from saved import WAYS

from proctor.answers import solved
from proctor.course import Assignment, assignments

COURSE = Path(__file__).resolve().parent.parent.parent
ASSIGNMENTS = assignments(COURSE)
# No student reads these: they suggest cheating.
ACCUSING = re.compile(r"cheat|unseen|suspect|suspicious|tamper|forge|steal|attack|malicious|reaches for|doubt")
FLAGGED_AT_MOST = 0.02
THAT_SAVED = "03-softmax"

by_assignment = pytest.mark.parametrize("assignment", ASSIGNMENTS.values(), ids=ASSIGNMENTS)


def of(assignment: Assignment) -> list[Case]:
    return [case for case in [*cases("right"), *cases("half")] if case.assignment == assignment.name]


def lost(assignment: Assignment, scores: dict[str, float]) -> set[str]:
    """The exercises of which a graded cell has less than its points."""
    cells = assignment.graded.values()
    return {cell.exercise for cell in cells if scores.get(cell.id, 0.0) < cell.points}


def too_much(case: Case, assignment: Assignment, scores: dict[str, float]) -> list[str]:
    more = lost(assignment, scores) - case.loses
    return [f"{case.name} ({case.what}) loses points of {', '.join(sorted(more))}"] if more else []


@by_assignment
def test_check(assignment, tmp_path, run):
    found = of(assignment)
    paths = [case.write(tmp_path / case.name) for case in found]
    done = run(COURSE, "proctor", "check", "--json", *paths, code=None)
    problems = []
    for case, report in zip(found, json.loads(done.stdout), strict=True):
        problems += too_much(case, assignment, {cell["id"]: cell["score"] for cell in report["cells"]})
        for cell in report["cells"]:
            told = " ".join([cell["message"], *(cell["diagnosis"] or {}).values()]).lower()
            problems += [f"{case.name}: {told!r}"] if ACCUSING.search(told) else []
    assert not problems, "\n".join(problems)


@by_assignment
def test_autograde(assignment, make_course, run):
    course = make_course(assignment.name)
    found = of(assignment)
    for case in found:
        case.write(course / "submitted" / case.name / assignment.name)
    ways = WAYS if assignment.name == THAT_SAVED else {}
    for name, save in ways.items():
        path = course / "submitted" / name / assignment.name / assignment.notebook.name
        path.parent.mkdir(parents=True)
        path.write_bytes(save(json.loads(nbformat.writes(solved(assignment)))))
    found += [Case(name, assignment.name, f"saved as {name}", frozenset(), None) for name in ways]
    run(course, "nbgrader", "generate_assignment", assignment.name, "--create", "--force")
    run(course, "nbgrader", "autograde", assignment.name, "--create")
    problems = []
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for case in found:
            grades = gradebook.find_submission_notebook(assignment.notebook.stem, assignment.name, case.name).grades
            problems += too_much(case, assignment, {grade.name: grade.score for grade in grades})
    assert not problems, "\n".join(problems)


def test_flags_are_rare(tmp_path, run):
    """Whole classes of honest notebooks hardly ever raise a flag: here those of the two notebooks that rule most out."""
    found = [case for case in cases("right") if case.assignment in ("02-matmul", "03-softmax")]
    paths = [case.write(tmp_path / case.name) for case in found]
    done = run(COURSE, "proctor", "check", "--json", *paths, code=None)
    flagged = [case.name for case, report in zip(found, json.loads(done.stdout), strict=True) if report["flags"]]
    assert len(flagged) <= FLAGGED_AT_MOST * len(found), flagged


@pytest.mark.parametrize("folder, wanted", [("right", 150), ("half", 40)])
def test_there_are_enough(folder, wanted):
    assert len(cases(folder)) >= wanted
    assert len({case.what for case in cases(folder)}) == len(cases(folder)), "two cases say the same of themselves"
