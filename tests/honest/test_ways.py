"""Whole notebooks of each assignment, by `proctor check` and by the hidden checks' own pytest: the same verdicts.

That those who record leave the same behind is in test_two_ways.py.
"""

import ast
import itertools
import json
import re
from pathlib import Path

import nbformat
import pytest

from proctor.answers import answers, solved
from proctor.course import assignments
from proctor.grading.hidden import cell_of

COURSE = Path(__file__).resolve().parent.parent.parent
ASSIGNMENTS = assignments(COURSE)
# others build on these
BROKEN = (
    "cosine_similarity",
    "matmul",
    "softmax",
    "cross_entropy",
    "gradient_of",
    "get_batch",
    "causal_mix",
    "merge_pair",
)
LIMITS = {"PROCTOR_LIMITS": "cell=1,call=1,exercise=2,notebook=20,grace=0.5"}
WARNS = "import warnings\nwarnings.warn('careful')"
FAILED = re.compile(r"^(?:FAILED|ERROR) .*::(\w+)", re.MULTILINE)


def with_line(source: str, line: str) -> str:
    """The same with more lines at the beginning of every function."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [*ast.parse(line).body, *node.body]
    return ast.unparse(tree)


def students(assignment) -> dict:
    """What each student hands in, and how the exercise that is broken ends."""
    (broken,) = (exercise for exercise in BROKEN if exercise in assignment.stubs)
    hangs = "\n".join(
        f"def {name}(*args, **kwargs):\n    while True: pass"
        for name in assignment.names_of(broken)
    )
    wrong = answers(assignment.wrong_answers / f"{broken}.py")[0].source
    printing = {
        name: with_line(source, "print('here', sorted(locals()))")
        for name, source in assignment.solutions.items()
    }
    warning = {name: with_line(source, WARNS) for name, source in assignment.solutions.items()}
    return {
        "right": (solved(assignment), "", set()),
        "prints": (solved(assignment, printing), "", set()),
        "warns": (solved(assignment, warning), "", set()),
        "blank": (
            solved(assignment, {broken: assignment.stubs[broken]}),
            broken,
            {"not_attempted"},
        ),
        "wrong": (solved(assignment, {broken: wrong}), broken, {"failed", "error", "passed"}),
        "hangs": (solved(assignment, {broken: hangs}), broken, {"timeout"}),
        "right again": (solved(assignment), "", set()),
    }


@pytest.mark.full
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_check_and_pytest_give_the_same_verdicts(name, tmp_path, run):
    assignment = ASSIGNMENTS[name]
    found = students(assignment)
    # pytest takes as long again: each assignment takes one of the students
    student = dict(zip(ASSIGNMENTS, itertools.cycle(found)))[name]
    if student != "hangs":
        # each exercise that builds on the broken one waits for its limit, too: once is enough
        del found["hangs"]
    paths = {student: tmp_path / student / assignment.notebook.name for student in found}
    for student, (notebook, _, _) in found.items():
        paths[student].parent.mkdir(parents=True)
        nbformat.write(notebook, paths[student])

    done = run(COURSE, "proctor", "check", "--json", *paths.values(), code=1, **LIMITS)
    checked = dict(zip(found, json.loads(done.stdout), strict=True))
    for student, (_, broken, statuses) in found.items():
        told = {cell["id"]: (cell["status"], cell["message"]) for cell in checked[student]["cells"]}
        lost = {
            assignment.graded[cell].exercise
            for cell, (status, _) in told.items()
            if status != "passed"
        }
        assert lost == ({broken} if broken else set()), (student, told)
        assert {
            told[cell.id][0] for cell in assignment.graded.values() if cell.exercise == broken
        } <= statuses, told

    # here nothing stands in for what is broken
    hidden = (
        "pytest",
        *(COURSE / "tests" / "hidden").glob(f"test_{name[:2]}_*.py"),
        "-q",
        "--tb=no",
        "--submission",
        paths[student],
    )
    done = run(COURSE, *hidden, code=1 if found[student][1] else 0, **LIMITS)
    failed = {cell_of(check) for check in FAILED.findall(done.stdout)}
    given = {cell["id"] for cell in checked[student]["cells"] if cell["given"]}
    lost = {cell["id"] for cell in checked[student]["cells"] if cell["status"] != "passed"}
    assert failed - given == lost
