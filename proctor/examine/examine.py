"""One submission, from its files to its report.

Read it from top to bottom; each step is a function:

load the submission → open a session → run the cells → ask the checks, and explain each failure →
regrade the failed exercises → explain afresh, for a class → name the misconceptions → report
"""

import gc
import time
from collections import defaultdict
from collections.abc import Callable
from functools import cache, partial

import torch
from nbformat import NotebookNode

from proctor.course import nbgrader_facts
from proctor.course.codes import Code, Note, left_behind
from proctor.course.hints import reveal
from proctor.course.report import PROMISES, Report, Status, Verdict
from proctor.diagnosis.afresh import explain_afresh
from proctor.diagnosis.explain import explain
from proctor.diagnosis.smallest import show_smallest
from proctor.diagnosis.story import diagnose
from proctor.errors import EndedServer, IsolationError, NoSandbox
from proctor.grading.checking import run_checks, silenced
from proctor.grading.examination import Examination, open_examination
from proctor.grading.flags import flags_on
from proctor.grading.outcome import Conditions, Outcome
from proctor.grading.regrade import regrade_failed_exercises
from proctor.grading.replies import behaviour
from proctor.grading.student import WrongPrediction, fresh_seed
from proctor.grading.verdicts import add_verdicts
from proctor.sandbox.cell import Cell, Limits
from proctor.sandbox.launcher import CancelHandle, fork_server, plain
from proctor.sandbox.protocol import SandboxConfig
from proctor.session.connection import killed_for_memory
from proctor.session.doctor import keeps_secrets, try_the_walls
from proctor.session.session import Session
from proctor.session.turns import turn
from proctor.submission import Submission, code_cells, is_python
from proctor.submission.clean import show_outputs

# A class's submission.


def run_submission(submission: Submission, conditions: Conditions) -> Outcome:
    """Runs a submission in a sandbox, and judges the graded cells that name hidden checks.

    Raises `IsolationError` if the sandbox can't keep the checks from the students.
    """
    outcome = Outcome(submission.notebook, notes=submission.notes)
    if submission.unreadable:
        code = Code.UNREADABLE(why=submission.unreadable)
        outcome.report = _refusal(submission, conditions.seed, Status.UNREADABLE, code)
        outcome.ran = False
        return outcome
    if not is_python(submission.notebook):
        return outcome
    require_walls(conditions.trust_students)
    judged = partial(_judged, submission, conditions)
    try:
        try:
            with turn():
                return judged()
        except EndedServer:
            # this submission may have taken all memory, or another one
            with turn(alone=True):
                return _judged_alone(judged, submission, conditions.seed)
    except NoSandbox as error:
        code = Code.GRADER_FAILED()
        outcome.report = _refusal(submission, conditions.seed, Status.UNJUDGED, code)
        outcome.ran = False
        outcome.unjudged = str(error)
        return outcome


def _judged_alone(judged: Callable[[], Outcome], submission: Submission, seed: int) -> Outcome:
    """The outcome while no other sandbox runs here: if the fork server ends again, the submission
    ended it.
    """
    before = killed_for_memory()
    try:
        return judged()
    except EndedServer:
        status, code = Status.DIED, Code.ENDED_SERVER()
        if killed_for_memory() > before:
            status, code = Status.OUT_OF_MEMORY, Code.MACHINE_FULL()
        report = _refusal(submission, seed, status, code)
        return Outcome(submission.notebook, report, submission.notes)


def _judged(submission: Submission, conditions: Conditions) -> Outcome:
    """The outcome of a notebook that is run and judged: its outputs, its files and its report."""
    assignment = submission.assignment
    known = conditions.known
    examination = open_examination(
        submission, fork_server(), conditions.limits, draw_all=conditions.draw_all
    )
    examination.seed = conditions.seed
    session = examination.session
    assert session is not None, "it was opened in a sandbox"
    if known:
        examination.known = {cell.id: cell for cell in known.cells}
    hidden = assignment.graded.keys() - assignment.self_checked.keys()
    examination.wanted = hidden - examination.known.keys()
    outcome = Outcome(submission.notebook, notes=submission.notes)
    began = time.monotonic()
    try:
        outcome.files, others = session.budget.spend(session.take_files) or ({}, [])
        outcome.notes = outcome.notes + _left(others)
        if hidden:
            outcome.report = judge(examination)
            if known and known.flags:
                outcome.report.flags = known.flags
    finally:
        session.close()
    outcome.seconds = time.monotonic() - began
    show_outputs(outcome.notebook, session.cells)
    return outcome


# One's own notebook.


def examine(
    submission: Submission,
    *,
    name: str = "",
    seed: int | None = None,
    cells: set[str] | None = None,
    handle: CancelHandle | None = None,
    reveals: bool = False,
) -> Report:
    """Runs one's own notebook in a sandbox and judges it by the hidden checks of its assignment.

    `cells`: judge only these graded cells. The seed decides the checks' inputs; by default it is a
    fresh one, and messages show small inputs in numbers. Another thread may stop it by the
    `handle`. With `reveals`, the report gives the answers to the predictions: never for a class's
    notebook.
    """
    examination = open_examination(submission, fork_server(), draw=False, alone=True)
    examination.seed = fresh_seed() if seed is None else seed
    examination.wanted = cells
    examination.reveals = reveals
    if handle is not None and examination.session is not None:
        examination.session.link.handle = handle
    try:
        return judge(examination, name)
    finally:
        examination.asks.close()


# The judging, for both.


def judge(examination: Examination, name: str = "") -> Report:
    """Runs the examination's notebook to its end, then its checks: the report, by the assignment's
    name if it gets no other. Raises `NoSandbox`.

    A verdict from before the budget is used up stays.
    """
    assert examination.session is not None, "a kernel runs no notebook"
    assignment = examination.assignment
    name = name or assignment.notebook.name
    report = Report(name, assignment.name, examination.seed, protected())
    examination.budget.spend(examination.session.run_all)
    grade(report, examination)
    describe(report, examination)
    return report


def grade(report: Report, examination: Examination) -> None:
    """Asks the checks, and fills the report; an exercise that lost points is judged again."""
    budget = examination.budget
    budget.spend(ask_checks, examination)
    add_verdicts(report, examination)
    budget.spend(regrade_failed_exercises, report, examination, ask_checks)
    if examination.in_class:
        budget.spend(explain_afresh, report, examination)
    report.flags = budget.spend(flags_on, examination) or []


def ask_checks(examination: Examination) -> None:
    """Runs the hidden checks, and explains each failure while the sandbox lives."""
    with silenced():
        for finding in run_checks(examination):
            explain(finding, examination)
    # in a class, `explain_afresh` tries small calls
    if not examination.in_class:
        show_smallest(examination, examination.first_findings())
    if examination.session is not None:
        examination.session.link.require_sound()


def describe(report: Report, examination: Examination) -> None:
    """Adds a name for the behaviour of each failed exercise, the misconceptions in it, and the
    answers to predictions.
    """
    examination.budget.spend(_describe_failures, report, examination)
    if examination.reveals and examination.assignment.source.is_file():
        _reveal(report, examination)


def _describe_failures(report: Report, examination: Examination) -> None:
    assignment = examination.assignment
    failed = defaultdict[str, list[Verdict]](list)
    for cell in report.cells:
        if cell.status in (Status.FAILED, Status.ERROR) and cell.id not in examination.known:
            failed[assignment.exercise_of(cell.id)].append(cell)
    for exercise, cells in failed.items():
        name = behaviour(examination.asks.transcript[exercise], [cell.id for cell in cells])
        for cell in cells:
            cell.behaviour = name
    if failed and assignment.source.is_file():
        diagnose(examination, failed)


def _reveal(report: Report, examination: Examination) -> None:
    """Gives the answers to the predictions that the notebook makes; one of another form can still
    be mended.
    """
    assignment = examination.assignment
    for cell in report.cells:
        exercise = assignment.exercise_of(cell.id)
        failed = examination.first_finding(cell.id)
        is_made = cell.status == Status.PASSED or (
            failed is not None and isinstance(failed.error, WrongPrediction)
        )
        if is_made and assignment.is_prediction(exercise):
            taken = ""
            if cell.diagnosis:
                taken = cell.diagnosis["id"].rpartition(".")[2]
            cell.reveal = reveal(assignment, exercise, taken)


# A notebook that no hidden check judges, and the walls.


def run_cells(
    notebook: NotebookNode, files: dict[str, bytes], limits: Limits, trust_students: bool = False
) -> Outcome:
    """Runs a notebook that no hidden check judges, `files` beside it.

    Raises as `run_submission` does, and `NoSandbox`.
    """
    require_walls(trust_students)
    cells = [Cell(cell.source) for cell in code_cells(notebook)]
    session = Session(fork_server(), cells, limits, SandboxConfig(files))
    began = time.monotonic()
    try:
        written, others = session.budget.spend(session.take_files) or ({}, [])
    finally:
        session.close()
    show_outputs(notebook, cells)
    seconds = time.monotonic() - began
    return Outcome(notebook, notes=_left(others), files=written, seconds=seconds)


def _left(others: list[str]) -> list[Note]:
    return [left_behind(others, Code.NOT_PLAIN)] if others else []


def _refusal(submission: Submission, seed: int, status: Status, why: Note) -> Report:
    """Every graded cell of a submission that could not be read, or not be run, fails, and says
    why.
    """
    report = Report("", submission.assignment.name, seed, {})
    for cell in code_cells(submission.notebook):
        facts = nbgrader_facts(cell)
        if facts.get("grade"):
            verdict = Verdict(facts["grade_id"], 0.0, float(facts["points"]), status, why)
            report.cells.append(verdict)
    return report


def require_walls(trust_students: bool) -> None:
    """Raises `IsolationError` if sandboxes here can't keep secrets from students who aren't
    trusted.
    """
    if not (trust_students or keeps_secrets(protected())):
        raise IsolationError(
            "hidden checks can't be kept from students here: see 'proctor doctor', or set trust_students"
        )


@cache
def protected() -> dict[str, bool]:
    """The promises that hold for the sandboxes of this process, found by one attempt to break each;
    none of plain ones.
    """
    held = dict.fromkeys(PROMISES, False) if plain() else try_the_walls(fork_server())
    # imported modules stay: no collection need look through them again
    gc.freeze()
    # the compared tensors are small, and the sandboxes want the other cores
    torch.set_num_threads(1)
    return held
