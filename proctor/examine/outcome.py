"""What running one submission comes to: what its cells showed, the files it made, and the verdicts.

It needs bytes only, and gives plain data: it can be run in another process, or on another machine.
"""

import atexit
import hashlib
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from proctor.course import HIDDEN, Assignment, assignments, grade_id
from proctor.examine.examine import judge, protected
from proctor.examine.pytest_plugin import examination_of
from proctor.report import Report
from proctor.sandbox.doctor import keeps_secrets
from proctor.sandbox.isolation import IsolationError
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.session import Cell, Limits, Session


@dataclass
class Outcome:
    """The cells of a notebook as they ran, the new files that they wrote, and the report where there were checks."""

    cells: list[Cell]
    report: Report | None = None
    seconds: float = 0.0
    files: dict[str, bytes] = field(default_factory=dict)


def run_submission(
    nb: NotebookNode,
    assignment: Assignment | None,
    files: dict[str, bytes],
    limits: Limits,
    seed: int,
    trust_students: bool = False,
    draw_all: bool = True,
) -> Outcome:
    """Runs a notebook in a sandbox, `files` beside it, and judges the graded cells that name hidden checks.

    Without an assignment the cells only run. Without `draw_all`, the course's own figures are left out.
    Raises `IsolationError` where the sandbox can't keep the checks from the students.
    """
    if not (trust_students or keeps_secrets(protected())):
        raise IsolationError(
            "hidden checks can't be kept from students here: see 'proctor doctor', or set trust_students"
        )
    if assignment is None:
        cells = [Cell(cell.source, grade_id(cell)) for cell in code_cells(nb)]
        session = Session(fork_server(), cells, limits)
    else:
        left_out = set() if draw_all else assignment.idle_figures(nb)
        cells = [_cell(cell, assignment) if cell.source not in left_out else Cell("") for cell in code_cells(nb)]
        examination = examination_of(cells, assignment, fork_server(), limits)
        named = {grade_id(cell) for cell in code_cells(nb) if HIDDEN.search(cell.source)}
        examination.wanted = named & assignment.graded.keys()
        session = examination.session
    session.files = files
    began = time.monotonic()
    try:
        written = session.take_files()
        report = None if assignment is None else judge(examination, name=assignment.notebook.name, seed=seed)
    finally:
        session.close()
    return Outcome(session.cells, report, time.monotonic() - began, written)


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def names_checks(nb: NotebookNode) -> bool:
    """Whether any graded cell names hidden checks."""
    return any(HIDDEN.search(cell.source) for cell in code_cells(nb))


def _cell(cell: NotebookNode, assignment: Assignment) -> Cell:
    """A cell for the sandbox: without the line that names its hidden checks, whose verdict will be said in its place."""
    source, checks = HIDDEN.subn("", cell.source)
    return Cell(source, grade_id(cell), assignment.exercise_of(grade_id(cell)), trace=not checks)


_one_at_a_time = threading.Lock()
Bundle = tuple[str, tuple[tuple[str, bytes], ...]]


def pack(assignment: Assignment) -> Bundle:
    """All that running a submission needs of an assignment, by path within the course: release, modules, solutions, checks, misconceptions."""
    files = [assignment.notebook, assignment.source, assignment.checks]
    files += sorted(assignment.notebook.parent.glob("*.py"))
    files += [assignment.wrong_answers / f"{exercise}.py" for exercise in assignment.stubs]
    files = [file for file in files if file.is_file()]
    return assignment.name, tuple((str(file.relative_to(assignment.course)), file.read_bytes()) for file in files)


@lru_cache(16)
def unpack(bundle: Bundle) -> Assignment:
    """The assignment in a bundle, in a folder of this process's own."""
    name, files = bundle
    folder = Path(_own_folder(), hashlib.sha256(repr(bundle).encode()).hexdigest()[:16])
    for path, data in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return assignments(folder)[name]


@cache
def _own_folder() -> str:
    folder = tempfile.TemporaryDirectory(prefix="proctor-course-")
    atexit.register(folder.cleanup)
    return folder.name


def run_packed(
    bundle: Bundle | None,
    notebook: str,
    files: dict[str, bytes],
    limits: Limits,
    seed: int,
    trust_students: bool,
    draw_all: bool,
) -> Outcome:
    """`run_submission`, for a process that was sent everything it needs; one at a time, even where it has several threads."""
    with _one_at_a_time:
        assignment = None if bundle is None else unpack(bundle)
        return run_submission(
            nbformat.reads(notebook, as_version=4), assignment, files, limits, seed, trust_students, draw_all
        )
