"""Whose a mark by hand is: it belongs to the answer that it was given for.

The gradebook has a row for each exercise of a student, whichever answer counts. So the marks are
kept with their answers, too, in `proctor.db`.
"""

from typing import Any

# points that a person gave, and extra credit
Mark = tuple[float | None, float | None]
NO_MARK: Mark = (None, None)
# by the digest of the answer, in the order in which they were given
Marks = dict[str, Mark]


def record_mark(grade: Any, score: float | None, marks: Marks, answer: str, stays: bool) -> bool:
    """Records the score of an answer in its row `grade`, with the mark that a person gave for it.

    `marks` are all of this exercise. If only other answers have any, a person is to look at this
    one; until then the one that was given last stays if `stays`. Returns whether that is so.
    """
    grade.auto_score = score
    mark = _mark_in(grade)
    if answer in marks:
        grade.manual_score, grade.extra_credit = marks[answer]
        grade.needs_manual_grade = grade.manual_score is None and score is None
        return False
    others = _given(marks)
    # another mark comes from an older gradebook, so nobody knows its answer
    is_known = mark == NO_MARK or mark in others
    if is_known:
        last = others[-1] if others else NO_MARK
        grade.manual_score, grade.extra_credit = last if stays else NO_MARK
    grade.needs_manual_grade = bool(others) or not is_known or score is None
    return is_known and bool(others)


def given_for(grade: Any, marks: Marks, answer: str) -> Mark | None:
    """The mark that a person gave for this answer in its row `grade`; None if it is known, or if no
    person looked at the answer.
    """
    mark = _mark_in(grade)
    others = _given({digest: marks[digest] for digest in marks.keys() - {answer}})
    if grade.needs_manual_grade:
        # it may be extra credit alone
        is_own = grade.manual_score is None and mark not in others
        before = marks.get(answer, NO_MARK)
    else:
        is_own = True
        # no mark is one if another answer has one: a person looked, and gave none
        before = marks.get(answer, None if others else NO_MARK)
    return mark if is_own and mark != before else None


def _mark_in(grade: Any) -> Mark:
    # the formgrader's "No credit" leaves an extra credit of 0
    return grade.manual_score, grade.extra_credit or None


def _given(marks: Marks) -> list[Mark]:
    return [mark for mark in marks.values() if mark != NO_MARK]
