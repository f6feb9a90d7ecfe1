"""The roster: who is in the class, so that a misspelt folder in `submitted/` makes no student.

There is one where `students.csv` lies in the course's folder, or where the gradebook holds a student whom no grading
put there: one with a name, an email or an id of the LMS, or one without any submission. Without a roster, whoever has a
folder is a student.
"""

import contextlib
import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.api import Gradebook, Student, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory

from proctor.course.report import printable
from proctor.errors import GradingError
from proctor.records.gradebook import configuration, gradebook_file, recording
from proctor.sandbox.files import shown

if TYPE_CHECKING:
    from proctor.classroom.grade import HandedIn

FILE = "students.csv"
ADD = "nbgrader db student add ID --last-name NAME"
COLUMNS = "id,first_name,last_name,email,lms_user_id"


@dataclass(frozen=True)
class Roster:
    """The class: full names by id, empty where there is none.

    `unlisted` are in the gradebook only because they were graded; of `not_imported`, only `students.csv` tells a name.
    """

    names: dict[str, str]
    unlisted: list[str] = field(default_factory=list)
    not_imported: list[str] = field(default_factory=list)

    def knows(self, student: str) -> bool:
        """Whether somebody is graded without a word: on the roster, or graded before."""
        return student in self.names or student in self.unlisted

    def nearest(self, student: str) -> list[str]:
        """The ids on the roster that are most like `student`, or whose names are: three at most."""
        known = {each.casefold(): each for each in self.names}
        for each, name in self.names.items():
            first, _, last = name.casefold().rpartition(" ")
            known |= {f"{first} {last}": each, f"{last} {first}": each}
        return list(dict.fromkeys(known[match] for match in get_close_matches(student.casefold(), known)))


def read_roster(course: Path, gradebook: Gradebook | None) -> Roster | None:
    """The roster of a course, which may have no gradebook yet; None where there is no roster.

    Raises `GradingError` where `students.csv` can't be read.
    """
    listed = _listed(course / FILE)
    names, unlisted, named = dict(listed), [], set()
    graded, students = _recorded(gradebook) if gradebook else (set(), [])
    for student, first, last, email, lms in students:
        if any((first, last, email, lms)):
            named.add(student)
        elif student in graded and student not in listed:
            unlisted.append(student)
            continue
        names[student] = " ".join(filter(None, (first, last))) or names.get(student, "")
    if not names:
        return None
    if not listed and len(named) <= len(unlisted):
        # a class that was entered by ids alone: who was graded is in it as much as who wasn't
        names |= dict.fromkeys(unlisted, "")
        unlisted = []
    return Roster(names, sorted(unlisted), sorted(listed.keys() - named))


def _recorded(gradebook: Gradebook) -> tuple[set[str], list[Any]]:
    """The ids of those who were graded, and what the gradebook tells of every student."""
    graded = {student for (student,) in gradebook.db.query(SubmittedAssignment.student_id).distinct()}
    facts = Student.id, Student.first_name, Student.last_name, Student.email, Student.lms_user_id
    return graded, gradebook.db.query(*facts).all()


def _listed(path: Path) -> dict[str, str]:
    """The full names in `students.csv` by id, however a spreadsheet wrote it."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise GradingError(f"{path} can't be read: {error.strerror}") from None
    coding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    heading, _, rest = data.decode(coding, "replace").partition("\n")
    heading = heading.casefold().replace(" ", "")
    rows = csv.DictReader(
        [heading, *rest.splitlines()], restval="", delimiter=max(",;\t", key=heading.count), skipinitialspace=True
    )
    try:
        if "id" not in (rows.fieldnames or ()):
            raise GradingError(f"{path} has no column 'id': its first line is to be {COLUMNS}")
        found = {row["id"].strip(): f"{row.get('first_name', '')} {row.get('last_name', '')}" for row in rows}
    except csv.Error as error:
        raise GradingError(f"{path} can't be read: {error}") from None
    return {student: " ".join(name.split()) for student, name in found.items() if student}


def admit(course: Path, submissions: list["HandedIn"], told: bool) -> tuple[list["HandedIn"], list[str]]:
    """The submissions to grade, of the roster's students or, where that was `told`, of all; and what is to be said."""
    coursedir = CourseDirectory(config=configuration(course))
    file = gradebook_file(coursedir.db_url)
    with recording(course), contextlib.ExitStack() as opened:
        # who records makes it, with the right permissions
        there = file is None or file.is_file()
        gradebook = opened.enter_context(Gradebook(coursedir.db_url, coursedir.course_id)) if there else None
        roster = read_roster(course, gradebook)
    if roster is None:
        return submissions, []
    known = [each for each in submissions if told or roster.knows(each.student)]
    strangers = [each for each in submissions if each not in known]
    said = []
    if strangers:
        here = {each.student for each in submissions}
        said.append("not graded, for nobody on the roster is called so:")
        said += [f"  submitted/{each}{_nearest(roster, each.student, here)}" for each in strangers]
        said.append(
            f"  Rename the folder; or put the student on the roster, by '{ADD}'; or grade them all the same, with "
            "--unknown, or one with --student ID."
        )
    if roster.unlisted and not told:
        said.append("not on the roster, but graded before, and so still graded:")
        said += [f"  {shown(each)}{_nearest(roster, each)}" for each in roster.unlisted]
        said.append(
            f"  To put one on the roster: '{ADD}'. To remove one and the grades: 'nbgrader db student remove ID --force'."
        )
    if roster.not_imported:
        many = len(roster.not_imported)
        said.append(
            f"{FILE} names {many} student{'s' * (many != 1)} whom the gradebook doesn't: nbgrader db student import {FILE}"
            f", which takes it in UTF-8, with commas and a first line of {COLUMNS}"
        )
    return known, list(map(printable, said))


def _nearest(roster: Roster, student: str, here: Iterable[str] = ()) -> str:
    """Says who on the roster may be meant; `here` are those who handed in under their own id."""
    found = []
    for each in roster.nearest(student):
        facts = [roster.names[each]] * bool(roster.names[each]) + ["handed in, too"] * (each in here)
        found.append(f"{shown(each)} ({', '.join(facts)})" if facts else shown(each))
    return f": near it on the roster: {', '.join(found)}" if found else ""
