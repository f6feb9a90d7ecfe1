"""One mistake costs one exercise: what lost points is judged again, by a better binding of its name or given right ones to build on."""

import contextlib
import math
from collections import defaultdict
from collections.abc import Iterable

from proctor.course import Assignment
from proctor.course.report import BLANK, Report, Verdict, given_words
from proctor.examine.checking import run_checks
from proctor.examine.examination import Examination
from proctor.examine.verdicts import exercise_of, shown_by, spread_forbidden, verdict_on
from proctor.sandbox.cell import CellDone
from proctor.sandbox.protocol import Transcript, decode_question


def judge_elsewhere(exercise: str, report: Report, examination: Examination) -> None:
    """Judges an exercise that lost points by another binding of its name, between its checks or below them, where that is better."""
    best = _cells_of(exercise, report, examination.assignment)
    if examination.session is None or not _lost(best):
        return
    first, last = examination.places(exercise)
    tried = {}
    if examination.bound(exercise, first, last):
        tried[float(first)] = "right, as it is defined at the first of its checks"
    if below := examination.bound(exercise, last):
        tried[math.inf] = f"right, as code cell {max(below.values()) + 1} defines it, below its checks"
    for place, words in tried.items():
        moved = examination.moved | {exercise: place}
        second = examination.again([exercise], moved=moved)
        with contextlib.closing(second.asks):
            after = _judged_again(best, second, report.seed)
        if sum(cell.score for cell in after) > sum(cell.score for cell in best):
            for old, new in zip(best, after):
                if new.status == "passed" != old.status:
                    new.message = words
            _replace(best, after, report, examination, second)
            examination.moved, best = moved, after


def follow_through(report: Report, examination: Examination, visible: dict[str, CellDone]) -> None:
    """Judges each exercise that lost points once more, given right ones to build on.

    These are stand-ins for the exercises before it that are wrong, and the graded definitions of those whose names the
    notebook has bound to something else since. What passes then has passed; what fails again, having called a stand-in,
    fails for reasons of its own, which its message and transcript tell. The order of the course sees to it that no two
    exercises are right only because of one another.
    """
    assignment = examination.assignment
    cells = {exercise: _cells_of(exercise, report, assignment) for exercise in assignment.stubs}
    # in a living kernel, only what somebody asked for is examined
    unknown = [exercise for exercise, own in cells.items() if not own and examination.session is None]
    doubtful = [exercise for exercise, own in cells.items() if exercise in unknown or _lost(own)]
    wrong: list[str] = []
    with contextlib.closing(_SecondRuns(examination, doubtful)) as second_runs:
        for exercise in doubtful:
            lost, given = _lost(cells[exercise]), _stand_ins(wrong, assignment)
            anew = _bound_anew(exercise, wrong, examination) if lost else {}
            if (given or anew) and lost and not {cell.status for cell in lost} & set(BLANK):
                second = second_runs.of(exercise, given, _graded(anew, examination))
                after = _judged_again(lost, second, report.seed, visible)
                called = _called(second.asks.transcript[exercise])
                for before, verdict in zip(lost, after):
                    if verdict.status == "passed":
                        verdict.given = [name for name in given if name in called[verdict.id]]
                        verdict.message = "; ".join(filter(None, [given_words(verdict.given), _as_graded(anew)]))
                    elif verdict.status == before.status and not called[verdict.id] and not anew:
                        # as without stand-ins: these words can't hold any
                        verdict.message = before.message
                if anew or any(called.values()) or len(_lost(after)) < len(lost):
                    _replace(lost, after, report, examination, second)
            if exercise in unknown or _lost(_cells_of(exercise, report, assignment)):
                wrong.append(exercise)


class _SecondRuns:
    """The sandboxes in which exercises are asked again.

    A learner's own notebook runs once more for all of them; in a class it runs for each, so that none has its own stand-in
    in reach.
    """

    def __init__(self, examination: Examination, doubtful: list[str]):
        self._first, self._doubtful = examination, doubtful
        self._second: Examination | None = None

    def of(self, exercise: str, given: list[str], graded: dict[str, str]) -> Examination:
        """The notebook once more, to ask about this exercise, given these."""
        first, assignment = self._first, self._first.assignment
        if self._second is None or not first.own:
            self.close()
            if first.own:
                anew = [_bound_anew(each, [], first) for each in self._doubtful]
                at_hand = _graded({name: place for found in anew for name, place in found.items()}, first)
                self._second = first.again(self._doubtful, _stand_ins(self._doubtful, assignment), at_hand)
            else:
                self._second = first.again([exercise], given, graded)
        self._second.given, self._second.graded = given, graded
        return self._second

    def close(self) -> None:
        if self._second is not None:
            self._second.asks.close()


def _judged_again(
    cells: list[Verdict], second: Examination, seed: int, visible: dict[str, CellDone] | None = None
) -> list[Verdict]:
    """New verdicts on these graded cells of one exercise; of those that judge themselves, `visible` counts where they passed."""
    assignment = second.assignment
    second.wanted = {
        cell.id for cell in assignment.graded.values() if cell.exercise == exercise_of(cells[0], assignment)
    }
    passed, shown = run_checks(second, seed), shown_by(second)
    shown |= {name: done for name, done in (visible or {}).items() if not done.error_name}
    return [verdict_on(assignment.graded[cell.id], second, passed, shown.get(cell.id)) for cell in cells]


def _replace(
    old: list[Verdict], new: list[Verdict], report: Report, examination: Examination, second: Examination
) -> None:
    """Puts what a second run told of one exercise in the place of what the first one told."""
    exercise = exercise_of(old[0], examination.assignment)
    examination.asks.transcript[exercise] = second.asks.transcript[exercise]
    examination.asked |= second.asked
    for before, after in zip(old, new, strict=True):
        report.cells[report.cells.index(before)] = after
    spread_forbidden(report, examination.assignment)


def _bound_anew(exercise: str, wrong: list[str], examination: Examination) -> dict[str, int]:
    """The names of right exercises before this one that meant something else by its checks; the places of the cells that bound them."""
    if examination.session is None:
        return {}
    found, order = {}, list(dict.fromkeys(cell.exercise for cell in examination.assignment.graded.values()))
    for other in order[: order.index(exercise)]:
        if other not in wrong and not examination.assignment.exercises[other].is_value:
            first, last = examination.places(other)
            after, before = (first, None) if other in examination.moved else (last, examination.places(exercise)[1])
            found |= examination.bound(other, after, before)
    return found


def _graded(anew: dict[str, int], examination: Examination) -> dict[str, str]:
    """The last graded cell of the exercise that each name belongs to."""
    cells = examination.session.cells if examination.session else []
    owners = examination.assignment.owners
    return {name: cells[examination.places(owners[name])[1]].id or "" for name in anew}


def _as_graded(anew: dict[str, int]) -> str:
    if not anew:
        return ""
    cells = ", ".join(f"code cell {place + 1} made something else of `{name}`" for name, place in anew.items())
    return f"right, given {' and '.join(f'`{name}`' for name in anew)} as graded: {cells}"


def _cells_of(exercise: str, report: Report, assignment: Assignment) -> list[Verdict]:
    return [cell for cell in report.cells if exercise_of(cell, assignment) == exercise]


def _lost(cells: Iterable[Verdict]) -> list[Verdict]:
    return [cell for cell in cells if cell.status != "passed"]


def _stand_ins(exercises: list[str], assignment: Assignment) -> list[str]:
    """The names of these exercises that a stand-in can stand in for."""
    return [name for exercise in exercises for name in assignment.names_of(exercise) if name in assignment.stand_ins]


def _called(transcript: Transcript) -> dict[str, set[str]]:
    """The stand-ins that were called in a transcript, by graded cell, as the sandbox says: for wording alone."""
    found = defaultdict(set)
    for request, _ in transcript:
        question = decode_question(request)
        found[question.snapshot].update(question.given)
    return found
