"""The rule which attempt counts, and which predictions hold: each case was worked out by hand."""

from itertools import permutations

import pytest

from proctor.records.attempts import Attempt, State, Way
from proctor.records.counting import (
    LATE_IF_ALONE,
    Attempts,
    answered_before,
    choose,
    counting_under_any,
    fixing,
    in_order,
    is_late,
)

DUE = 100.0


def attempt(number: int, arrived: float | None, way: Way = Way.EXCHANGE, **more) -> Attempt:
    facts = {
        "state": State.JUDGED,
        "collected": 1000.0 + number,
        "verdicts": {"cell": ["passed", 1.0]},
    }
    return Attempt("ada", "03", way, number, arrived=arrived, **facts | {"id": number} | more)


def judged(attempt: Attempt) -> bool:
    return attempt.state == State.JUDGED


UNREADABLE = {"verdicts": {"cell": ["unreadable", 0.0]}}

# number, arrival, points; the due date is at 100
IN_TIME = [(1, 10.0, 5.0), (2, 20.0, 9.0), (3, 30.0, 7.0)]
AND_LATE = [*IN_TIME, (4, 110.0, 10.0)]
ONLY_LATE = [(1, 110.0, 8.0), (2, 120.0, 6.0)]
EQUAL = [(1, 10.0, 7.0), (2, 20.0, 7.0), (3, 30.0, 1.0)]
# the second folder was found later, but arrived before the first
FOUND_LATER = [(1, 30.0, 4.0), (2, 10.0, 3.0)]
SAME_TIME = [(1, 10.0, 4.0), (2, 10.0, 3.0)]


@pytest.mark.parametrize(
    ("came", "counts", "late", "number"),
    [
        (IN_TIME, "last", LATE_IF_ALONE, 3),
        (IN_TIME, "best", LATE_IF_ALONE, 2),
        (IN_TIME, "first", LATE_IF_ALONE, 1),
        # a late one changes nothing that came before it
        (AND_LATE, "last", LATE_IF_ALONE, 3),
        (AND_LATE, "best", LATE_IF_ALONE, 2),
        (AND_LATE, "first", LATE_IF_ALONE, 1),
        # unless the policy says so
        (AND_LATE, "last", "counts", 4),
        (AND_LATE, "best", "counts", 4),
        (AND_LATE, "first", "counts", 1),
        # nothing came in time
        (ONLY_LATE, "last", LATE_IF_ALONE, 2),
        (ONLY_LATE, "best", LATE_IF_ALONE, 1),
        (ONLY_LATE, "first", LATE_IF_ALONE, 1),
        # of equals the later one
        (EQUAL, "best", LATE_IF_ALONE, 2),
        # by arrival, not by number
        (FOUND_LATER, "last", LATE_IF_ALONE, 1),
        (FOUND_LATER, "first", LATE_IF_ALONE, 2),
        # the number breaks ties
        (SAME_TIME, "last", LATE_IF_ALONE, 2),
        (SAME_TIME, "first", LATE_IF_ALONE, 1),
    ],
)
def test_which_attempt_counts(came, counts, late, number):
    points = {which: earned for which, _, earned in came}
    attempts = [attempt(which, arrived) for which, arrived, _ in came]
    for order in permutations(attempts):
        choice = choose(
            order, Attempts(counts=counts, late=late), DUE, lambda each: points[each.number], judged
        )
        assert choice.attempt is not None and choice.attempt.number == number and not choice.needed


def test_nothing_counts_where_nothing_came():
    assert choose([], Attempts(), DUE, lambda each: 0.0, judged).attempt is None


@pytest.mark.parametrize(("counts", "needed"), [("last", [3]), ("best", [1, 3]), ("first", [1])])
def test_only_those_are_judged_that_the_rule_needs(counts, needed):
    """The second was judged, the others were not, and the fourth is late."""
    attempts = [attempt(number, arrived) for number, arrived, _ in AND_LATE]
    choice = choose(
        attempts, Attempts(counts=counts), DUE, lambda each: 9.0, lambda each: each.number == 2
    )
    assert [each.number for each in choice.needed] == needed
    if counts == "best":
        assert choice.attempt is attempts[1], "as far as it is known"


def test_the_due_date_is_the_students_own():
    attempts = [attempt(number, arrived) for number, arrived, _ in AND_LATE]
    for due, number in ((DUE, 3), (110.0, 4), (9.0, 4), (10.0, 1), (None, 4)):
        choice = choose(attempts, Attempts(), due, lambda each: 1.0, judged)
        assert choice.attempt is not None and choice.attempt.number == number, due


def test_what_can_not_be_read_counts_only_if_there_is_nothing_else():
    readable, broken = attempt(1, 10.0), attempt(2, 20.0, **UNREADABLE)
    late, left = attempt(3, 110.0), attempt(4, 50.0, state=State.LEFT)
    point = lambda each: 1.0  # noqa: E731
    for attempts, number in (
        ([readable, broken], 1),
        ([broken], 2),
        # one that can be read, though it is late
        ([broken, late], 3),
        ([readable, broken, late, left], 1),
    ):
        choice = choose(attempts, Attempts(), DUE, point, judged)
        assert choice.attempt is not None and choice.attempt.number == number
    assert choose([left], Attempts(), DUE, point, judged).attempt is None


@pytest.mark.parametrize(
    ("arrived", "marked", "due", "late"),
    [
        (99.0, False, DUE, False),
        (100.0, False, DUE, False),
        (100.5, False, DUE, True),
        (500.0, False, None, False),
        # an archive
        (None, False, DUE, False),
        (None, True, DUE, True),
        (None, True, None, True),
        # a teacher gave the time
        (99.0, True, DUE, False),
        (101.0, True, DUE, True),
    ],
)
def test_what_is_late(arrived, marked, due, late):
    assert is_late(attempt(1, arrived, marked_late=marked), due) is late


def test_between_ways_the_later_collected_one_is_the_later_attempt():
    monday = attempt(1, 10.0, collected=60.0)
    tuesday = attempt(2, 20.0, collected=60.0)
    archive = attempt(3, None, Way.ARCHIVE, collected=70.0)
    by_hand = attempt(4, 5.0, Way.BY_HAND, collected=80.0)
    # it arrived on Monday, and was found last: still no later than what came on Tuesday
    found_last = attempt(5, 15.0, collected=90.0)
    everything = [monday, tuesday, archive, by_hand, found_last]
    for order in permutations(everything):
        assert [each.number for each in in_order(order)] == [1, 5, 2, 3, 4]


def test_the_files_of_all_that_might_count_stay():
    attempts = [
        attempt(number, arrived)
        for number, arrived, _ in [*AND_LATE, (5, 40.0, 1.0), (6, 50.0, 2.0)]
    ]
    points = {1: 5.0, 2: 9.0, 3: 7.0, 4: 10.0, 5: 1.0, 6: 2.0}
    found = counting_under_any(attempts, DUE, lambda each: points[each.number], judged)
    assert {each.number for each in found} == {6, 4, 2, 1}


def predicted(number: int, arrived: float, shown: float = 0.0, *cells: str, **more) -> Attempt:
    return attempt(number, arrived, shown=shown, predictions=dict.fromkeys(cells, "x = 1"), **more)


def test_the_first_attempt_that_was_shown_fixes_predictions():
    unseen = predicted(1, 10.0, 0.0, "a", "b")
    blank = predicted(2, 20.0, 21.0)
    first = predicted(3, 30.0, 31.0, "a")
    second = predicted(4, 40.0, 41.0, "a", "b")
    last = predicted(5, 50.0, 0.0, "a", "b")
    attempts = [unseen, blank, first, second, last]
    numbers = {
        each.number: {cell: by.number for cell, by in fixing(each, attempts, DUE).items()}
        for each in attempts
    }
    # before anything was shown, an attempt's own predictions hold; cell by cell
    assert numbers == {1: {}, 2: {}, 3: {}, 4: {"a": 3}, 5: {"a": 3, "b": 4}}


def test_a_late_prediction_changes_nothing_that_was_in_time():
    in_time, late, later = (
        predicted(1, 10.0, 0.0, "a"),
        predicted(2, 110.0, 111.0, "a"),
        predicted(3, 120.0, 0.0, "a"),
    )
    attempts = [in_time, late, later]
    assert fixing(in_time, attempts, DUE) == {}
    assert fixing(later, attempts, DUE) == {"a": late}
    # with more time for the student, the order alone decides
    assert fixing(later, attempts, 115.0) == {"a": late}
    archive = predicted(4, None, 130.0, "a", way=Way.ARCHIVE, marked_late=True, collected=1.0)
    assert fixing(in_time, [archive, *attempts], DUE) == {}, (
        "marked as late, though it was collected first"
    )


def test_an_attempt_that_answers_less_is_told():
    full, blank, unread = (
        attempt(1, 10.0, answered=11),
        attempt(2, 20.0, answered=0),
        attempt(3, 30.0, answered=None),
    )
    assert answered_before(blank, [full, blank, unread]) is full
    assert answered_before(full, [full, blank, unread]) is None
    assert answered_before(unread, [full, blank, unread]) is None
