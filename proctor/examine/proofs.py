"""Judges the reference solutions and the known answers: the proof that the checks are fair, and
that they bite.
"""

from collections.abc import Iterable, Iterator

from proctor.course import Assignment, grade_id
from proctor.course.answers import Answer, solved
from proctor.course.report import Report
from proctor.examine.examine import judge
from proctor.grading.examination import Examination, all_forbidden, open_examination
from proctor.grading.verdicts import visible_checks
from proctor.sandbox.cell import Cell, CellDone, Limits
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import SandboxConfig
from proctor.session.session import Session
from proctor.submission import code_cells, with_released_cells

# settings that the cells of a wrong answer may leave changed
AFRESH = "torch.set_grad_enabled(True)\ntorch.set_default_dtype(torch.float32)"


def judged(assignment: Assignment, seed: int) -> tuple[Report, dict[str, CellDone]]:
    """The report on the reference solutions, and the end of each visible check."""
    submission = with_released_cells(solved(assignment), assignment)
    examination = open_examination(submission, fork_server(), draw=False, alone=True)
    examination.seed = seed
    assert examination.session is not None, "it has a sandbox"
    for cell in examination.session.cells:
        if cell.id in assignment.graded.keys() - assignment.self_checked.keys():
            cell.source = assignment.locked[cell.id].source
    try:
        report = judge(examination, name="the reference solution")
        return report, visible_checks(examination)
    finally:
        examination.asks.close()


def examined(
    assignment: Assignment,
    exercise: str,
    found: Iterable[Answer],
    seed: int,
    limits: Limits | None = None,
    visible: bool = False,
) -> Iterator[tuple[Answer, Report, Examination]]:
    """Each answer, its report, and its examination.

    All in one sandbox with the reference solutions, where one answer after another takes the place
    of its exercise's. The visible checks run only if `visible`, as in a class.
    One seed for all: what the known answers reply to the same question is remembered.
    """
    sources = {name: cell.source for name, cell in assignment.locked.items()} | assignment.solutions
    wanted = assignment.cells_of(exercise)
    before = list[Cell]()
    own = list[tuple[str, str]]()
    for cell in code_cells(assignment.released):
        name = grade_id(cell)
        if name is not None and name in wanted:
            source = ""
            if visible or name in assignment.self_checked:
                source = sources[name]
            own.append((source, name))
        elif name in sources and name != exercise:
            # the places of the others' graded cells count, and what stands in them doesn't
            source = "" if name in assignment.graded else sources[name]
            before.append(Cell(source, name, assignment.exercise_of(name)))
        elif visible and name is None and is_data(cell.source, assignment):
            before.append(Cell(cell.source))
    config = SandboxConfig(modules=assignment.modules, forbidden=all_forbidden(assignment))
    session = Session(fork_server(), before, limits or Limits(), config)
    forget = [f"globals().pop({name!r}, None)" for name in assignment.names_of(exercise)]
    afresh = "\n".join([AFRESH, *forget])
    try:
        session.run_all()
        for answer in found:
            its_own = [Cell(answer.source, exercise, exercise)]
            its_own += [Cell(source, name, exercise) for source, name in own]
            session.cells = [*before, Cell(afresh), *its_own]
            session.position, session.link.sandboxes = len(before), 0
            session.renew()
            session.transcript.clear()
            session._lethal_exercises.clear()
            examination = Examination(
                assignment, session, session, seed=seed, wanted=wanted, in_class=False
            )
            yield answer, judge(examination, name=answer.id), examination
    finally:
        session.close()


def is_data(source: str, assignment: Assignment) -> bool:
    """Whether a cell between the exercises calls none of them and draws nothing: a visible check
    may use its names.
    """
    calls = any(name in source for name in assignment.owners)
    return not calls and "figures" not in source and "plt." not in source
