"""What a grade was made of, and what of that has changed since: what hasn't isn't graded again."""

import hashlib
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from proctor.course import Assignment
from proctor.examine.outcome import pack
from proctor.records.seeds import everything

CHANGES = {  # by what a grade is made of: what is said where that has changed
    "submission": "handed in again",
    "checks": "the checks changed",
    "grader": "the grader changed",
    "limits": "the limits changed",
    "points": "the points changed",
}


def made_of(folder: Path, assignment: Assignment, limits: str) -> dict[str, str]:
    """Digests of all that a grade of the submission in `folder` depends on, but for its seed, and for when it was due."""
    return {
        "submission": everything(folder).hex()[:16],
        "checks": _checks(assignment),
        "grader": _grader(),
        "limits": _digest(limits.encode()),
        "points": _digest(repr(sorted(points(assignment).items())).encode()),
    }


def changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """What has changed, in the terms of `CHANGES`; everything, where it isn't known what a grade was made of."""
    return [part for part in CHANGES if before.get(part) != now[part]]


def points(assignment: Assignment) -> dict[str, float]:
    """The points of every graded cell, also of those graded by hand, by grade id."""
    facts = [cell.metadata.get("nbgrader", {}) for cell in assignment.released.cells]
    return {each["grade_id"]: float(each["points"]) for each in facts if each.get("grade") or each.get("task")}


@cache
def _checks(assignment: Assignment) -> str:
    """Changes when what judges the answers does; prose and points are no part of that."""
    name, files = pack(assignment)
    judging = [(path, _code(data) if path.endswith(".ipynb") else data) for path, data in files]
    return _digest(repr((name, judging)).encode())


def _code(data: bytes) -> Any:
    notebook: NotebookNode = nbformat.reads(data.decode(), as_version=4)
    return [
        (cell.source, sorted((k, v) for k, v in cell.metadata.get("nbgrader", {}).items() if k not in NO_CODE))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


# the packages whose code decides what an answer is worth
JUDGING = ("course", "sandbox", "submission", "examine")
NO_CODE = ("points", "checksum")


@cache
def _grader() -> str:
    """Changes when the code does that runs and judges an answer."""
    home = Path(__file__).resolve().parent.parent
    files = sorted([home / "checks.py", *(file for package in JUDGING for file in (home / package).glob("*.py"))])
    versions = repr((sys.version_info[:2], version("torch")))
    return _digest(b"".join(file.read_bytes() for file in files) + versions.encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
