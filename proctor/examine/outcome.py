"""The outcome of a submission, and the bundle that another process needs to find it: plain data, without PyTorch."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from nbformat import NotebookNode

from proctor.course import Assignment, assignments
from proctor.course.report import Report
from proctor.sandbox.files import files_in


@dataclass
class Outcome:
    """A notebook with what its cells showed, the new files that they wrote, and the report where there is one.

    `notes`: what is odd about what was handed in. `ran`: whether it could be read, and run. `unjudged`: why it could not be
    run, by no fault of its student.
    """

    notebook: NotebookNode
    report: Report | None = None
    notes: list[str] = field(default_factory=list)
    ran: bool = True
    unjudged: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    seconds: float = 0.0


Bundle = tuple[str, tuple[tuple[str, bytes], ...]]


def judging(assignment: Assignment) -> Bundle:
    """The files that judge the answers, by path within the course: release, modules, solutions, checks, known answers."""
    files = [assignment.notebook, assignment.source, assignment.checks, assignment.general_rules]
    files += sorted(assignment.notebook.parent.glob("*.py"))
    files += [assignment.wrong_answers / f"{exercise}.py" for exercise in assignment.stubs]
    files += [
        assignment.right_answers / f"{each.removeprefix('catch_')}.py"
        for each, exercise in assignment.exercises.items()
        if exercise.kind == "catch"
    ]
    return assignment.name, _contents(assignment.course, [file for file in files if file.is_file()])


@cache
def pack(assignment: Assignment) -> Bundle:
    """The files of `judging` and all that reading needs: what lies beside the source, and the other assignments' releases."""
    name, files = judging(assignment)
    beside = [assignment.source.parent / file for file in files_in(assignment.source.parent)]
    others = [each.notebook for each in assignments(assignment.course).values()]
    return name, tuple((dict(files) | dict(_contents(assignment.course, [*beside, *others]))).items())


def _contents(course: Path, files: list[Path]) -> tuple[tuple[str, bytes], ...]:
    return tuple((str(file.relative_to(course)), file.read_bytes()) for file in files)
