"""One function for all ways in: it reads, runs and judges what was handed in, as it lies here or was packed elsewhere."""

import atexit
import hashlib
import threading
import time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from proctor.course import Assignment, assignments
from proctor.course.codes import Code, Note, left_behind
from proctor.course.files import RunFolder
from proctor.course.report import Report, Status, Verdict
from proctor.course.words import ENDED
from proctor.errors import EndedServer, IsolationError, NoSandbox
from proctor.examine.examine import judge, protected
from proctor.grading.examination import open_examination
from proctor.grading.outcome import Bundle, Outcome
from proctor.sandbox.cell import Cell, Limits
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import SandboxConfig
from proctor.session.connection import killed_for_memory
from proctor.session.doctor import keeps_secrets
from proctor.session.session import Session
from proctor.session.turns import turn
from proctor.submission import Submission, code_cells, is_python
from proctor.submission.choose import load_submission
from proctor.submission.clean import SHOWN, clean_outputs, size
from proctor.submission.clean import error as error_output


def grade_folder(folder: Path, assignment: Assignment, *how: Any) -> Outcome:
    """Reads, runs and judges what was handed in for an assignment in `folder`; `how`: see `run_submission`."""
    return run_submission(load_submission(folder, assignment), *how)


def run_submission(
    submission: Submission,
    limits: Limits,
    seed: int,
    trust_students: bool = False,
    draw_all: bool = True,
    known: Report | None = None,
) -> Outcome:
    """Runs a submission in a sandbox, and judges the graded cells that name hidden checks.

    Without `draw_all`, the course's own figures and visible checks are left out. The verdicts of an earlier report that
    are `known` stay: their cells are not judged again.
    Raises `IsolationError` where the sandbox can't keep the checks from the students.
    """
    notebook, notes = submission.notebook, submission.notes
    if submission.unreadable:
        why = Code.UNREADABLE(why=submission.unreadable)
        return Outcome(
            notebook, _refusal(submission, seed, Status.UNREADABLE, why), notes, ran=False
        )
    if not is_python(notebook):
        return Outcome(notebook, notes=notes)
    _require_walls(trust_students)
    how = submission, limits, seed, draw_all, known
    try:
        try:
            with turn():
                return _run(*how)
        except EndedServer:
            # this submission may have taken all memory, or another one
            with turn(alone=True):
                return _run_alone(*how)
    except NoSandbox as error:
        report = _refusal(submission, seed, Status.UNJUDGED, Code.GRADER_FAILED())
        return Outcome(notebook, report, notes, ran=False, unjudged=str(error))


def _run_alone(
    submission: Submission, limits: Limits, seed: int, draw_all: bool, known: Report | None
) -> Outcome:
    """Runs a submission while no other sandbox runs here: if the fork server ends again, that is the submission's doing."""
    before = killed_for_memory()
    try:
        return _run(submission, limits, seed, draw_all, known)
    except EndedServer:
        status, code = Status.DIED, Code.ENDED_SERVER
        if killed_for_memory() > before:
            status, code = Status.OUT_OF_MEMORY, Code.MACHINE_FULL
        return Outcome(
            submission.notebook, _refusal(submission, seed, status, code()), submission.notes
        )


def _run(
    submission: Submission, limits: Limits, seed: int, draw_all: bool, known: Report | None
) -> Outcome:
    assignment = submission.assignment
    examination = open_examination(submission, fork_server(), limits, draw_all=draw_all)
    hidden = assignment.graded.keys() - assignment.self_checked.keys()
    examination.known = {cell.id: cell for cell in known.cells} if known else {}
    examination.wanted = hidden - examination.known.keys()
    session, began, made = (
        examination.session,
        time.monotonic(),
        Outcome(submission.notebook, notes=submission.notes),
    )
    assert session is not None, "what was opened is in a sandbox"
    try:
        made.files, others = session.budget.spend(session.take_files) or ({}, [])
        made.notes = made.notes + _left(others)
        if hidden:
            made.report = judge(examination, name=assignment.notebook.name, seed=seed)
            made.report.flags = known.flags if known and known.flags else made.report.flags
    finally:
        session.close()
    made.seconds = time.monotonic() - began
    show_outputs(made.notebook, session.cells)
    return made


def _refusal(submission: Submission, seed: int, status: Status, why: Note) -> Report:
    """Every graded cell of a submission that could not be read, or not be run, fails, and says why."""
    report = Report("", submission.assignment.name, seed, {})
    for cell in code_cells(submission.notebook):
        facts = cell.metadata.get("nbgrader", {})
        if facts.get("grade"):
            report.cells.append(
                Verdict(facts["grade_id"], 0.0, float(facts["points"]), status, why)
            )
    return report


def show_outputs(notebook: NotebookNode, cells: list[Cell]) -> None:
    """Puts what the cells showed when they ran into their notebook."""
    left = SHOWN
    for count, (cell, run) in enumerate(zip(code_cells(notebook), cells, strict=True), 1):
        cell.execution_count = count
        cell.outputs = clean_outputs(run.done.outputs, left) if run.done else []
        left -= sum(map(size, cell.outputs))
        if (
            run.done
            and run.done.error_name
            and not any(output.output_type == "error" for output in cell.outputs)
        ):
            simply_ended = run.done.error_name == "Died" and not run.done.error_message
            said = ENDED if simply_ended else run.done.error_message
            cell.outputs.append(error_output(run.done.error_name, said))


def run_cells(
    notebook: NotebookNode, files: dict[str, bytes], limits: Limits, trust_students: bool = False
) -> Outcome:
    """Runs a notebook that no hidden check judges, `files` beside it. Raises as `run_submission` does, and `NoSandbox`."""
    _require_walls(trust_students)
    session = Session(
        fork_server(),
        [Cell(cell.source) for cell in code_cells(notebook)],
        limits,
        SandboxConfig(files),
    )
    began = time.monotonic()
    try:
        written, others = session.budget.spend(session.take_files) or ({}, [])
    finally:
        session.close()
    show_outputs(notebook, session.cells)
    return Outcome(notebook, notes=_left(others), files=written, seconds=time.monotonic() - began)


def _left(others: list[str]) -> list[Note]:
    return [left_behind(others, Code.NOT_PLAIN)] if others else []


def _require_walls(trust_students: bool) -> None:
    if not (trust_students or keeps_secrets(protected())):
        raise IsolationError(
            "hidden checks can't be kept from students here: see 'proctor doctor', or set trust_students"
        )


_one_at_a_time = threading.Lock()


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
    folder = RunFolder()
    atexit.register(folder.cleanup)
    return folder.name


def grade_packed(bundle: Bundle, handed_in: Path | dict[str, Any], *how: Any) -> Outcome:
    """`grade_folder`, for a process that was sent what it needs: the folder, or what was read in it elsewhere.

    One at a time, even where it has several threads.
    """
    with _one_at_a_time:
        assignment = unpack(bundle)
        if isinstance(handed_in, Path):
            return grade_folder(handed_in, assignment, *how)
        return run_submission(Submission.of(assignment, handed_in), *how)
