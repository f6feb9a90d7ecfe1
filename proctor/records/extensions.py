"""More time for one student: `proctor extend`.

nbgrader keeps an extension with the submission, and has no place for it before there is one; a submission made for that
looks handed in. So extensions stand in proctor's store as well, and a submission gets its own when it is recorded.
"""

import contextlib
import difflib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment

from proctor.errors import GradingError
from proctor.records.store import extensions, set_extension
from proctor.text import shown

UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}


def give(course: Path, submission: SubmittedAssignment) -> None:
    """Gives a submission the extension that `proctor extend` gave its student last; where it gave none, one that it has stays."""
    whose = submission.assignment.name, submission.student_id
    if submission.assignment.duedate is None:
        # nbgrader adds it to the due date, whether there is one or not
        submission.extension = None
    elif (by := extensions(course).get(whose)) is not None:
        submission.extension = by or None


def extend(course: Path, gradebook: Gradebook, names: tuple[str, str], by: timedelta | None) -> datetime:
    """Records the extension of an assignment for a student, by `names`, or takes it back; returns when it is due now."""
    due = _due(gradebook, names[0])
    known = [each.id for each in gradebook.students]
    if names[1] not in known:
        near = ", ".join(map(shown, difflib.get_close_matches(names[1], known)))
        student = shown(names[1])
        meant = f": did you mean {near}?" if near else f"; 'nbgrader db student add {student}' adds one"
        raise GradingError(f"the gradebook has no student {student}{meant}")
    if by is not None and by <= timedelta():
        raise GradingError(f"{names[0]} is due on {due:%Y-%m-%d %H:%M} UTC for all: an extension ends later")
    with contextlib.suppress(MissingEntry):
        gradebook.find_submission(*names).extension = by
        gradebook.db.commit()
    # last: what stands here counts, whatever the gradebook says
    set_extension(course, names, by or timedelta())
    return due + (by or timedelta())


def duration(text: str) -> timedelta:
    """How long `2d`, `1d12h`, `90m` or `1w` is."""
    if not (parts := re.fullmatch(r"(?:\d{1,4}[wdhm])+", text)):
        raise GradingError(f"{text} is no duration: write 2d, 1d12h, 90m or 1w")
    return sum((timedelta(**{UNITS[part[-1]]: int(part[:-1])}) for part in re.findall(r"\d+\w", parts[0])), timedelta())


def until(gradebook: Gradebook, assignment: str, text: str) -> timedelta:
    """How long after the due date `2030-03-22 18:00 Europe/Berlin` is; without a zone it is UTC, as in nbgrader."""
    try:
        found = re.fullmatch(r"(\d{4}-\d\d-\d\d \d\d:\d\d)(?: (\S+))?", text)
        date, zone = found.groups("UTC") if found else ("", "")
        place = datetime.strptime(zone, "%z").tzinfo if zone[:1] in "+-" else ZoneInfo(zone)
        when = datetime.fromisoformat(date).replace(tzinfo=place).astimezone(UTC).replace(tzinfo=None)
    except (KeyError, OSError, OverflowError, ValueError) as error:
        raise GradingError(f"{text} is no date: write it so: 2030-03-22 18:00 UTC") from error
    return when - _due(gradebook, assignment)


def _due(gradebook: Gradebook, name: str) -> datetime:
    known = [each.name for each in gradebook.assignments]
    if name not in known:
        raise GradingError(f"the gradebook has no assignment {name}; it has {', '.join(known) or 'none yet'}")
    due = gradebook.find_assignment(name).duedate
    if due is None:
        how = f'nbgrader db assignment add {name} --duedate "2030-03-20 18:00 UTC"'
        raise GradingError(f"{name} has no due date to extend: give it one with '{how}'")
    return due
