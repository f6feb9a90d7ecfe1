"""The one rule which of a student's attempts counts, and which predictions hold for it.

All of this is computed from the attempts, the policy in `nbgrader_config.py` and the student's due
date; nothing is read or written. `collect`, `grade`, `serve`, the gradebook and the pages use it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from math import ceil

from traitlets import Enum, Integer
from traitlets.config import Configurable

from proctor.records.attempts import EXCHANGE, Attempt, Way

LATE_IF_ALONE = "only if nothing came in time"

Points = Callable[[Attempt], float]
IsJudged = Callable[[Attempt], bool]


class Attempts(Configurable):
    """The policy: `c.Attempts.…`."""

    counts = Enum(
        ("last", "best", "first"), "last", help="Which attempt counts, of those in time."
    ).tag(config=True)

    late = Enum(
        (LATE_IF_ALONE, "counts"),
        LATE_IF_ALONE,
        help="Whether an attempt after the due date counts: only if none came in time, or like the "
        "others, with nbgrader's penalty.",
    ).tag(config=True)

    keep = Integer(
        20,
        min=1,
        help="Attempts of a student for an assignment whose files are kept. The verdicts stay.",
    ).tag(config=True)


@dataclass
class Choice:
    """The attempt that counts, as far as it is known; `needed`: those to judge before it is
    known.
    """

    attempt: Attempt | None = None
    needed: list[Attempt] = field(default_factory=list)


def is_late(attempt: Attempt, due: float | None) -> bool:
    """Whether an attempt came after this due date, its student's own.

    An archive holds no times: its attempts are in time, unless the LMS marked them as late.
    """
    if attempt.arrived is None:
        return attempt.marked_late
    return due is not None and attempt.arrived > due


def lateness(seconds: float, marked_late: bool) -> str:
    """Whether an attempt was in time, or late and by how much, in words; `marked_late`: without a
    time, by the LMS.
    """
    if seconds > 0:
        return f"late by {timedelta(seconds=ceil(seconds))}"
    return "late by an unknown time" if marked_late else "in time"


def in_order(attempts: Iterable[Attempt]) -> list[Attempt]:
    """A student's attempts for an assignment, the earliest first.

    Attempts through the exchange are in order of arrival. Between two ways in, the one that was
    collected later is the later attempt; of archives, and of folders by hand, too.
    """
    exchange = []
    keys = {}
    for each in attempts:
        if each.way in EXCHANGE:
            exchange.append(each)
        else:
            keys[each] = each.collected, 1, each.number
    exchange.sort(key=lambda each: (each.arrived or each.collected, each.number))
    # an attempt that was found late is no later than those that arrived after it
    collected = float("inf")
    for place, each in reversed(list(enumerate(exchange))):
        collected = min(collected, each.collected)
        keys[each] = collected, 0, place
    return sorted(keys, key=keys.__getitem__)


def choose(
    attempts: Sequence[Attempt],
    policy: Attempts,
    due: float | None,
    points: Points,
    is_judged: IsJudged,
) -> Choice:
    """Which of a student's attempts for an assignment counts.

    `due` is the student's own due date. `points` gives the points of a judged attempt, as they are
    recorded. An attempt that can't be read counts only if there is no other. So does the work of a
    group that its student left.
    """
    possible = [each for each in in_order(attempts) if each.may_count]
    possible = [each for each in possible if each.way != Way.FORMER_GROUP] or possible
    pool = [each for each in possible if not each.unreadable] or possible
    if policy.late == LATE_IF_ALONE:
        pool = [each for each in pool if not is_late(each, due)] or pool
    if not pool:
        return Choice()
    if policy.counts == "best":
        judged = list(filter(is_judged, pool))
        # of equals, the later one counts
        best = max(reversed(judged), key=points, default=pool[-1])
        return Choice(best, [each for each in pool if each not in judged])
    one = pool[0] if policy.counts == "first" else pool[-1]
    return Choice(one, [] if is_judged(one) else [one])


def counting_under_any(
    attempts: Sequence[Attempt], due: float | None, points: Points, is_judged: IsJudged
) -> list[Attempt]:
    """The attempts that count under some policy: their files stay, whatever is chosen later."""
    found = []
    for counts, late in product(("last", "best", "first"), (LATE_IF_ALONE, "counts")):
        policy = Attempts(counts=counts, late=late)
        attempt = choose(attempts, policy, due, points, is_judged).attempt
        if attempt and attempt not in found:
            found.append(attempt)
    return found


def earlier_than(attempt: Attempt, attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts before this one, the earliest first."""
    ordered = in_order(attempts)
    return ordered[: ordered.index(attempt)]


def fixing(attempt: Attempt, attempts: Iterable[Attempt], due: float | None) -> dict[str, Attempt]:
    """The earlier attempts that fix predictions for `attempt`, by graded cell.

    The first attempt whose points its student could see fixes a prediction for all later ones. A
    prediction that was left blank, or raised, fixes nothing. An attempt after the due date changes
    nothing that came before it.
    """
    found: dict[str, Attempt] = {}
    for earlier in earlier_than(attempt, attempts):
        if earlier.shown and (is_late(attempt, due) or not is_late(earlier, due)):
            for cell in earlier.predictions:
                found.setdefault(cell, earlier)
    return found


def answered_before(attempt: Attempt, attempts: Iterable[Attempt]) -> Attempt | None:
    """The latest earlier attempt that answers more exercises than `attempt`; None if none does."""
    if attempt.answered is None:
        return None
    for earlier in reversed(earlier_than(attempt, attempts)):
        if (earlier.answered or 0) > attempt.answered:
            return earlier
    return None
