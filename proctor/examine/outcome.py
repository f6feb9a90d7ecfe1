"""What running one submission comes to: what its cells showed, the files it made, and the verdicts.

It needs bytes only, and gives plain data: it can be run in another process, or on another machine, by `run`. Whoever only
sends it there needs no PyTorch.
"""

from dataclasses import dataclass, field

import nbformat

from proctor.course import Assignment
from proctor.course.report import Report
from proctor.sandbox.cell import Cell
from proctor.submission import Submission


@dataclass
class Outcome:
    """The cells of a notebook as they ran, the new files that they wrote, and the report where there were checks."""

    cells: list[Cell]
    report: Report | None = None
    seconds: float = 0.0
    files: dict[str, bytes] = field(default_factory=dict)


Bundle = tuple[str, tuple[tuple[str, bytes], ...]]


def pack(assignment: Assignment) -> Bundle:
    """All that running a submission needs of an assignment, by path within the course: release, modules, solutions, checks, known answers."""
    files = [assignment.notebook, assignment.source, assignment.checks, assignment.general_rules]
    files += sorted(assignment.notebook.parent.glob("*.py"))
    files += [assignment.wrong_answers / f"{exercise}.py" for exercise in assignment.stubs]
    files += [
        assignment.right_answers / f"{each.removeprefix('catch_')}.py"
        for each, exercise in assignment.exercises.items()
        if exercise.kind == "catch"
    ]
    files = [file for file in files if file.is_file()]
    return assignment.name, tuple((str(file.relative_to(assignment.course)), file.read_bytes()) for file in files)


Packed = tuple[Bundle, str, dict[str, bytes], set[str]]


def pack_submission(submission: Submission, bundle: Bundle) -> Packed:
    """The submission as it is sent to another process: `bundle` stands for its assignment."""
    notebook = nbformat.writes(submission.notebook, version=nbformat.NO_CONVERT)
    return bundle, notebook, submission.files, submission.missing
