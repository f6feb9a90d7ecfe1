"""More time for one student: `proctor extend`.

nbgrader keeps an extension with the submission, and has no place for it before there is one; a
submission made for that looks handed in. So extensions stand in proctor's store as well, and a
submission gets its own when it is recorded.
"""

import contextlib
import difflib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment

from proctor.errors import GradingError
from proctor.records.groups import extension_of
from proctor.records.store import note_no_extension, set_extension
from proctor.records.tables import read_table
from proctor.text import all_shown, shown

UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}


def give(course: Path, store: Path, submission: SubmittedAssignment) -> None:
    """Gives a submission the extension that `proctor extend` gave its student, or another member of
    the group, last; if it gave none, one that it has stays.

    Notes in the folder `store` that it gave a member none: who leaves the group keeps none.
    """
    student, assignment = key = submission.student_id, submission.assignment.name
    if submission.assignment.duedate is None:
        # nbgrader adds it to the due date, whether there is one or not
        submission.extension = None
    elif (by := extension_of(course, key)) is not None:
        submission.extension = by or None
        note_no_extension(store, (assignment, student))


def extend(
    course: Path, gradebook: Gradebook, assignment: str, more: dict[str, timedelta]
) -> datetime:
    """Records extensions of an assignment by student, or, if they are of no time, takes them back;
    returns the due date.

    All of them or, if a student isn't known or an extension ends too early, none.
    """
    due = _due(gradebook, assignment)
    known = [each.id for each in gradebook.students]
    for student, by in more.items():
        if student not in known:
            meant = f"; 'nbgrader db student add {shown(student)}' adds one"
            if near := all_shown(difflib.get_close_matches(student, known)):
                meant = f": did you mean {near}?"
            raise GradingError(f"the gradebook has no student {shown(student)}{meant}")
        if by < timedelta():
            raise GradingError(
                f"{assignment} is due on {due:%Y-%m-%d %H:%M} UTC for all: an extension ends later"
            )
    for student, by in more.items():
        with contextlib.suppress(MissingEntry):
            gradebook.find_submission(assignment, student).extension = by or None
        gradebook.db.commit()
        # last: this counts, whatever the gradebook says
        set_extension(course, (assignment, student), by)
    return due


def in_file(path: Path) -> dict[str, str]:
    """The extensions in a CSV file with the columns `student` and `more`, by student."""
    found = {}
    for line, row in read_table(path, "student,more"):
        if not row["student"] or not row["more"]:
            raise GradingError(
                f"{path}, line {line}: write a student and how much more time, such as 'ada,2d'"
            )
        found[row["student"]] = row["more"]
    return found


def later_by(gradebook: Gradebook, assignment: str, text: str) -> timedelta:
    """How much later an assignment is due by `2d`, `2030-03-22` or `2030-03-22 18:00
    Europe/Berlin`.
    """
    by = until(gradebook, assignment, text) if re.match(r"\d{4}-", text) else duration(text)
    if not by:
        raise GradingError(f"{text} is when {assignment} is due for all: an extension ends later")
    return by


def duration(text: str) -> timedelta:
    """How long `2d`, `1d12h`, `90m` or `1w` is."""
    if not re.fullmatch(r"(?:\d{1,4}[wdhm])+", text):
        raise GradingError(
            f"{text} is no duration and no date: write 2d, 1d12h, 90m, 1w, 2030-03-22 or 2030-03-22 18:00 UTC"
        )
    found = timedelta()
    for number, unit in re.findall(r"(\d+)(\w)", text):
        found += timedelta(**{UNITS[unit]: int(number)})
    return found


def until(gradebook: Gradebook, assignment: str, text: str) -> timedelta:
    """How long after the due date `2030-03-22 18:00 Europe/Berlin` is; without a zone it is UTC, as
    in nbgrader.

    A day alone is its last minute.
    """
    try:
        found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d))?(?: (\S+))?", text)
        day, minute, zone = found.groups() if found else ("", "", "")
        zone = zone or "UTC"
        place = datetime.strptime(zone, "%z").tzinfo if zone[:1] in "+-" else ZoneInfo(zone)
        when = (
            datetime.fromisoformat(f"{day} {minute or '23:59'}")
            .replace(tzinfo=place)
            .astimezone(UTC)
            .replace(tzinfo=None)
        )
    except (KeyError, OSError, OverflowError, ValueError) as error:
        raise GradingError(
            f"{text} is no date: write it so: 2030-03-22, or 2030-03-22 18:00 UTC"
        ) from error
    return when - _due(gradebook, assignment)


def _due(gradebook: Gradebook, name: str) -> datetime:
    known = [each.name for each in gradebook.assignments]
    if name not in known:
        raise GradingError(
            f"the gradebook has no assignment {name}; it has {', '.join(known) or 'none yet'}"
        )
    due = gradebook.find_assignment(name).duedate
    if due is None:
        how = f'nbgrader db assignment add {name} --duedate "2030-03-20 18:00 UTC"'
        raise GradingError(f"{name} has no due date to extend: give it one with '{how}'")
    return due
