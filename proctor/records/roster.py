"""The roster: the students in the class, so that a misspelt folder in `submitted/` makes no
student.

It holds the students in `students.csv`, in the course's folder, and those with a name, an email or
an id of the LMS in the gradebook. If it is empty, every folder is a student's.
"""

import glob
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from nbgrader.api import Gradebook, Student

from proctor.records.tables import read_table
from proctor.text import all_shown, shown

FILE = "students.csv"
OTHERS = "first_name,last_name,email,lms_user_id"
RENAME = (
    "Rename the folder (if there is one of the right name already, keep the one that is to count, and move the other out "
    "of submitted/)"
)
ADD = "nbgrader db student add ID --last-name NAME"


class Submitted(NamedTuple):
    """A student's submission for an assignment."""

    student: str
    assignment: str

    def __str__(self) -> str:
        return "/".join(map(shown, self))


def submissions(
    course: Path, names: Iterable[str], student: str = "*", step: str = "submitted"
) -> list[Submitted]:
    """The submissions for these assignments in a step's folder, by assignment and student; hidden
    folders are no students, as in nbgrader.
    """
    found = []
    for name in names:
        for path in sorted((course / step).glob(f"[!.]*/{glob.escape(name)}")):
            if student in ("*", path.parent.name):
                found.append(Submitted(path.parent.name, name))
    return found


def read_roster(course: Path, gradebook: Gradebook) -> dict[str, str]:
    """The full names of the students of a course by id; empty if there is no roster.

    Raises `GradingError` if `students.csv` can't be read.
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
    matches = get_close_matches(student.casefold(), known)
    return list(dict.fromkeys(map(known.__getitem__, matches)))


def _listed(path: Path) -> dict[str, str]:
    """The full names in `students.csv` by id; nbgrader imports the same columns."""
    if not path.exists():
        return {}
    found = {}
    for _, row in read_table(path, "id", OTHERS):
        if row["id"]:
            names = [*row.get("first_name", "").split(), *row.get("last_name", "").split()]
            found[row["id"]] = " ".join(names)
    return found


def on_the_roster(
    submissions: list[Submitted], roster: dict[str, str], recorded: set[str]
) -> tuple[list[Submitted], list[str]]:
    """The submissions of the roster's students, or all if there is no roster; and lines for the
    instructor on the others.

    `recorded`: the students in the gradebook.
    """
    members = []
    strangers = []
    for each in submissions:
        if roster and each.student not in roster:
            strangers.append(each)
        else:
            members.append(each)
    if not strangers:
        return members, []
    lines = ["not graded, for nobody on the roster is called so:"]
    for each in strangers:
        near = []
        for student in nearest(roster, each.student):
            name = roster[student]
            near.append(f"{shown(student)} ({shown(name)})" if name else shown(student))
        about = f": near it on the roster: {', '.join(near)}" if near else ""
        lines.append(f"  submitted/{each}{about}")
    mend = f"{RENAME}; or put the student on the roster, by '{ADD}'; or grade them all the same"
    lines.append(f"  {mend}, with --unknown, or one with --student ID.")
    there = all_shown(sorted({each.student for each in strangers} & recorded))
    if there:
        mend = "To take one off it, grades and all: 'nbgrader db student remove ID --force', and delete autograded/ID"
        lines.append(f"  In the gradebook all the same: {there}. {mend}.")
    return members, lines
