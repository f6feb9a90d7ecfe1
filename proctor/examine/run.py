"""Runs one submission, as it lies here or as it was packed elsewhere."""

import atexit
import hashlib
import threading
import time
from functools import cache, lru_cache
from pathlib import Path

import nbformat

from proctor.course import Assignment, assignments
from proctor.course.files import RunFolder
from proctor.errors import IsolationError
from proctor.examine import memory
from proctor.examine.examination import open_examination
from proctor.examine.examine import judge, out_of_memory, protected
from proctor.examine.outcome import Bundle, Outcome, Packed
from proctor.sandbox.cell import Cell, Limits
from proctor.sandbox.doctor import keeps_secrets
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.link import Setup
from proctor.sandbox.session import Session
from proctor.submission import Submission


def run_submission(
    submission: Submission, limits: Limits, seed: int, trust_students: bool = False, draw_all: bool = True
) -> Outcome:
    """Runs a submission in a sandbox, and judges the graded cells that name hidden checks.

    Without `draw_all`, the course's own figures and visible checks are left out.
    Raises `IsolationError` where the sandbox can't keep the checks from the students.
    """
    _require_walls(trust_students)
    assignment = submission.assignment
    examination = open_examination(submission, fork_server(), limits, draw_all=draw_all)
    examination.wanted = assignment.graded.keys() - assignment.plain.keys()
    session, began, report = examination.session, time.monotonic(), None
    assert session is not None, "what was opened is in a sandbox"
    written: dict[str, bytes] = {}
    try:
        with memory.limited():
            written = session.take_files()
            if examination.wanted:
                report = judge(examination, name=assignment.notebook.name, seed=seed)
    except Exception as error:
        if not memory.ran_out(error):
            raise
        report = out_of_memory(examination, name=assignment.notebook.name, seed=seed)
    finally:
        session.close()
    return Outcome(session.cells, report, time.monotonic() - began, written)


def run_cells(sources: list[str], files: dict[str, bytes], limits: Limits, trust_students: bool = False) -> Outcome:
    """Runs the cells of a notebook that no hidden check judges, `files` beside it. Raises as `run_submission` does."""
    _require_walls(trust_students)
    session = Session(fork_server(), [Cell(source) for source in sources], limits, Setup(files))
    began = time.monotonic()
    try:
        with memory.limited():
            written = session.take_files()
    finally:
        session.close()
    return Outcome(session.cells, None, time.monotonic() - began, written)


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


def run_packed(packed: Packed, limits: Limits, seed: int, trust_students: bool, draw_all: bool) -> Outcome:
    """`run_submission`, for a process that was sent everything it needs; one at a time, even where it has several threads."""
    bundle, notebook, files, missing = packed
    with _one_at_a_time:
        submission = Submission(unpack(bundle), nbformat.reads(notebook, as_version=4), files, missing)
        return run_submission(submission, limits, seed, trust_students, draw_all)
