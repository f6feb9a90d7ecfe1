"""The instructor's decisions, in `nbgrader_config.py`: which assignments are answered, how soon,
and how much is told.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dateutil.tz import gettz
from nbgrader.utils import parse_utc
from traitlets import Dict, Enum, Integer, List, TraitError, Unicode, validate
from traitlets.config import Configurable

DAY = 24 * 3600.0
TELL = ("verdicts", "values", "hints")


class Serve(Configurable):
    """How submissions are answered: `c.Serve.…`."""

    assignments = List(
        Unicode(),
        help="The assignments that are answered; all that are released where this is empty.",
    ).tag(config=True)

    until = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help='Until when, by assignment: {"03-softmax": "2030-03-27 18:00 UTC"}. What comes later is left to `nbgrader collect`.',
    ).tag(config=True)

    tell = List(
        Enum(TELL),
        [*TELL],
        minlen=1,
        help="What is told of an exercise that fails the first time, the second, and so on; the last stays. `verdicts`: "
        "which checks fail, and how. `values`: what was called, came back and was expected. `hints`: what was "
        "misunderstood, and the notebook's hints, one more each time.",
    ).tag(config=True)

    cool_down = Integer(
        60,
        min=0,
        help="Seconds after a student's submission for an assignment was graded before the next one is.",
    ).tag(config=True)

    attempts_a_day = Integer(
        20,
        min=1,
        help="A student's submissions for an assignment that are graded within 24 hours; the next waits.",
    ).tag(config=True)

    @validate("until")
    def _are_dates(self, proposal: Any) -> dict[str, str]:
        for name, text in proposal["value"].items():
            try:
                parse_utc(text)
                # nbgrader takes a zone that it doesn't know for UTC, and +0100 for a hundred
                # seconds
                parts = text.split(" ")
                zone = parts[2] if len(parts) == 3 else ""
                if (
                    zone
                    and not re.fullmatch(r"[+-]?0+", zone)
                    and (re.fullmatch(r"[+-]?\d+", zone) or not gettz(zone))
                ):
                    raise ValueError(
                        f"the time zone {zone} is not known: write UTC, or a name such as Europe/Berlin"
                    )
            except (ValueError, OverflowError) as error:
                raise TraitError(
                    f"c.Serve.until: {text!r}, for {name}, is no date: {error}"
                ) from None
        return proposal["value"]

    def answers(self, assignment: str, arrived: datetime) -> bool:
        """Whether a submission for this assignment, which arrived then (in UTC), is answered."""
        end = self.until.get(assignment)
        return (not self.assignments or assignment in self.assignments) and (
            end is None or arrived <= parse_utc(end)
        )

    def not_before(self, graded: Sequence[float]) -> float:
        """When the next submission is graded at the soonest, if earlier ones were graded at these
        times.
        """
        times = sorted(graded)
        # the cool-down begins at the third attempt
        cooled = times[-1] + self.cool_down if len(times) > 1 else 0.0
        if len(times) < self.attempts_a_day:
            return cooled
        return max(cooled, times[-self.attempts_a_day] + DAY)

    def detail(self, failed_before: int) -> tuple[str, int]:
        """How much feedback an exercise gets that failed so often before, and how many of the
        notebook's hints.
        """
        what = self.tell[min(failed_before, len(self.tell) - 1)]
        rungs = failed_before - self.tell.index("hints") + 1 if what == "hints" else 0
        return what, rungs
