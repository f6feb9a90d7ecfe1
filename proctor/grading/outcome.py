"""The outcome of a submission, and the bundle that another process needs to find it: plain data,
without PyTorch.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from nbformat import NotebookNode

from proctor.course import Assignment, assignments
from proctor.course.codes import Note
from proctor.course.report import Report
from proctor.sandbox.cell import Limits
from proctor.sandbox.files import files_in


@dataclass
class Outcome:
    """A notebook with the outputs of its cells, the new files that they wrote, and its report, if
    it has one.

    `notes`: oddities of the submission. `ran`: whether it could be read, and run. `unjudged`: why
    it could not be run, by no fault of its student.
    """

    notebook: NotebookNode
    report: Report | None = None
    notes: list[Note] = field(default_factory=list)
    ran: bool = True
    unjudged: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    seconds: float = 0.0
    # the answers that `proctor.classroom.similarity` compares
    written: str = ""


@dataclass(frozen=True)
class Conditions:
    """The conditions of grading a submission, besides its assignment.

    - `seed`: decides the inputs of the checks
    - `trust_students`: grade it even if sandboxes here can't keep the checks from it
    - `draw_all`: run the course's own figures and visible checks, too
    - `known`: an earlier report, whose verdicts stay: their cells are not judged again
    """

    limits: Limits
    seed: int
    trust_students: bool = False
    draw_all: bool = False
    known: Report | None = None


Bundle = tuple[str, tuple[tuple[str, bytes], ...]]


def judging(assignment: Assignment) -> Bundle:
    """The files that judge the answers, by path within the course: release, modules, solutions,
    checks, known answers.

    With them, the data beside the source, and the modules that the checks import.
    """
    files = [
        assignment.notebook,
        assignment.source,
        assignment.checks,
        assignment.general_rules,
        assignment.slips,
    ]
    files += [*sorted(assignment.notebook.parent.glob("*.py")), *imported_by(assignment.checks)]
    files += [path for path in _beside(assignment) if path.suffix not in (".py", ".pyc")]
    files += [assignment.wrong_answers / f"{exercise}.py" for exercise in assignment.stubs]
    for name, exercise in assignment.exercises.items():
        if exercise.kind == "catch":
            files.append(assignment.right_answers / f"{name.removeprefix('catch_')}.py")
    return assignment.name, _contents(assignment.course, [file for file in files if file.is_file()])


@cache
def pack(assignment: Assignment) -> Bundle:
    """The files of `judging`, and those for reading: all beside the source, the other assignments'
    releases.
    """
    name, files = judging(assignment)
    others = [each.notebook for each in assignments(assignment.course).values()]
    more = _contents(assignment.course, [*_beside(assignment), *others])
    return name, tuple((dict(files) | dict(more)).items())


def _beside(assignment: Assignment) -> list[Path]:
    folder = assignment.source.parent
    if not folder.is_dir():
        return []
    return [folder / name for name in sorted(files_in(folder))]


def imported_by(checks: Path) -> list[Path]:
    """The modules beside a file of checks that it may import: all that are no checks themselves."""
    return sorted(path for path in checks.parent.glob("*.py") if not path.name.startswith("test_"))


def _contents(course: Path, files: list[Path]) -> tuple[tuple[str, bytes], ...]:
    return tuple((str(file.relative_to(course)), file.read_bytes()) for file in files)
