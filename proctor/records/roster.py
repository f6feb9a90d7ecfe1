"""The roster: the students in the class, so that a misspelt folder in `submitted/` makes no student.

There is one where `students.csv` lies in the course's folder, or where the gradebook holds a student whom no grading
put there: one with a name, an email or an id of the LMS, or one without any submission. Without a roster, every folder
is a student's.
"""

import csv
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook, Student, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory

from proctor.course.report import printable
from proctor.errors import GradingError
from proctor.records.gradebook import OpenGradebook, configuration, gradebook_file, recording
from proctor.sandbox.files import shown

if TYPE_CHECKING:
    from proctor.records.engine import Job

FILE = "students.csv"
COLUMNS = "id,first_name,last_name,email,lms_user_id"
ADD = "nbgrader db student add ID --last-name NAME"


@dataclass(frozen=True)
class Roster:
    """The class: full names by id, empty where there is none. `unlisted`: in the gradebook only because they were graded."""

    names: dict[str, str]
    unlisted: list[str] = field(default_factory=list)

    def knows(self, student: str) -> bool:
        """Whether a student's submissions are graded without being asked for: on the roster, or graded before."""
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
    names, unlisted, named = dict(listed), [], 0
    if gradebook:
        graded = {student for (student,) in gradebook.db.query(SubmittedAssignment.student_id).distinct()}
        facts = Student.id, Student.first_name, Student.last_name, Student.email, Student.lms_user_id
        for student, *about in gradebook.db.query(*facts):
            named += any(about)
            if any(about) or student not in graded or student in listed:
                names[student] = " ".join(filter(None, about[:2])) or names.get(student, "")
            else:
                unlisted.append(student)
    if not names:
        return None
    if not listed and named <= len(unlisted):
        # a class that was entered by ids alone: a student who was graded is in it as much as one who wasn't
        return Roster(names | dict.fromkeys(unlisted, ""))
    return Roster(names, sorted(unlisted))


def _listed(path: Path) -> dict[str, str]:
    """The full names in `students.csv` by id; nbgrader imports the same columns."""
    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines(), restval=""))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise GradingError(f"{path} isn't UTF-8: save it as 'CSV UTF-8'") from None
    if rows and "id" not in rows[0]:
        raise GradingError(f"{path} has no column 'id': let its first line be {COLUMNS}, with commas")
    found = {row["id"].strip(): f"{row.get('first_name', '')} {row.get('last_name', '')}" for row in rows}
    return {student: " ".join(name.split()) for student, name in found.items() if student}


def admit(course: Path, submissions: list["Job"], everybody: bool) -> tuple[list["Job"], list[str]]:
    """The submissions to grade, of the roster's students or of `everybody`; and lines for the instructor."""
    where = CourseDirectory(config=configuration(course))
    file = gradebook_file(where.db_url)
    with recording(course):
        if file is None or file.is_file():
            with OpenGradebook(where.db_url, where.course_id).transaction() as gradebook:
                roster = read_roster(course, gradebook)
        else:
            # the recorder makes the gradebook, with the right permissions
            roster = read_roster(course, None)
    if roster is None:
        return submissions, []
    known = [each for each in submissions if everybody or roster.knows(each.student)]
    lines = []
    if strangers := [each for each in submissions if each not in known]:
        lines += ["not graded, for nobody on the roster is called so:"]
        lines += [f"  submitted/{each}{_nearest(roster, each.student)}" for each in strangers]
        mend = f"Rename the folder; or put the student on the roster, by '{ADD}'; or grade them all the same"
        lines += [f"  {mend}, with --unknown, or one with --student ID."]
    if roster.unlisted and not everybody:
        lines += ["not on the roster, but graded before, and so still graded:"]
        lines += [f"  {shown(each)}{_nearest(roster, each)}" for each in roster.unlisted]
        remove = "nbgrader db student remove ID --force"
        lines += [f"  To put one on the roster: '{ADD}'. To remove one and the grades: '{remove}'."]
    return known, list(map(printable, lines))


def _nearest(roster: Roster, student: str) -> str:
    """Names the students on the roster that may be meant."""
    near = [(shown(each), roster.names[each]) for each in roster.nearest(student)]
    found = ", ".join(f"{student} ({name})" if name else student for student, name in near)
    return f": near it on the roster: {found}" if found else ""
