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
ACCUSING = re.compile(
    r"cheat|unseen|suspect|suspicious|tamper|forge|steal|attack|malicious|reaches for|doubt"
)
FLAGGED_AT_MOST = 0.02
THAT_SAVED = "03-softmax"

# for those of which some hang; the checks of train take seconds themselves
SHORT = dict.fromkeys(ASSIGNMENTS, "cell=1,call=1,exercise=3,notebook=15")
SHORT["06-training-loop"] = "cell=3,call=3,exercise=8,notebook=40"

by_assignment = pytest.mark.parametrize("assignment", ASSIGNMENTS.values(), ids=ASSIGNMENTS)


def lost(assignment: Assignment, scores: dict[str, float]) -> set[str]:
    """The exercises of which a graded cell has less than its points."""
    cells = assignment.graded.values()
    return {cell.exercise for cell in cells if scores.get(cell.id, 0.0) < cell.points}


def too_much(case: Case, assignment: Assignment, scores: dict[str, float]) -> list[str]:
    more = lost(assignment, scores) - case.loses
    again = f"to see it again: python tests/honest/cases.py FOLDER tests/honest/*/{case.name}.py, then proctor check on what it writes"
    return (
        [f"{case.name} ({case.what}) loses points of {', '.join(sorted(more))}; {again}"]
        if more
        else []
    )


def problems_of(cases_found: list[Case], limits: str, folder: Path, run, seed: int) -> list[str]:
    """Nobody loses a point too much, nobody is accused, and flags are rare."""
    paths = [case.write(folder / case.name) for case in cases_found]
    command = ["proctor", "check", "--json", "--seed", seed]
    done = run(COURSE, *command, *paths, code=None, PROCTOR_LIMITS=limits)
    problems, flagged = [], []
    for case, report in zip(cases_found, json.loads(done.stdout), strict=True):
        scores = {cell["id"]: cell["score"] for cell in report["cells"]}
        problems += too_much(case, ASSIGNMENTS[case.assignment], scores)
        flagged += [case.name] if report["flags"] else []
        for cell in report["cells"]:
            told = " ".join([cell["message"], *(cell["diagnosis"] or {}).values()]).lower()
            problems += [f"{case.name}: {told!r}"] if ACCUSING.search(told) else []
    if not limits and len(flagged) > FLAGGED_AT_MOST * len(cases_found):
        problems.append(f"flagged: {flagged}")
    return problems


NAMES = [*ASSIGNMENTS]


# a command for several assignments: each command takes seconds to start
@pytest.mark.parametrize("names", [NAMES[:4], NAMES[4:6], NAMES[6:]], ids=["1-4", "5-6", "7-8"])
def test_a_quarter_of_the_right_ones(names, tmp_path, run, request):
    found = [case for name in names for case in cases("right", name[:2])[1::4]]
    problems = problems_of(found, "", tmp_path, run, request.config.option.seed)
    assert not problems, "\n".join(problems)


@pytest.mark.full
@by_assignment
@pytest.mark.parametrize("folder", ["right", "half"])
def test_the_others(assignment, folder, tmp_path, run, request):
    found = cases(folder, assignment.name[:2])
    limits = SHORT[assignment.name]
    if folder == "right":
        del found[1::4]
        limits = ""
    problems = problems_of(found, limits, tmp_path, run, request.config.option.seed)
    assert not problems, "\n".join(problems)


@pytest.mark.full
def test_a_class(make_course, run):
    """By nbgrader, of one assignment: test_two_ways.py shows that `proctor grade` leaves the same behind."""
    assignment = ASSIGNMENTS[THAT_SAVED]
    course = make_course(assignment.name)
    # each has been through `proctor check`: a third does here
    found = [
        case for folder in ("right", "half") for case in cases(folder, assignment.name[:2])[::3]
    ]
    for case in found:
        case.write(course / "submitted" / case.name / assignment.name)
    for name, save in WAYS.items():
        path = course / "submitted" / name / assignment.name / assignment.notebook.name
        path.parent.mkdir(parents=True)
        path.write_bytes(save(json.loads(nbformat.writes(solved(assignment)))))
    found += [Case(name, assignment.name, f"saved as {name}", frozenset(), None) for name in WAYS]
    run(course, "nbgrader", "generate_assignment", assignment.name, "--create", "--force")
    run(course, "nbgrader", "autograde", assignment.name, PROCTOR_LIMITS=SHORT[assignment.name])
    problems = []
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for case in found:
            grades = gradebook.find_submission_notebook(
                assignment.notebook.stem, assignment.name, case.name
            ).grades
            problems += too_much(case, assignment, {grade.name: grade.score for grade in grades})
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("folder, wanted", [("right", 150), ("half", 40)])
def test_there_are_enough(folder, wanted):
    found = cases(folder)
    assert len(found) >= wanted
    assert len({case.what for case in found}) == len(found), "two cases say the same of themselves"
    misnamed = [case.name for case in found if case.name[:3] != f"{case.assignment[:2]}_"]
    assert not misnamed, (
        "a case's name begins with the number of its assignment, or nobody grades it"
    )
