"""`examine(submission) -> Report`: one notebook, run in a sandbox and judged by the hidden checks out here."""

import gc
from functools import cache

import torch

from proctor.course.report import PROMISES, Report, Status, Verdict
from proctor.examine import memory
from proctor.examine.checking import run_checks
from proctor.examine.diagnose import diagnose
from proctor.examine.draw import fresh_seed
from proctor.examine.examination import Examination, open_examination
from proctor.examine.follow_through import follow_through
from proctor.examine.replies import behaviour
from proctor.examine.verdicts import exercise_of, shown_by, spread_forbidden, verdict_on
from proctor.sandbox.doctor import try_the_walls
from proctor.sandbox.launcher import fork_server, plain
from proctor.sandbox.session import Handle
from proctor.submission import Submission


@cache
def protected() -> dict[str, bool]:
    """Which promises hold for the sandboxes of this process, found by attempting their violation once; none of plain ones."""
    held = dict.fromkeys(PROMISES, False) if plain() else try_the_walls(fork_server())
    # imported modules stay: no collection need look through them again
    gc.freeze()
    # the compared tensors are small, and the sandboxes want the other cores
    torch.set_num_threads(1)
    return held


def examine(
    submission: Submission,
    *,
    name: str = "",
    seed: int | None = None,
    cells: set[str] | None = None,
    handle: Handle | None = None,
) -> Report:
    """Runs the submission in a sandbox and judges it by the hidden checks of its assignment.

    `cells`: judge only these graded cells. The seed decides the checks' inputs; it is drawn afresh by default, and what is
    told shows small inputs in numbers. Another thread may stop it by the `handle`.
    """
    examination = open_examination(submission, fork_server(), draw=False, alone=True)
    examination.wanted = cells
    if handle is not None and examination.session is not None:
        examination.session.link.handle = handle
    seed = fresh_seed() if seed is None else seed
    try:
        with memory.limited():
            return judge(examination, name=name, seed=seed)
    except Exception as error:
        if not memory.ran_out(error):
            raise
        return out_of_memory(examination, name=name, seed=seed)
    finally:
        examination.asks.close()


def judge(examination: Examination, *, name: str, seed: int) -> Report:
    """Runs the examination's notebook to its end, then its checks; tells the verdicts. Raises `NoSandbox`."""
    assert examination.session is not None, "a kernel runs no notebook"
    examination.session.run_all()
    return verdicts(
        examination,
        Report(name or examination.assignment.notebook.name, examination.assignment.name, seed, protected()),
    )


def out_of_memory(examination: Examination, *, name: str, seed: int) -> Report:
    """The report on a notebook that takes more memory than judging one may take; nothing of it counts."""
    assignment, wanted = examination.assignment, examination.wanted
    report = Report(name or assignment.notebook.name, assignment.name, seed, protected())
    for graded in assignment.graded.values():
        if wanted is None or graded.id in wanted:
            said = "what this notebook gives back or shows takes too much memory to be judged"
            report.cells.append(Verdict(graded.id, 0.0, graded.points, Status.OUT_OF_MEMORY, said))
    return report


def verdicts(examination: Examination, report: Report) -> Report:
    """Runs the examination's checks, fills the report, and tells the misconceptions that are recognised."""
    _diagnose(undiagnosed(examination, report), examination)
    return report


def undiagnosed(examination: Examination, report: Report) -> Report:
    """Runs the examination's checks, and fills the report."""
    passed, visible = run_checks(examination, report.seed), shown_by(examination)
    for graded in examination.assignment.graded.values():
        if examination.wanted is None or graded.id in examination.wanted:
            report.cells.append(verdict_on(graded, examination, passed, visible.get(graded.id)))
    spread_forbidden(report, examination.assignment)
    follow_through(report, examination, visible)
    report.flags = [flag._asdict() for flag in examination.flags()]
    return report


def _diagnose(report: Report, examination: Examination) -> None:
    """Tells what each failed exercise does, and the failed cells whose misconception is recognised."""
    failed = [cell for cell in report.cells if cell.status in (Status.FAILED, Status.ERROR)]
    for exercise in {exercise_of(cell, examination.assignment) for cell in failed}:
        its_cells = [cell for cell in failed if exercise_of(cell, examination.assignment) == exercise]
        name = behaviour(examination.asks.transcript[exercise], [cell.id for cell in its_cells])
        for cell in its_cells:
            cell.behaviour = name
    if failed and examination.assignment.source.is_file():
        diagnose(examination, failed)
