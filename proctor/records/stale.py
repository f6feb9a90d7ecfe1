"""The digests of all that a grade depends on: a submission is graded again if one of them has
changed.
"""

import ast
import contextlib
import hashlib
import os
import sys
from collections import defaultdict
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from io import BufferedReader
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from proctor.course import Assignment, nbgrader_facts
from proctor.course.report import report_in
from proctor.grading.hidden import cell_of
from proctor.grading.outcome import judging, pack
from proctor.sandbox.cell import Limits
from proctor.sandbox.files import FOLDER, RESERVED, each_plain_file
from proctor.submission import MAX_SIZE

# by the part that verdicts are made of: the words if it has changed
CHANGES = {
    "submission": "handed in again",
    "checks": "the checks changed",
    "grader": "the grader changed",
    "limits": "the limits changed",
}
# by the part that a grade is computed from, besides the verdicts
COMPUTED = {
    "attempt": "another attempt counts",
    "points": "the points changed",
    "received": "another time of arrival",
    "predictions": "another prediction counts",
}


def made_of(submission: str, assignment: Assignment, limits: Limits) -> dict[str, str]:
    """Digests of all that verdicts depend on, but for the seed; `submission`: that of the files."""
    return {
        "submission": submission,
        "grader": _grader(),
        "limits": _digest(repr(limits).encode()),
        **_checks(assignment),
    }


def points_digest(worth: dict[str, float]) -> str:
    """Changes when the points of a cell do."""
    return _digest(repr(sorted(worth.items())).encode())


def is_new(course: Path, student: str, assignment: str) -> bool:
    """Whether the files that a student handed in have changed since they were graded."""
    paths = (course / "autograded" / student / assignment).glob("*.ipynb")
    known = {report_in(path).get("made_of", {}).get("submission") for path in paths}
    return not known <= {None, contents(course / "submitted" / student / assignment)}


def changed(before: dict[str, str], now: dict[str, str]) -> str:
    """Which part has changed first, in words; empty if none has."""
    for part, words in (COMPUTED | CHANGES).items():
        if part in now and before.get(part) != now[part]:
            return words
    return ""


def only_one_changed(exercise: str, before: dict[str, str], now: dict[str, str]) -> bool:
    """Whether nothing but the checks of this exercise has changed."""
    its_own = {"checks", f"checks of {exercise}"}
    return all(before.get(part) == now[part] for part in now.keys() - its_own)


def matches(noted: dict[str, float | None], scores: dict[str, float | None]) -> bool:
    """Whether the gradebook's `scores` are those that were noted when they were recorded, as far as
    any were.
    """
    return all(scores.get(cell) == score for cell, score in noted.items())


def points(assignment: Assignment) -> dict[str, float]:
    """The points of every graded cell, also of those graded by hand, by grade id."""
    found = {}
    for cell in assignment.released.cells:
        facts = nbgrader_facts(cell)
        if facts.get("grade") or facts.get("task"):
            found[facts["grade_id"]] = float(facts["points"])
    return found


def points_in_source(assignment: Assignment) -> dict[str, float]:
    """The points of the released cells, as they are in `source/`, released or not."""
    released = points(assignment)
    if not assignment.source.is_file():
        return released
    now = points(replace(assignment, notebook=assignment.source))
    return {cell: now.get(cell, worth) for cell, worth in released.items()}


def contents(folder: Path) -> str:
    """A digest of a student's plain files, but for hidden ones and those of nbgrader and proctor.

    Links and the like don't count: a copy has none. A folder that is a link, or closed, counts as
    an empty one.
    """
    found: list[tuple[str, bytes]] = []
    with contextlib.suppress(OSError):
        for path, file, size in each_plain_file(folder, depth=FOLDER):
            if path not in RESERVED:
                found.append((path, _file_digest(file, size)))
    return _digest(repr(sorted(found)).encode())


def _file_digest(file: BufferedReader, size: int) -> bytes:
    # a larger file does not come along: to read a terabyte of holes takes an hour
    if size > MAX_SIZE:
        return f"{size} {os.fstat(file.fileno()).st_mtime_ns}".encode()
    return hashlib.file_digest(file, "sha256").digest()


@cache
def _checks(assignment: Assignment) -> dict[str, str]:
    """Digests of the files that judge the answers: of all of them, of those parts that one exercise
    alone depends on, and of the rest. Prose and points are no part of that.
    """
    name, files = judging(assignment)
    facts = []
    for path, data in files:
        if path.endswith(".ipynb"):
            data = _code(data)
        facts.append((path, data))
    parts = defaultdict[str, list](list)
    for path, data in facts:
        if assignment.course / path == assignment.checks:
            for node in ast.parse(data).body:
                parts[_exercise_of_check(node, assignment)].append(ast.dump(node))
        else:
            parts[_exercise_of_answers(path, assignment)].append((path, data))
    found = {"checks": _digest(repr((name, facts)).encode())}
    for exercise, part in parts.items():
        found[f"checks of {exercise}"] = _digest(repr(part).encode())
    return found


def _exercise_of_check(node: ast.stmt, assignment: Assignment) -> str:
    """The exercise of a check; empty for a helper, which several may share."""
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
        return assignment.exercise_of(cell_of(node.name))
    return ""


def _exercise_of_answers(path: str, assignment: Assignment) -> str:
    """The exercise of a file of wrong answers; empty for other files, and if examples are judged by
    these answers, too.
    """
    folder, _, name = path.rpartition("/")
    exercise = name.removesuffix(".py")
    is_shared = f"catch_{exercise}" in assignment.stubs
    if is_shared or assignment.course / folder != assignment.wrong_answers:
        return ""
    return exercise


def read_anew() -> None:
    """Forgets the files that judge, for a process that outlives changes to them."""
    _checks.cache_clear()
    pack.cache_clear()


def _code(data: bytes) -> Any:
    notebook: NotebookNode = nbformat.reads(data.decode(), as_version=4)
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            facts = dict(nbgrader_facts(cell))
            for name in NO_CODE:
                facts.pop(name, None)
            # its kind, and the names that it defines
            exercise = cell.metadata.get("proctor", {})
            found.append((cell.source, sorted(facts.items()), sorted(exercise.items())))
    return found


# the packages whose code decides the points of an answer
JUDGING = ("course", "sandbox", "session", "submission", "grading", "diagnosis", "examine")
NO_CODE = ("points", "checksum")


@cache
def _grader() -> str:
    return grader_digest(Path(__file__).resolve().parent.parent)


def grader_digest(home: Path) -> str:
    """A digest of the code in `home` that runs and judges an answer, and of its Python and
    PyTorch.
    """
    files = [home / "checks.py", home / "errors.py", home / "text.py"]
    for package in JUDGING:
        files += (home / package).glob("*.py")
    versions = repr((sys.version_info[:2], version("torch")))
    return _digest(b"".join(map(Path.read_bytes, sorted(files))) + versions.encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
