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
from proctor.sandbox.protocol import decode_question


def follow_through(report: Report, examination: Examination, visible: dict[str, CellDone]) -> None:
    """Judges each exercise that lost points once more, given right ones to build on, and by the best of its definitions.

    What it is given are stand-ins for the exercises before it that are wrong, and the graded definitions of the others, as the
    notebook may have bound their names to something else since. Its own definition is the one that holds at its checks, or
    another one, between them or below, where that is better. What passes then has passed; what fails again, having called
    a stand-in, fails for reasons of its own, which its message and transcript tell. The order of the course sees to it that
    no two exercises are right only because of one another.
    """
    assignment = examination.assignment
    cells = {exercise: _cells_of(exercise, report, assignment) for exercise in assignment.stubs}
    # in a living kernel, only what somebody asked for is examined
    unknown = [exercise for exercise, own in cells.items() if not own and examination.session is None]
    doubtful = [exercise for exercise, own in cells.items() if exercise in unknown or _lost(own)]
    wrong: list[str] = []
    with contextlib.closing(_SecondRuns(examination, doubtful)) as second_runs:
        for exercise in doubtful:
            own, given = cells[exercise], _stand_ins(wrong, assignment)
            blank = {cell.status for cell in _lost(own)} & set(BLANK)
            anew = {} if blank or not own else _bound_anew(exercise, wrong, examination)
            # by what its cells bound when they were given what they build on
            run = examination
            if _lost(own) and not blank and (given or anew):
                run, lost = second_runs.of(exercise, wrong), _lost(own)
                after = _judged_again(lost, run, report.seed, visible)
                _tell(lost, after, run, _as_graded(anew))
                # a message that was made without stand-ins holds none of theirs
                if anew or any(_called(run, exercise).values()) or len(_lost(after)) < len(lost):
                    _replace(lost, after, report, examination, run)
            for place, words in {} if blank else _elsewhere(exercise, run).items():
                own = _cells_of(exercise, report, assignment)
                if _lost(own):
                    second = second_runs.of(exercise, wrong, place)
                    after = _judged_again(own, second, report.seed)
                    _tell(own, after, second, "; ".join(filter(None, [words, _as_graded(anew)])))
                    if _points(after) > _points(own):
                        _replace(own, after, report, examination, second)
                        examination.moved[exercise] = place
                        second_runs.settle(exercise)
            if exercise in unknown or _lost(_cells_of(exercise, report, assignment)):
                wrong.append(exercise)


def _elsewhere(exercise: str, run: Examination) -> dict[float, str]:
    """The places where an exercise's name means something else than at its last check, and what is said of what passes there."""
    if run.session is None:
        return {}
    found: dict[float, str] = {}
    first, last = run.places(exercise)
    if run.bound(exercise, first, last):
        found[float(first)] = "right, as it is defined at the first of its checks"
    if below := run.bound(exercise, last):
        found[math.inf] = f"right, as code cell {max(below.values()) + 1} defines it, below its checks"
    return found


def _tell(judged: list[Verdict], after: list[Verdict], second: Examination, words: str) -> None:
    """Says of what passes now what it was given; of what fails again without a stand-in, what was said before."""
    called = _called(second, exercise_of(judged[0], second.assignment))
    for before, verdict in zip(judged, after):
        if verdict.status == "passed" != before.status:
            verdict.given = [name for name in second.given if name in called[verdict.id]]
            verdict.message = "; ".join(filter(None, [given_words(verdict.given), words]))
        elif verdict.status == before.status and not called[verdict.id] and second.given:
            # as without stand-ins: these words can't hold any
            verdict.message = before.message


class _SecondRuns:
    """The sandboxes in which exercises are asked again.

    A learner's own notebook runs once more for all of them; in a class it runs for each, so that none has its own stand-in
    in reach.
    """

    def __init__(self, examination: Examination, doubtful: list[str]):
        self._first, self._doubtful = examination, [*doubtful]
        self._second: Examination | None = None
        self._serves_all = False

    def of(self, exercise: str, wrong: list[str], place: float | None = None) -> Examination:
        """The notebook once more, to ask about this exercise, its checks standing at `place` if it is given."""
        first, assignment = self._first, self._first.assignment
        given, graded = _stand_ins(wrong, assignment), _graded(exercise, wrong, first)
        if self._second is None or place is not None or not self._serves_all:
            self.close()
            self._serves_all = first.own and place is None
            moved = first.moved if place is None else first.moved | {exercise: place}
            if self._serves_all:
                given_all, graded_all = _stand_ins(self._doubtful, assignment), _graded(None, [], first)
                self._second = first.again(self._doubtful, given_all, graded_all, moved)
            else:
                self._second = first.again([exercise], given, graded, moved)
        self._second.given, self._second.graded = given, graded
        return self._second

    def settle(self, exercise: str) -> None:
        """Has later runs find an exercise's definition where it was moved to, and no stand-in for it at hand."""
        self._doubtful = [each for each in self._doubtful if each != exercise]
        self.close()

    def close(self) -> None:
        if self._second is not None:
            self._second.asks.close()
            self._second = None


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
    found = {}
    for other in _before(exercise, wrong, examination):
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


def _as_graded(anew: dict[str, int]) -> str:
    if not anew:
        return ""
    cells = ", ".join(f"code cell {place + 1} made something else of `{name}`" for name, place in anew.items())
    return f"right, given {' and '.join(f'`{name}`' for name in anew)} as graded: {cells}"


def _cells_of(exercise: str, report: Report, assignment: Assignment) -> list[Verdict]:
    return [cell for cell in report.cells if exercise_of(cell, assignment) == exercise]


def _points(cells: Iterable[Verdict]) -> float:
    return sum(cell.score for cell in cells)


def _lost(cells: Iterable[Verdict]) -> list[Verdict]:
    return [cell for cell in cells if cell.status != "passed"]


def _stand_ins(exercises: list[str], assignment: Assignment) -> list[str]:
    """The names of these exercises that a stand-in can stand in for."""
    return [name for exercise in exercises for name in assignment.names_of(exercise) if name in assignment.stand_ins]


def _called(second: Examination, exercise: str) -> dict[str, set[str]]:
    """The stand-ins that were called, by graded cell, as the sandbox says: for wording alone."""
    found = defaultdict(set)
    for request, _ in second.asks.transcript[exercise]:
        question = decode_question(request)
        found[question.snapshot].update(question.given)
    return found
