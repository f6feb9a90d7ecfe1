"""The one rule which of a student's attempts counts, and which predictions hold for it.

All of this is computed from the attempts, the policy in `nbgrader_config.py` and the student's due
date; nothing is read or written. `collect`, `grade`, `serve`, the gradebook and the pages use it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from traitlets import Enum, Integer
from traitlets.config import Configurable

from proctor.records.attempts import EXCHANGE, Attempt

LATE_IF_ALONE = "only if nothing came in time"

Points = Callable[[Attempt], float | None]


class Attempts(Configurable):
    """The policy: `c.Attempts.…`."""

    counts = Enum(("last", "best", "first"), "last", help="Which attempt counts, of those in time.").tag(config=True)

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
    """The attempt that counts, as far as it is known; `needed`: those to judge before it is known."""

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
    """Whether an attempt was in time, or late and by how much, in words; `marked_late`: without a time, by the LMS."""
    if seconds > 0:
        return f"late by {timedelta(seconds=int(seconds))}"
    return "late by an unknown time" if marked_late else "in time"


def in_order(attempts: Sequence[Attempt]) -> list[Attempt]:
    """A student's attempts for an assignment, the earliest first.

    Those through the exchange are in order of arrival. Between two ways in, the one that was
    collected later is the later attempt; of archives, and of folders by hand, too.
    """
    exchange = [each for each in attempts if each.way in EXCHANGE]
    exchange.sort(key=_arrival)
    keys = {each.number: (each.collected, each.number) for each in attempts}
    # an attempt that was found late is no later than those that arrived after it
    collected = float("inf")
    for each in reversed(exchange):
        collected = min(collected, each.collected)
        keys[each.number] = (collected, each.number)
    places = {each.number: place for place, each in enumerate(exchange)}

    def key(attempt: Attempt) -> tuple:
        when, number = keys[attempt.number]
        if attempt.number in places:
            return when, 0, places[attempt.number]
        return when, 1, number

    return sorted(attempts, key=key)


def _arrival(attempt: Attempt) -> tuple[float, int]:
    when = attempt.arrived if attempt.arrived is not None else attempt.collected
    return when, attempt.number


def choose(attempts: Sequence[Attempt], policy: Attempts, due: float | None, points: Points) -> Choice:
    """Which of a student's attempts for an assignment counts.

    `due` is the student's own due date. `points` gives the points of an attempt as they are
    recorded, and None if the attempt is still to be judged. An attempt that can't be read counts
    only if there is no other.
    """
    possible = [each for each in in_order(attempts) if each.may_count]
    pool = [each for each in possible if not each.unreadable] or possible
    if policy.late == LATE_IF_ALONE:
        pool = [each for each in pool if not is_late(each, due)] or pool
    if not pool:
        return Choice()
    if policy.counts == "best":
        return _best(pool, points)
    one = pool[0] if policy.counts == "first" else pool[-1]
    return Choice(one, [one] if points(one) is None else [])


def _best(pool: list[Attempt], points: Points) -> Choice:
    best, most = None, None
    needed = []
    for each in pool:
        earned = points(each)
        if earned is None:
            needed.append(each)
        elif most is None or earned >= most:
            # of equals, the later one counts
            best, most = each, earned
    return Choice(best or pool[-1], needed)


def counting_under_any(attempts: Sequence[Attempt], due: float | None, points: Points) -> list[Attempt]:
    """The attempts that count under some policy: their files stay, whatever is chosen later."""
    found = []
    for counts in ("last", "best", "first"):
        for late in (LATE_IF_ALONE, "counts"):
            attempt = choose(attempts, Attempts(counts=counts, late=late), due, points).attempt
            if attempt and attempt not in found:
                found.append(attempt)
    return found


def fixing(attempt: Attempt, attempts: Sequence[Attempt], due: float | None) -> dict[str, Attempt]:
    """The earlier attempts that fix predictions for `attempt`, by graded cell.

    The first attempt whose points its student could see fixes a prediction for all later ones.
    A prediction that was left blank, or raised, fixes nothing. What came after the due date changes
    nothing that came before it.
    """
    found: dict[str, Attempt] = {}
    for earlier in in_order(attempts):
        if earlier.number == attempt.number:
            break
        if not earlier.shown:
            continue
        if is_late(earlier, due) and not is_late(attempt, due):
            continue
        for cell in earlier.predictions:
            found.setdefault(cell, earlier)
    return found


def answered_before(attempt: Attempt, attempts: Sequence[Attempt]) -> Attempt | None:
    """The latest earlier attempt that answers more exercises than `attempt`; None if none does."""
    if attempt.answered is None:
        return None
    fuller = None
    for earlier in in_order(attempts):
        if earlier.number == attempt.number:
            break
        if earlier.answered is not None and earlier.answered > attempt.answered:
            fuller = earlier
    return fuller
