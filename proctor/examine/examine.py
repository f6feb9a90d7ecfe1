"""`examine(submission) -> Report`: one notebook, run in a sandbox and judged by the hidden checks outside it.

A wrong exercise costs its own points alone: an exercise that lost points is judged again, given right ones to build on, and
by the best of its definitions.
"""

import contextlib
import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import torch

from proctor.course import Assignment, GradedCell
from proctor.course.codes import Code, Note
from proctor.course.hints import reveal
from proctor.course.report import BLANK, PROMISES, Report, Status, Verdict
from proctor.diagnosis.story import diagnose
from proctor.errors import Missing, Noted
from proctor.grading.checking import explain_again, run_checks
from proctor.grading.examination import Examination, Finding, open_examination
from proctor.grading.hidden import stand_ins_of
from proctor.grading.replies import behaviour
from proctor.grading.student import fresh_seed, seed_of
from proctor.sandbox.cell import CellDone
from proctor.sandbox.launcher import fork_server, plain
from proctor.sandbox.protocol import decode_question
from proctor.session.connection import CancelHandle
from proctor.session.doctor import try_the_walls
from proctor.submission import Submission

BEHIND = 0.5  # added to the number of a cell: behind it, and before the next one


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
    handle: CancelHandle | None = None,
    reveals: bool = False,
) -> Report:
    """Runs the submission in a sandbox and judges it by the hidden checks of its assignment.

    `cells`: judge only these graded cells. The seed decides the checks' inputs; it is drawn afresh by default, and what is
    told shows small inputs in numbers. Another thread may stop it by the `handle`. With `reveals`, the report gives the answers to
    the predictions: never for a class's notebook.
    """
    examination = open_examination(submission, fork_server(), draw=False, alone=True)
    examination.wanted = cells
    examination.reveals = reveals
    if handle is not None and examination.session is not None:
        examination.session.link.handle = handle
    seed = fresh_seed() if seed is None else seed
    try:
        return judge(examination, name=name, seed=seed)
    finally:
        examination.asks.close()


def judge(examination: Examination, *, name: str, seed: int) -> Report:
    """Runs the examination's notebook to its end, then its checks; tells the verdicts. Raises `NoSandbox`.

    What is judged before its budget is used up keeps its verdict.
    """
    assert examination.session is not None, "a kernel runs no notebook"
    report = Report(
        name or examination.assignment.notebook.name, examination.assignment.name, seed, protected()
    )
    examination.budget.spend(examination.session.run_all)
    return verdicts(examination, report)


def verdicts(examination: Examination, report: Report) -> Report:
    """Runs the examination's checks, fills the report, and tells what each failed exercise does, and the misconceptions in it."""
    examination.budget.spend(_describe_failures, undiagnosed(examination, report), examination)
    if examination.reveals and examination.assignment.source.is_file():
        _reveal(report, examination)
    return report


def _describe_failures(report: Report, examination: Examination) -> None:
    assignment, failed = examination.assignment, defaultdict[str, list[Verdict]](list)
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
    """Gives the answers to the predictions that the notebook makes; one of another form can still be mended."""
    assignment = examination.assignment
    for cell in report.cells:
        exercise = assignment.exercise_of(cell.id)
        failed = examination.first_finding(cell.id)
        is_made = cell.status == Status.PASSED or (failed is not None and failed.predicted)
        if is_made and assignment.is_prediction(exercise):
            taken = cell.diagnosis["id"].rpartition(".")[2] if cell.diagnosis else ""
            cell.reveal = reveal(assignment, exercise, taken)


def undiagnosed(examination: Examination, report: Report) -> Report:
    """Runs the examination's checks, and fills the report."""
    budget = examination.budget
    budget.spend(run_checks, examination, report.seed)
    visible = shown_by(examination)
    not_judged = _not_judged(examination, visible)
    for graded in examination.assignment.graded.values():
        if examination.wanted is None or graded.id in examination.wanted:
            verdict = verdict_on(graded, examination, visible.get(graded.id))
            if graded.exercise in not_judged:
                verdict = Verdict(graded.id, 0.0, graded.points, Status.TIMEOUT, Code.USED_UP())
            report.cells.append(verdict)
        elif graded.id in examination.known:
            report.cells.append(examination.known[graded.id])
    spread_forbidden(report, examination.assignment)
    budget.spend(follow_through, report, examination, visible)
    if examination.in_class:
        budget.spend(explain_afresh, report, examination)
    report.flags = [flag._asdict() for flag in budget.spend(examination.flags) or []]
    return report


def _not_judged(examination: Examination, visible: dict[str, CellDone]) -> set[str]:
    """The exercises whose checks did not all run before the budget was used up."""
    if examination.budget.used() < 1:
        return set()
    assignment = examination.assignment
    wanted = assignment.graded.keys() if examination.wanted is None else examination.wanted
    by_themselves = assignment.self_checked.keys() & visible.keys()
    return {assignment.exercise_of(cell) for cell in wanted - examination.judged - by_themselves}


def explain_afresh(report: Report, examination: Examination) -> None:
    """Rewrites the messages on a class's notebook: the checks that failed run once more in fresh sandboxes, with other inputs.

    These inputs belong to this notebook alone, so its code has nothing to tell there that a classmate is asked. Where a check
    doesn't fail in the same way, the first message stays, which quotes nothing.
    """
    by_run = defaultdict[str, dict[str, Finding]](dict)
    for cell in report.cells:
        finding = _told(cell, examination)
        if finding is not None:
            # a stand-in must not be within reach of the exercise that it stands in for
            is_alone = finding.stand_ins or finding.graded
            by_run[examination.assignment.exercise_of(cell.id) if is_alone else ""][cell.id] = (
                finding
            )
    for exercise, findings in by_run.items():
        found = _found_afresh(exercise, [*findings.values()], examination)
        for cell in report.cells:
            if cell.id in findings:
                _explain(cell, found[findings[cell.id].check], examination)


def _told(cell: Verdict, examination: Examination) -> Finding | None:
    """The finding whose message a failed verdict has, if inputs were sent: the first run's, where another has the same."""
    told = [each for each in examination.findings if (each.cell, each.note) == (cell.id, cell.note)]
    if not told or cell.status not in (Status.FAILED, Status.ERROR):
        return None
    assignment, finding = examination.assignment, told[-1]
    is_value = assignment.exercises[assignment.exercise_of(cell.id)].is_value
    return None if is_value or not finding.asked.stop else finding


def _found_afresh(
    exercise: str, findings: list[Finding], examination: Examination
) -> dict[str, Finding | None]:
    """What the checks of these findings find in a fresh sandbox, by check; with stand-ins, all are of the one exercise."""
    assert examination.session is not None, "a class's notebook is in a sandbox"
    own_seed = seed_of(0, "".join(cell.source for cell in examination.session.cells))
    fresh = examination.second_run(
        exercise, findings[0].stand_ins, findings[0].graded, examination.moved
    )
    fresh.alone = True
    try:
        return explain_again(fresh, findings, own_seed)
    finally:
        fresh.asks.close()


def _explain(cell: Verdict, new: Finding | None, examination: Examination) -> None:
    """Puts into a verdict what a fresh sandbox has shown, or that the check passes there."""
    first = examination.first_finding(cell.id)
    if new is None:
        cell.note = cell.note.added(Code.ONLY_THERE())
    elif new.status == cell.status and first is not None:
        cell.note, cell.diagnosis, first.seen = new.note, new.diagnosis, new.seen


def verdict_on(graded: GradedCell, examination: Examination, visible: CellDone | None) -> Verdict:
    """The verdict on a graded cell: its hidden checks', or its own, `visible` asserts' where it names no hidden check."""
    verdict = Verdict(graded.id, 0.0, graded.points, Status.PASSED)
    if failed := examination.first_finding(graded.id):
        verdict.status, verdict.note, verdict.diagnosis = (
            failed.status,
            failed.note,
            failed.diagnosis,
        )
        verdict.crash = failed.crash
    elif graded.id in examination.assignment.self_checked and visible is not None:
        _by_itself(verdict, visible, examination.excused.get(graded.exercise))
    elif graded.id not in examination.judged:
        verdict.status, verdict.note = Status.FAILED, Code.NO_CHECK()
    else:
        verdict.score = graded.points
        if text := examination.remarks.get(graded.id):
            verdict.note = Code.REMARK(text=text)
    return verdict


def _by_itself(verdict: Verdict, visible: CellDone, excuse: Noted | None) -> None:
    """Gives what nbgrader gives for a cell that ran to its end: all of its points, or the number that it ends in."""
    if visible.error_name:
        verdict.status = Status.FAILED
        verdict.note = Code.OWN_ASSERT(
            error=f"{visible.error_name}: {visible.error_message}".strip(": ")
        )
        if excuse is not None:
            verdict.status = Status.MISSING if isinstance(excuse, Missing) else Status.NOT_ATTEMPTED
            verdict.note = excuse.note
        return
    # takes long, and is seldom needed
    from nbgrader.utils import get_partial_grade

    results = [output for output in visible.outputs if output["output_type"] == "execute_result"]
    try:
        verdict.score = (
            get_partial_grade(results[0], verdict.max_score) if results else verdict.max_score
        )
    except (LookupError, TypeError, ValueError) as error:
        verdict.status, verdict.note = Status.FAILED, Code.NO_POINTS(why=str(error))
        return
    if verdict.score < verdict.max_score:
        verdict.status = Status.FAILED
        verdict.note = Code.PART_OF_POINTS(score=verdict.score, max_score=verdict.max_score)


def spread_forbidden(report: Report, assignment: Assignment) -> None:
    """A forbidden built-in earns nothing for the whole exercise, whichever cell it was found in."""
    found = {
        assignment.exercise_of(cell.id): cell.note
        for cell in report.cells
        if cell.status == Status.FORBIDDEN
    }
    for cell in report.cells if found else ():
        if cell.id not in assignment.self_checked and (
            note := found.get(assignment.exercise_of(cell.id))
        ):
            cell.score, cell.status, cell.note = 0.0, Status.FORBIDDEN, note


def shown_by(examination: Examination) -> dict[str, CellDone]:
    """How the visible checks ended, by graded cell."""
    cells = examination.session.cells if examination.session else []
    return {cell.id: cell.done for cell in cells if cell.id and cell.done is not None}


def follow_through(report: Report, examination: Examination, visible: dict[str, CellDone]) -> None:
    """Judges each exercise that lost points once more, after right earlier exercises; the best verdicts count.

    For every earlier exercise it is given a stand-in if that one lost points, and else the student's own definition as
    graded, since a later cell may have bound the name anew. If it still loses points, each later definition of its own
    names is judged, too. Each exercise is given only what comes before it, so no two are right only because of one another.
    """
    assignment = examination.assignment
    wrong = list[str]()
    for exercise in assignment.stubs:
        cells = _cells_of(exercise, report, assignment)
        # a second guess at a prediction would be one too many
        final = {*BLANK, Status.FAILED} if assignment.is_prediction(exercise) else BLANK
        is_known = any(cell.id in examination.known for cell in cells)
        if _lost(cells) and not is_known and not any(cell.status in final for cell in _lost(cells)):
            _judge_again(exercise, wrong, report, examination, visible)
        # a living kernel examines only the exercises that somebody asked for
        unknown = examination.session is None and not cells
        if unknown or _lost(_cells_of(exercise, report, assignment)):
            wrong.append(exercise)


def _judge_again(
    exercise: str,
    wrong: list[str],
    report: Report,
    first: Examination,
    visible: dict[str, CellDone],
) -> None:
    """Judges an exercise by its graded definition and by its later ones, and keeps the best verdicts in the report.

    `wrong`: the earlier exercises that lost points.
    """
    assignment = first.assignment
    rebound = _rebound(exercise, wrong, first)
    numbers = _later_definitions(exercise, first)
    lost = _lost(_cells_of(exercise, report, assignment))
    if wrong or rebound:
        with _second_run(exercise, wrong, first, first.moved) as second:
            after = _verdicts(lost, second, report.seed, visible)
            _reword(lost, after, second, Code.RIGHT_AS_GRADED() if rebound else None)
            # a message that was made without stand-ins holds none of theirs
            if rebound or any(_called(second, exercise).values()) or _points(after) > _points(lost):
                _replace(lost, after, report, first, second)
            # a cell may bind more now that earlier exercises are right
            numbers = _later_definitions(exercise, second)
    for number in numbers:
        cells = _cells_of(exercise, report, assignment)
        if not _lost(cells):
            return
        moved = first.moved | {exercise: number + BEHIND}
        with _second_run(exercise, wrong, first, moved) as second:
            after = _verdicts(cells, second, report.seed)
            _reword(cells, after, second, Code.RIGHT_AFTER(cell=number))
            if _points(after) > _points(cells):
                _replace(cells, after, report, first, second)
                first.moved = moved


def _later_definitions(exercise: str, run: Examination) -> list[int]:
    """The numbers of the cells after which an exercise's names mean something else than at its last check, the last first."""
    if run.session is None or run.assignment.is_prediction(exercise):
        return []
    first, last = run.places(exercise)
    found = run.bound(exercise, first)
    if run.bound(exercise, first, last):
        # its last check has not seen the definition at its first one
        found.insert(0, run.session.cells[first].number)
    return found[::-1]


def _reword(
    before: list[Verdict], after: list[Verdict], second: Examination, given: Note | None
) -> None:
    """Notes which stand-ins a cell called that passes now, and what else it was `given`; one that fails again without calling any keeps its earlier note."""
    called = _called(second, second.assignment.exercise_of(before[0].id))
    for old, new in zip(before, after):
        if new.status == Status.PASSED != old.status:
            new.given = [name for name in second.stand_ins if name in called[new.id]]
            notes = (
                [Code.RIGHT_GIVEN(names=[f"`{name}`" for name in new.given])] if new.given else []
            )
            notes += [given] if given else []
            new.note = notes[0].added(*notes[1:]) if notes else Note()
        elif new.status == old.status and not called[new.id] and second.stand_ins:
            new.note = old.note


@contextlib.contextmanager
def _second_run(
    exercise: str, wrong: list[str], first: Examination, moved: dict[str, float]
) -> Iterator[Examination]:
    """The notebook once more, to ask about this exercise; of its own it has no stand-in in reach."""
    stand_ins = _stand_ins(wrong, first.assignment)
    second = first.second_run(exercise, stand_ins, _graded(exercise, wrong, first), moved)
    try:
        yield second
    finally:
        second.asks.close()


def _verdicts(
    cells: list[Verdict], second: Examination, seed: int, visible: dict[str, CellDone] | None = None
) -> list[Verdict]:
    """New verdicts on these graded cells of one exercise; of those that judge themselves, `visible` counts where they passed."""
    assignment = second.assignment
    exercise = assignment.exercise_of(cells[0].id)
    second.wanted = assignment.cells_of(exercise)
    run_checks(second, seed)
    shown = shown_by(second)
    shown |= {name: done for name, done in (visible or {}).items() if not done.error_name}
    return [verdict_on(assignment.graded[cell.id], second, shown.get(cell.id)) for cell in cells]


def _replace(
    old: list[Verdict],
    new: list[Verdict],
    report: Report,
    examination: Examination,
    second: Examination,
) -> None:
    """Puts what a second run found of one exercise in the place of what the first one found."""
    exercise = examination.assignment.exercise_of(old[0].id)
    examination.asks.transcript[exercise] = second.asks.transcript[exercise]
    examination.findings[:0] = [
        finding for cell in new if (finding := second.first_finding(cell.id))
    ]
    for before, after in zip(old, new, strict=True):
        report.cells[report.cells.index(before)] = after
    spread_forbidden(report, examination.assignment)


def _rebound(exercise: str, wrong: list[str], examination: Examination) -> bool:
    """Whether an earlier right exercise's name meant something else by this exercise's last check."""
    for other in _before(exercise, wrong, examination) if examination.session else ():
        # cells behind the check may count if its definition was found there
        before = None if other in examination.moved else examination.places(exercise)[1]
        first, last = examination.places(other)
        if examination.bound(other, first if other in examination.moved else last, before):
            return True
    return False


def _before(exercise: str, wrong: list[str], examination: Examination) -> list[str]:
    """The exercises before this one that are no values and not wrong."""
    assignment = examination.assignment
    order = list(dict.fromkeys(cell.exercise for cell in assignment.graded.values()))
    found = order[: order.index(exercise)]
    return [each for each in found if each not in wrong and not assignment.exercises[each].is_value]


def _graded(exercise: str, wrong: list[str], examination: Examination) -> dict[str, str]:
    """The last graded cell of the right exercise before this one that each name belongs to."""
    if examination.session is None:
        return {}
    cells, names = examination.session.cells, examination.assignment.names_of
    found = [(each, examination.places(each)[1]) for each in _before(exercise, wrong, examination)]
    return {name: cells[last].id or "" for each, last in found for name in names(each)}


def _cells_of(exercise: str, report: Report, assignment: Assignment) -> list[Verdict]:
    return [cell for cell in report.cells if assignment.exercise_of(cell.id) == exercise]


def _points(cells: Sequence[Verdict]) -> float:
    """The points of an exercise's cells: none where one uses a forbidden built-in."""
    return (
        0.0
        if any(cell.status == Status.FORBIDDEN for cell in cells)
        else sum(cell.score for cell in cells)
    )


def _lost(cells: Iterable[Verdict]) -> list[Verdict]:
    return [cell for cell in cells if cell.status != Status.PASSED]


def _stand_ins(exercises: list[str], assignment: Assignment) -> list[str]:
    """The names of these exercises that a stand-in can stand in for."""
    known = stand_ins_of(assignment)
    return [
        name for exercise in exercises for name in assignment.names_of(exercise) if name in known
    ]


def _called(second: Examination, exercise: str) -> dict[str, set[str]]:
    """The stand-ins that were called, by graded cell, as the sandbox says: for wording alone."""
    found = defaultdict(set)
    for request, _ in second.asks.transcript[exercise]:
        question = decode_question(request)
        found[question.snapshot].update(question.stand_ins)
    return found
