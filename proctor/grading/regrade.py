"""Regrades an exercise that lost points: a wrong exercise costs its own points alone, and the best
definition counts.
"""

import contextlib
import re
from collections.abc import Callable, Iterator

from proctor.course.cells import bound, globals_read
from proctor.course.codes import Code, Note
from proctor.course.report import BLANK, OWN_FAILURES, Report, Status, Verdict
from proctor.grading.examination import Examination
from proctor.grading.hidden import stand_ins_of
from proctor.grading.verdicts import spread_forbidden, verdict_on, visible_checks
from proctor.sandbox.cell import CellDone
from proctor.sandbox.protocol import decode_question

BEHIND = 0.5  # added to the number of a cell: behind it, and before the next one
# names by which code reaches others that it doesn't name
REACHES_ALL = re.compile(r"(?<!\.)\b(eval|exec|globals|vars|__main__)\b")
# asks the hidden checks about a notebook, and words their failures
AskChecks = Callable[[Examination], None]


def regrade_failed_exercises(report: Report, first: Examination, ask_checks: AskChecks) -> None:
    """Judges each exercise that lost points again, after right earlier exercises; the best verdicts
    count.

    An earlier exercise that lost points is a stand-in, and any other one the student's own graded
    definition, since a later cell may have bound the name anew. An answer that can't have used
    either isn't run again for them. If the exercise still loses points, each later definition of
    its own names is judged, too. It gets only exercises before it, so that no two are right only
    because of one another.
    """
    failed = list[str]()
    for exercise in first.assignment.stubs:
        verdicts = Verdicts(exercise, report, first)
        if verdicts.may_improve():
            _regrade(verdicts, failed, ask_checks)
        # a living kernel examines only the exercises that its user named
        is_unknown = first.session is None and not verdicts.cells
        if is_unknown or verdicts.lost:
            failed.append(exercise)


def _regrade(verdicts: "Verdicts", failed: list[str], ask_checks: AskChecks) -> None:
    """Judges an exercise by its graded definition, and then by its later ones, the last first."""
    first, exercise = verdicts.first, verdicts.exercise
    later = _later_definitions(exercise, first)
    is_rebound = _is_rebound(exercise, failed, first)
    if is_rebound or _may_use(verdicts, failed):
        with _rerun(exercise, failed, first, first.moved) as rerun:
            ask_checks(rerun)
            visible = visible_checks(rerun) | _passed_visible_checks(first)
            reason = Code.RIGHT_AS_GRADED() if is_rebound else None
            has_called = any(_stand_ins_called(rerun, exercise).values())
            replaces_equal = is_rebound or has_called
            verdicts.keep_better(rerun, verdicts.lost, reason, visible, replaces_equal)
            # a cell may bind more now that earlier exercises are right
            later = _later_definitions(exercise, rerun)
    for number in later:
        if not verdicts.lost:
            break
        moved = first.moved | {exercise: number + BEHIND}
        with _rerun(exercise, failed, first, moved) as rerun:
            ask_checks(rerun)
            reason = Code.RIGHT_AFTER(cell=number)
            visible = visible_checks(rerun)
            if verdicts.keep_better(rerun, verdicts.cells, reason, visible):
                first.moved = moved


def _passed_visible_checks(examination: Examination) -> dict[str, CellDone]:
    results = visible_checks(examination).items()
    return {name: done for name, done in results if not done.error_name}


class Verdicts:
    """The verdicts on one exercise's cells in a report, of which the `first` examination found the
    first ones.
    """

    def __init__(self, exercise: str, report: Report, first: Examination):
        self.exercise = exercise
        self.report = report
        self.first = first

    @property
    def cells(self) -> list[Verdict]:
        """The verdicts that count now."""
        exercise_of = self.first.assignment.exercise_of
        return [cell for cell in self.report.cells if exercise_of(cell.id) == self.exercise]

    @property
    def lost(self) -> list[Verdict]:
        """Those that lost points."""
        return [cell for cell in self.cells if cell.status != Status.PASSED]

    def may_improve(self) -> bool:
        """Whether an answer lost points that another definition could earn."""
        final = set[Status](BLANK)
        if self.first.assignment.is_prediction(self.exercise):
            # a second guess at a prediction would be one too many
            final.add(Status.FAILED)
        if any(cell.id in self.first.known for cell in self.cells):
            return False
        return bool(self.lost) and final.isdisjoint(cell.status for cell in self.lost)

    def keep_better(
        self,
        rerun: Examination,
        before: list[Verdict],
        reason: Note | None,
        visible: dict[str, CellDone],
        replaces_equal: bool = False,
    ) -> bool:
        """Keeps the verdicts of a rerun if they earn more points than those `before`: whether they
        do.

        `reason`: the note on a cell that passes now; `visible`: the results of visible checks;
        `replaces_equal`: keep them also if they earn no more.
        """
        graded = self.first.assignment.graded
        after = [verdict_on(graded[cell.id], rerun, visible.get(cell.id)) for cell in before]
        called = _stand_ins_called(rerun, self.exercise)
        _reword(before, after, called, rerun.stand_ins, reason)
        is_better = points(after) > points(before)
        # a message that was made without stand-ins holds none of theirs
        if is_better or replaces_equal:
            self._replace(before, after, rerun)
        return is_better

    def _replace(self, before: list[Verdict], after: list[Verdict], rerun: Examination) -> None:
        """Puts the rerun's verdicts, findings and questions about the exercise in the place of the
        earlier ones.
        """
        first = self.first
        first.asks.transcript[self.exercise] = rerun.asks.transcript[self.exercise]
        findings = [rerun.first_finding(cell.id) for cell in after]
        first.findings[:0] = [finding for finding in findings if finding is not None]
        for old, new in zip(before, after, strict=True):
            self.report.cells[self.report.cells.index(old)] = new
        spread_forbidden(self.report, first.assignment)


def points(cells: list[Verdict]) -> float:
    """The points of an exercise's cells: none if one uses a forbidden built-in."""
    if any(cell.status == Status.FORBIDDEN for cell in cells):
        return 0.0
    return sum(cell.score for cell in cells)


def _reword(
    before: list[Verdict],
    after: list[Verdict],
    called: dict[str, set[str]],
    stand_ins: list[str],
    reason: Note | None,
) -> None:
    """Notes why a cell passes now: the stand-ins that it called, and the `reason`.

    A cell that fails again without calling a stand-in keeps its earlier note.
    """
    for old, new in zip(before, after):
        called_here = called.get(new.id, set())
        if new.status == Status.PASSED != old.status:
            new.given = [name for name in stand_ins if name in called_here]
            notes = []
            if new.given:
                notes.append(Code.RIGHT_GIVEN(names=[f"`{name}`" for name in new.given]))
            if reason:
                notes.append(reason)
            new.note = notes[0].added(*notes[1:]) if notes else Note()
        elif new.status == old.status and not called_here and stand_ins:
            new.note = old.note


def _stand_ins_called(rerun: Examination, exercise: str) -> dict[str, set[str]]:
    """The stand-ins that were called, by graded cell, as the sandbox says: for wording alone."""
    found = dict[str, set[str]]()
    for request, _ in rerun.asks.transcript[exercise]:
        question = decode_question(request)
        found.setdefault(question.snapshot, set()).update(question.stand_ins)
    return found


@contextlib.contextmanager
def _rerun(
    exercise: str, failed: list[str], first: Examination, moved: dict[str, float]
) -> Iterator[Examination]:
    """The notebook once more, to ask about this exercise; a stand-in for the exercise itself is out
    of reach.
    """
    assignment = first.assignment
    known = stand_ins_of(assignment)
    names = [name for each in failed for name in assignment.names_of(each)]
    stand_ins = [name for name in names if name in known]
    graded = dict[str, str]()
    for earlier in _right_before(exercise, failed, first):
        last = first.cells[first.places(earlier)[1]]
        graded |= dict.fromkeys(assignment.names_of(earlier), last.id or "")
    rerun = first.second_run(exercise, stand_ins, graded, moved)
    rerun.wanted = assignment.cells_of(exercise)
    try:
        yield rerun
    finally:
        rerun.asks.close()


def _right_before(exercise: str, failed: list[str], examination: Examination) -> list[str]:
    """The exercises before this one that are no values and not failed; none of a notebook in a
    kernel.
    """
    if examination.session is None:
        return []
    assignment = examination.assignment
    order = list(dict.fromkeys(cell.exercise for cell in assignment.graded.values()))
    earlier = order[: order.index(exercise)]
    return [
        each for each in earlier if each not in failed and not assignment.exercises[each].is_value
    ]


def _is_rebound(exercise: str, failed: list[str], first: Examination) -> bool:
    """Whether the name of an earlier, right exercise meant something else by this exercise's last
    check.
    """
    for other in _right_before(exercise, failed, first):
        after = first.places(other)[1]
        before: int | None = first.places(exercise)[1]
        if other in first.moved:
            # its definition was found behind its check, so that all later cells may count
            after = first.places(other)[0]
            before = None
        if first.bound(other, after, before):
            return True
    return False


def _may_use(verdicts: Verdicts, failed: list[str]) -> bool:
    """Whether an answer may have lost points by an earlier exercise that failed.

    It may if it ran out of time or memory, which others may have taken; if its questions or cells
    name such an exercise, directly or over other cells; or if code of the student's may have put
    one where no name leads to it.
    """
    first, exercise = verdicts.first, verdicts.exercise
    assignment = first.assignment
    is_judged = all(cell.status in OWN_FAILURES for cell in verdicts.lost)
    if not failed or not first.cells or not is_judged:
        return bool(failed)
    theirs = {name for each in failed for name in assignment.names_of(each)}
    for cell in first.cells:
        if cell.source in assignment.released_sources:
            continue
        # other answers call it by its name
        names = theirs.intersection(assignment.names_of(cell.exercise)) if cell.exercise else theirs
        if names & globals_read(cell.source) or REACHES_ALL.search(cell.source):
            return True
    used = {*assignment.names_of(exercise)}
    for question, _ in first.asks.transcript[exercise]:
        words = re.findall(r"\w+", question.decode("ascii", "replace"))
        used |= assignment.owners.keys() & set(words)
    size = 0
    while size < len(used):
        size = len(used)
        for cell in first.cells:
            names = bound(cell.source).keys()
            if cell.exercise == exercise or used & names:
                used |= names | globals_read(cell.source)
    return not used.isdisjoint(theirs)


def _later_definitions(exercise: str, run: Examination) -> list[int]:
    """The numbers of the cells whose definitions of an exercise's names its checks have not judged,
    the last first.
    """
    if run.session is None or run.assignment.is_prediction(exercise):
        return []
    start, last = run.places(exercise)
    found = run.bound(exercise, start)
    if run.bound(exercise, start, last):
        # its last check has not seen the definition at its first one
        found.insert(0, run.cells[start].number)
    return found[::-1]
