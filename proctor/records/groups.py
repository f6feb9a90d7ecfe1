"""Groups: students who hand in together. The file `groups.csv`, in the course's folder, names them.

A line for one assignment replaces there the student's line for all assignments.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from nbgrader.api import Gradebook, Student

from proctor.course.files import made_once
from proctor.errors import GradingError
from proctor.records.roster import ADD, nearest, read_roster
from proctor.records.store import Key, extensions, opened
from proctor.records.tables import read_table
from proctor.text import all_shown, shown

FILE = "groups.csv"


@dataclass
class Groups:
    """The groups of a course.

    `lines` gives, by student and assignment, a line's number and its group.
    """

    lines: dict[Key, tuple[int, str]]
    _members: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def members(self, key: Key) -> list[str]:
        """The members of a student's group for an assignment: the student alone, if there is no
        group.
        """
        student, assignment = key
        if assignment not in self._members:
            self._members[assignment] = self._by_student(assignment)
        return self._members[assignment].get(student, [student])

    def _by_student(self, assignment: str) -> dict[str, list[str]]:
        group_of = dict[str, str]()
        for scope in ("", assignment):
            for (student, name), (_, group) in self.lines.items():
                if name == scope:
                    group_of[student] = group
        found = defaultdict[str, list[str]](list)
        for student, group in group_of.items():
            found[group].append(student)
        return {student: found[group] for student, group in group_of.items()}


def groups_in(course: Path) -> Groups:
    """The groups of a course, which may have none.

    Raises `GradingError` if `groups.csv` is malformed.
    """
    path = course / FILE
    return _read(path) if path.exists() else Groups({})


@made_once
def _read(path: Path) -> Groups:
    lines = dict[Key, tuple[int, str]]()
    for number, row in read_table(path, "group,student", "assignment"):
        place = f"{path}, line {number}"
        group, student, assignment = row["group"], row["student"], row.get("assignment", "")
        if not group or not student:
            raise GradingError(f"{place}: write a group and a student")
        earlier, other = lines.get((student, assignment), (0, group))
        if other != group:
            raise GradingError(
                f"{place}: {shown(student)} is in the group {shown(other)} already, by line {earlier}: remove one of the lines"
            )
        lines[student, assignment] = number, group
    return Groups(lines)


def check_groups(course: Path, gradebook: Gradebook) -> None:
    """Raises `GradingError` if `groups.csv` names a student or an assignment that the course
    doesn't have.
    """
    lines = groups_in(course).lines
    if not lines:
        return
    roster = read_roster(course, gradebook)
    students = roster.keys() | {student for (student,) in gradebook.db.query(Student.id)}
    for (student, assignment), (number, _) in lines.items():
        place = f"{course / FILE}, line {number}"
        if student not in students:
            remedy = f"correct the line, or add the student: '{ADD}'"
            if near := all_shown(nearest(roster, student)):
                remedy = f"did you mean {near}?"
            raise GradingError(f"{place}: the class has no student {shown(student)}: {remedy}")
        folders = course / "source" / assignment, course / "release" / assignment
        if assignment and not any(map(Path.is_dir, folders)):
            raise GradingError(
                f"{place}: the course has no assignment {shown(assignment)}: correct the line"
            )


def extension_of(course: Path, key: Key) -> timedelta | None:
    """A student's extension for an assignment: the latest of the group; None if it has none."""
    _, assignment = key
    found = []
    with opened(course) as database:
        for member in groups_in(course).members(key):
            query = "SELECT seconds FROM extensions WHERE assignment = ? AND student = ?"
            found += database.execute(query, [assignment, member])
    return timedelta(seconds=max(found)[0]) if found else None


def extensions_by_group(course: Path) -> dict[tuple[str, str], timedelta]:
    """The extensions by assignment and student; each member of a group has the latest of its
    members.
    """
    groups, given = groups_in(course), extensions(course)
    found = dict(given)
    for assignment, student in given:
        keys = [(assignment, member) for member in groups.members((student, assignment))]
        latest = max(given[key] for key in keys if key in given)
        found |= dict.fromkeys(keys, latest)
    return found
