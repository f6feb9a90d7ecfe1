"""`examine(submission) -> Report`: one notebook, run in a sandbox and judged by the hidden checks outside it.

A wrong exercise costs its own points alone: an exercise that lost points is judged again, given right ones to build on, and
by the best of its definitions.
"""

import contextlib
import gc
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

import torch

from proctor.course import Assignment, GradedCell
from proctor.course.report import BLANK, PROMISES, Report, Status, Verdict, given_words, readable
from proctor.errors import Missing
from proctor.examine.checking import explain_again, run_checks
from proctor.examine.diagnose import diagnose
from proctor.examine.examination import Examination, Finding, open_examination
from proctor.examine.hints import reveal
from proctor.examine.replies import behaviour
from proctor.examine.student import fresh_seed, seed_of
from proctor.sandbox.budget import USED_UP
from proctor.sandbox.cell import CellDone
from proctor.sandbox.doctor import try_the_walls
from proctor.sandbox.launcher import fork_server, plain
from proctor.sandbox.protocol import decode_question
from proctor.sandbox.session import Handle
from proctor.submission import Submission

ONLY_THERE = "\n(By itself, with other numbers, the check passes: does the answer keep something from call to call?)"


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
    report = Report(name or examination.assignment.notebook.name, examination.assignment.name, seed, protected())
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
        if cell.status in (Status.FAILED, Status.ERROR):
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
                verdict = Verdict(graded.id, 0.0, graded.points, Status.TIMEOUT, USED_UP)
            report.cells.append(verdict)
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
    by_themselves = assignment.plain.keys() & visible.keys()
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
            by_run[examination.assignment.exercise_of(cell.id) if is_alone else ""][cell.id] = finding
    for exercise, findings in by_run.items():
        found = _found_afresh(exercise, [*findings.values()], examination)
        for cell in report.cells:
            if cell.id in findings:
                _explain(cell, found[findings[cell.id].check], examination)


def _told(cell: Verdict, examination: Examination) -> Finding | None:
    """The finding whose message a failed verdict has, if inputs were sent: the first run's, where another has the same."""
    told = [each for each in examination.findings if (each.cell, each.message) == (cell.id, cell.message)]
    if not told or cell.status not in (Status.FAILED, Status.ERROR):
        return None
    assignment, finding = examination.assignment, told[-1]
    is_value = assignment.exercises[assignment.exercise_of(cell.id)].is_value
    return None if is_value or not finding.asked.stop else finding


def _found_afresh(exercise: str, findings: list[Finding], examination: Examination) -> dict[str, Finding | None]:
    """What the checks of these findings find in a fresh sandbox, by check; with stand-ins, all are of the one exercise."""
    assert examination.session is not None, "a class's notebook is in a sandbox"
    own_seed = seed_of(0, "".join(cell.source for cell in examination.session.cells))
    exercises, stand_ins, graded = [exercise] if exercise else [], findings[0].stand_ins, findings[0].graded
    fresh = examination.second_run(exercises, stand_ins, graded, examination.moved)
    fresh.alone = True
    try:
        return explain_again(fresh, findings, own_seed)
    finally:
        fresh.asks.close()


def _explain(cell: Verdict, new: Finding | None, examination: Examination) -> None:
    """Puts into a verdict what a fresh sandbox has shown, or that the check passes there."""
    first = examination.first_finding(cell.id)
    if new is None:
        cell.message += ONLY_THERE
    elif new.status == cell.status and first is not None:
        cell.message, cell.diagnosis, first.seen = new.message, new.diagnosis, new.seen


def verdict_on(graded: GradedCell, examination: Examination, visible: CellDone | None) -> Verdict:
    """The verdict on a graded cell: its hidden checks', or its own, `visible` asserts' where it names no hidden check."""
    verdict = Verdict(graded.id, 0.0, graded.points, Status.PASSED)
    if failed := examination.first_finding(graded.id):
        verdict.status, verdict.message, verdict.diagnosis = failed.status, failed.message, failed.diagnosis
        verdict.crash = failed.crash
    elif graded.id in examination.assignment.plain and visible is not None:
        _by_itself(verdict, visible, examination.excused.get(graded.exercise))
    elif graded.id not in examination.judged:
        verdict.status, verdict.message = Status.FAILED, "no hidden check belongs to this cell; tell your instructor"
    else:
        verdict.score, verdict.message = graded.points, examination.remarks.get(graded.id, "")
    return verdict


def _by_itself(verdict: Verdict, visible: CellDone, excuse: Exception | None) -> None:
    """Gives what nbgrader gives for a cell that ran to its end: all of its points, or the number that it ends in."""
    if visible.error_name:
        verdict.status = Status.FAILED
        verdict.message = readable(f"{visible.error_name}: {visible.error_message}".strip(": "))
        if excuse is not None:
            verdict.status = Status.MISSING if isinstance(excuse, Missing) else Status.NOT_ATTEMPTED
            verdict.message = str(excuse)
        return
    # takes long, and is seldom needed
    from nbgrader.utils import get_partial_grade

    results = [output for output in visible.outputs if output["output_type"] == "execute_result"]
    try:
        verdict.score = get_partial_grade(results[0], verdict.max_score) if results else verdict.max_score
    except (LookupError, TypeError, ValueError) as error:
        verdict.status, verdict.message = Status.FAILED, readable(f"it ends in what is no number of points: {error}")
    if verdict.score < verdict.max_score:
        verdict.status = Status.FAILED
        verdict.message = verdict.message or f"it gives {verdict.score:g} of {verdict.max_score:g} points"


def spread_forbidden(report: Report, assignment: Assignment) -> None:
    """A forbidden built-in earns nothing for the whole exercise, whichever cell it was found in."""
    found = {assignment.exercise_of(cell.id): cell.message for cell in report.cells if cell.status == Status.FORBIDDEN}
    for cell in report.cells if found else ():
        if cell.id not in assignment.plain and (message := found.get(assignment.exercise_of(cell.id))):
            cell.score, cell.status, cell.message = 0.0, Status.FORBIDDEN, message


def shown_by(examination: Examination) -> dict[str, CellDone]:
    """How the visible checks ended, by graded cell."""
    cells = examination.session.cells if examination.session else []
    return {cell.id: cell.done for cell in cells if cell.id and cell.done is not None}


def follow_through(report: Report, examination: Examination, visible: dict[str, CellDone]) -> None:
    """Judges each exercise that lost points once more, given right ones to build on, and by the best of its definitions.

    Predictions are left out: a failed one was a guess, and there is no second.

    It is given stand-ins for the exercises before it that are wrong, and the graded definitions of the others, as the
    notebook may have bound their names to something else since. Its own definition is the one that holds at its checks, or
    another one, between them or below, where that is better. What passes then has passed; what fails once more, having called
    a stand-in, fails for reasons of its own, which its message and transcript show. Each exercise is given only what comes
    before it, so no two are right only because of one another.
    """
    assignment, wrong = examination.assignment, list[str]()
    lost = {exercise: _lost(_cells_of(exercise, report, assignment)) for exercise in assignment.stubs}
    # in a living kernel, only what somebody asked for is examined
    unknown = {each for each in lost if examination.session is None and not _cells_of(each, report, assignment)}
    doubtful = [exercise for exercise in lost if exercise in unknown or lost[exercise]]
    with contextlib.closing(_SecondRuns(examination, doubtful)) as second_runs:
        for exercise in doubtful:
            # a prediction that could see itself fail would have a second guess
            final = {*BLANK, Status.FAILED} if assignment.is_prediction(exercise) else BLANK
            if lost[exercise] and not any(cell.status in final for cell in lost[exercise]):
                _judge_again(exercise, wrong, report, second_runs, visible)
            if exercise in unknown or _lost(_cells_of(exercise, report, assignment)):
                wrong.append(exercise)


def _judge_again(
    exercise: str, wrong: list[str], report: Report, second_runs: "_SecondRuns", visible: dict[str, CellDone]
) -> None:
    """Puts better verdicts on an exercise into the report, where there are any; `wrong` are the wrong ones before it."""
    examination = second_runs.first
    assignment = examination.assignment
    rebound = _rebound(exercise, wrong, examination)
    run = examination
    lost = _lost(_cells_of(exercise, report, assignment))
    # time and memory may have been taken by other exercises
    judged = all(cell.status in (Status.FAILED, Status.ERROR, Status.FORBIDDEN) for cell in lost)
    given = _stand_ins(wrong, assignment)
    if rebound or (given and not judged) or examination.may_use(exercise, given):
        run = second_runs.of(exercise, wrong)
        after = _verdicts(lost, run, report.seed, visible)
        _reword(lost, after, run, _as_graded(rebound))
        # a message that was made without stand-ins holds none of theirs
        if rebound or any(_called(run, exercise).values()) or len(_lost(after)) < len(lost):
            _replace(lost, after, report, examination, run)
    # by what its cells bound when they were given what they build on
    for place, words in _elsewhere(exercise, run).items():
        cells = _cells_of(exercise, report, assignment)
        if _lost(cells):
            second = second_runs.of(exercise, wrong, place)
            after = _verdicts(cells, second, report.seed)
            _reword(cells, after, second, "; ".join(filter(None, [words, _as_graded(rebound)])))
            if _points(after) > _points(cells):
                _replace(cells, after, report, examination, second)
                examination.moved[exercise] = place
                second_runs.settle(exercise)


def _elsewhere(exercise: str, run: Examination) -> dict[float, str]:
    """The numbers of the cells behind which an exercise's name means something else than at its last check, and words for it."""
    # of a prediction, that would be a second guess
    if run.session is None or run.assignment.is_prediction(exercise):
        return {}
    found: dict[float, str] = {}
    first, last = run.places(exercise)
    if run.bound(exercise, first, last):
        found[float(run.session.cells[first].number)] = "right, as it is defined at the first of its checks"
    if below := run.bound(exercise, last):
        found[math.inf] = f"right, as code cell {max(below.values())} defines it, below its checks"
    return found


def _reword(before: list[Verdict], after: list[Verdict], second: Examination, words: str) -> None:
    """Says of what passes now which stand-ins it called; what fails again without calling one keeps its earlier message."""
    called = _called(second, second.assignment.exercise_of(before[0].id))
    for old, new in zip(before, after):
        if new.status == Status.PASSED != old.status:
            new.given = [name for name in second.stand_ins if name in called[new.id]]
            new.message = "; ".join(filter(None, [given_words(new.given), words]))
        elif new.status == old.status and not called[new.id] and second.stand_ins:
            new.message = old.message


class _SecondRuns:
    """The sandboxes in which exercises are asked again.

    A learner's own notebook runs once more for all of them; in a class it runs for each, so that none has the stand-in for
    itself in reach.
    """

    def __init__(self, first: Examination, doubtful: list[str]):
        self.first, self._doubtful = first, doubtful
        self._second: Examination | None = None
        self._serves_all = False

    def of(self, exercise: str, wrong: list[str], place: float | None = None) -> Examination:
        """The notebook once more, to ask about this exercise, with its checks moved to `place` if there is one."""
        first, assignment = self.first, self.first.assignment
        stand_ins, graded = _stand_ins(wrong, assignment), _graded(exercise, wrong, first)
        if self._second is None or place is not None or not self._serves_all:
            self.close()
            self._serves_all = first.alone and place is None
            if self._serves_all:
                all_stand_ins = _stand_ins(self._doubtful, assignment)
                self._second = first.second_run(self._doubtful, all_stand_ins, _graded(None, [], first), first.moved)
            else:
                moved = first.moved if place is None else first.moved | {exercise: place}
                self._second = first.second_run([exercise], stand_ins, graded, moved)
        self._second.stand_ins, self._second.graded = stand_ins, graded
        return self._second

    def settle(self, exercise: str) -> None:
        """Has later runs find an exercise's definition where it was moved to, and no stand-in for it at hand."""
        self._doubtful = [each for each in self._doubtful if each != exercise]
        self.close()

    def close(self) -> None:
        if self._second is not None:
            self._second.asks.close()
            self._second = None


def _verdicts(
    cells: list[Verdict], second: Examination, seed: int, visible: dict[str, CellDone] | None = None
) -> list[Verdict]:
    """New verdicts on these graded cells of one exercise; of those that judge themselves, `visible` counts where they passed."""
    assignment = second.assignment
    exercise = assignment.exercise_of(cells[0].id)
    second.wanted = {cell.id for cell in assignment.graded.values() if cell.exercise == exercise}
    run_checks(second, seed)
    shown = shown_by(second)
    shown |= {name: done for name, done in (visible or {}).items() if not done.error_name}
    return [verdict_on(assignment.graded[cell.id], second, shown.get(cell.id)) for cell in cells]


def _replace(
    old: list[Verdict], new: list[Verdict], report: Report, examination: Examination, second: Examination
) -> None:
    """Puts what a second run found of one exercise in the place of what the first one found."""
    exercise = examination.assignment.exercise_of(old[0].id)
    examination.asks.transcript[exercise] = second.asks.transcript[exercise]
    examination.findings[:0] = [finding for cell in new if (finding := second.first_finding(cell.id))]
    for before, after in zip(old, new, strict=True):
        report.cells[report.cells.index(before)] = after
    spread_forbidden(report, examination.assignment)


def _rebound(exercise: str, wrong: list[str], examination: Examination) -> dict[str, int]:
    """The names of right exercises before this one that meant something else by its checks; the numbers of the cells that bound them."""
    found = {}
    for other in _before(exercise, wrong, examination) if examination.session else ():
        first, last = examination.places(other)
        after, before = (first, None) if other in examination.moved else (last, examination.places(exercise)[1])
        found |= examination.bound(other, after, before)
    return found


def _before(exercise: str | None, wrong: list[str], examination: Examination) -> list[str]:
    """The exercises before this one, or all of them, that are no values and not wrong."""
    assignment = examination.assignment
    order = list(dict.fromkeys(cell.exercise for cell in assignment.graded.values()))
    found = order[: order.index(exercise)] if exercise else order
    return [each for each in found if each not in wrong and not assignment.exercises[each].is_value]


def _graded(exercise: str | None, wrong: list[str], examination: Examination) -> dict[str, str]:
    """The last graded cell of the right exercise before this one, or of any, that each name belongs to."""
    if examination.session is None:
        return {}
    cells, names = examination.session.cells, examination.assignment.names_of
    found = [(each, examination.places(each)[1]) for each in _before(exercise, wrong, examination)]
    return {name: cells[last].id or "" for each, last in found for name in names(each)}


def _as_graded(rebound: dict[str, int]) -> str:
    if not rebound:
        return ""
    cells = ", ".join(f"code cell {number} made something else of `{name}`" for name, number in rebound.items())
    return f"right, given {' and '.join(f'`{name}`' for name in rebound)} as graded: {cells}"


def _cells_of(exercise: str, report: Report, assignment: Assignment) -> list[Verdict]:
    return [cell for cell in report.cells if assignment.exercise_of(cell.id) == exercise]


def _points(cells: Sequence[Verdict]) -> float:
    """The points of an exercise's cells: none where one uses a forbidden built-in."""
    return 0.0 if any(cell.status == Status.FORBIDDEN for cell in cells) else sum(cell.score for cell in cells)


def _lost(cells: Iterable[Verdict]) -> list[Verdict]:
    return [cell for cell in cells if cell.status != Status.PASSED]


def _stand_ins(exercises: list[str], assignment: Assignment) -> list[str]:
    """The names of these exercises that a stand-in can stand in for."""
    return [name for exercise in exercises for name in assignment.names_of(exercise) if name in assignment.stand_ins]


def _called(second: Examination, exercise: str) -> dict[str, set[str]]:
    """The stand-ins that were called, by graded cell, as the sandbox says: for wording alone."""
    found = defaultdict(set)
    for request, _ in second.asks.transcript[exercise]:
        question = decode_question(request)
        found[question.snapshot].update(question.stand_ins)
    return found
