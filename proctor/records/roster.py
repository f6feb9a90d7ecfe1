"""The roster: the students in the class, so that a misspelt folder in `submitted/` makes no student.

It holds those in `students.csv`, in the course's folder, and those with a name, an email or an id of the LMS in the
gradebook. Where it is empty, every folder is a student's.
"""

import csv
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from nbgrader.api import Gradebook, Student

from proctor.errors import GradingError
from proctor.text import shown

FILE = "students.csv"
COLUMNS = "id,first_name,last_name,email,lms_user_id"
RENAME = (
    "Rename the folder (if there is one of the right name already, keep the one that is to count, and move the other out "
    "of submitted/)"
)
ADD = "nbgrader db student add ID --last-name NAME"


class Submitted(NamedTuple):
    """What a student handed in for an assignment."""

    student: str
    assignment: str

    def __str__(self) -> str:
        return "/".join(map(shown, self))


def read_roster(course: Path, gradebook: Gradebook) -> dict[str, str]:
    """The full names of the students of a course by id, empty where there is none.

    Raises `GradingError` where `students.csv` can't be read.
    """
    found = _listed(course / FILE)
    facts = Student.id, Student.first_name, Student.last_name, Student.email, Student.lms_user_id
    for student, *about in gradebook.db.query(*facts):
        if any(about):
            found[student] = " ".join(filter(None, about[:2])) or found.get(student, "")
    return found


def nearest(roster: dict[str, str], student: str) -> list[str]:
    """The ids on the roster that are most like `student`, or whose names are: three at most."""
    known = {each.casefold(): each for each in roster}
    for each, name in roster.items():
        first, _, last = name.casefold().rpartition(" ")
        known |= {f"{first} {last}": each, f"{last} {first}": each}
    return list(dict.fromkeys(known[match] for match in get_close_matches(student.casefold(), known)))


def _listed(path: Path) -> dict[str, str]:
    """The full names in `students.csv` by id; nbgrader imports the same columns."""
    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines(), restval=""))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise GradingError(
            f"{path} isn't UTF-8: save it so; 'nbgrader db student import' wants it without a byte order mark"
        ) from None
    if rows and "id" not in rows[0]:
        raise GradingError(f"{path} has no column 'id': let its first line be {COLUMNS}, with commas")
    found = {row["id"].strip(): f"{row.get('first_name', '')} {row.get('last_name', '')}" for row in rows}
    return {student: " ".join(name.split()) for student, name in found.items() if student}


def on_the_roster(
    submissions: list[Submitted], roster: dict[str, str], recorded: set[str]
) -> tuple[list[Submitted], list[str]]:
    """The submissions of the roster's students, or all where there is none; and lines for the instructor on the others.

    `recorded`: the students in the gradebook.
    """
    strangers = [each for each in submissions if roster and each.student not in roster]
    if not strangers:
        return submissions, []
    lines = ["not graded, for nobody on the roster is called so:"]
    lines += [f"  submitted/{each}{_near(roster, each.student)}" for each in strangers]
    mend = f"{RENAME}; or put the student on the roster, by '{ADD}'; or grade them all the same"
    lines += [f"  {mend}, with --unknown, or one with --student ID."]
    if there := ", ".join(map(shown, sorted({each.student for each in strangers} & recorded))):
        mend = "To take one off it, grades and all: 'nbgrader db student remove ID --force', and delete autograded/ID"
        lines += [f"  In the gradebook all the same: {there}. {mend}."]
    return [each for each in submissions if each not in strangers], lines


def _near(roster: dict[str, str], student: str) -> str:
    """Names the students on the roster that may be meant."""
    near = [(shown(each), shown(roster[each])) for each in nearest(roster, student)]
    found = ", ".join(f"{student} ({name})" if name else student for student, name in near)
    return f": near it on the roster: {found}" if found else ""
