"""Grades in the columns that Canvas and Moodle import: `nbgrader export
--exporter=proctor.records.exports.Canvas --to FILE`.

What their importers do with a file was read in their public sources, `gradebook_importer.rb` with
the page that sends its findings on, and `grade/import/csv/` with `csvlib.class.php`; neither was
run. `tests/records/importers.py` does the same.

Canvas: the first row holds *Student* and *ID*, then *SIS User ID* and *SIS Login ID*, *Section*
last, and then the assignments, each found by its exact title, or by the number in brackets that
Canvas's own export puts behind it. A row whose first cell says *Points Possible* gives the points
of assignments that are new there, and changes no others. A student is found by Canvas's number, or
else by the SIS User ID, the SIS Login ID, or the name, in either order; for one that isn't found it
asks. A point or a comma is the decimal sign, `EX` excuses, and a score takes the place of an
excuse. Whether commas or semicolons stand between cells is told from the first three lines: so no
cell of ours holds a line break. UTF-8, with or without a mark.

Moodle: the person who uploads says which column is what, and what stands between cells; UTF-8
unless another is chosen. Every row needs as many cells as the first. A student is found by id, ID
number, email or username; one that isn't found, a locked grade, a text where a number is wanted, or
a grade over 100 where the site doesn't allow that, ends the import with nothing imported. A row in
which the identifying cell is empty goes to the student of the row above.

Both take an empty cell for "no grade", and a grade that is there already goes: a student has no row
here who handed in nothing, or something that could not be read.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, Student
from nbgrader.plugins import ExportPlugin

from proctor.course.codes import Reason
from proctor.course.files import replace
from proctor.course.report import reasons, report_in
from proctor.course.words import REASONS
from proctor.errors import GradingError
from proctor.records.results import Result, results
from proctor.records.roster import ADD, read_roster
from proctor.text import all_shown, shown

COLUMNS = (
    "assignment duedate timestamp student_id last_name first_name email raw_score late_submission_penalty score max_score "
    "remark"
).split()


def no_formula(text: str) -> str:
    """A text that no spreadsheet takes for a formula; an id such as `@ada` or `-7` stays as it is,
    to be found by.
    """
    harmless = not text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) or re.fullmatch(
        r"[+@-]?[\w.-]*", text
    )
    return text if harmless else f"'{text}"


def one_line(text: str | None) -> str:
    """A name without line breaks."""
    return " ".join((text or "").split())


@contextmanager
def written(path: Path) -> Iterator[io.StringIO]:
    """A text that is put into a file as a whole; what is no file, `/dev/stdout` say, is written
    to.
    """
    yield (text := io.StringIO(newline=""))
    data = text.getvalue().encode()
    if path.exists() and not path.is_file():
        path.write_bytes(data)
    else:
        replace(path.resolve(), data)


class _Checked(ExportPlugin):
    """Ends with a message, before anything is written, if an assignment or a student isn't in the
    gradebook.
    """

    parent: Any  # nbgrader's `ExportApp`

    def export(self, gradebook: Gradebook) -> None:
        names, ids = set(map(str, self.assignment)), set(map(str, self.student))
        known = [each.name for each in gradebook.assignments]
        if unknown := ", ".join(sorted(names.difference(known))):
            self._end(
                f"the gradebook has no assignment {unknown}; it has {', '.join(known) or 'none yet'}"
            )
        # a due date alone puts an assignment into the gradebook
        assignments = []
        for each in gradebook.assignments:
            if each.name in names or (each.submissions and not names):
                assignments.append(each)
        students = [each for each in gradebook.students if not ids or each.id in ids]
        if unknown := all_shown(sorted(ids.difference(each.id for each in students))):
            self._end(f"the gradebook has no student {unknown}: see 'nbgrader db student list'")
        try:
            self.write(gradebook, assignments, students)
        except GradingError as error:
            self._end(str(error))
        except OSError as error:
            self._end(f"{error.filename or self.to} can't be written: {error.strerror}")

    def write(
        self, gradebook: Gradebook, assignments: list[Assignment], students: list[Student]
    ) -> None:
        """Writes the file: of those that `--assignment` and `--student` name, or of all."""
        raise NotImplementedError

    def _end(self, message: str) -> None:
        self.log.error("Nothing was exported: %s", message)
        sys.exit(1)


class Rows(_Checked):
    """nbgrader's own table, one row a student and assignment: `ExportApp.plugin_class`; `remark`
    says why there is no grade.

    nbgrader itself writes names that hold a comma, a line break or a formula as they are.
    """

    def write(
        self, gradebook: Gradebook, assignments: list[Assignment], students: list[Student]
    ) -> None:
        earned, nothing = results(gradebook), Result(0.0, None, timedelta())
        with written(Path(self.to or "grades.csv")) as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(COLUMNS)
            for assignment, student in product(assignments, students):
                found = earned.get((student.id, assignment.name), nothing)
                names = student.last_name or "", student.first_name or ""
                facts = [shown(student.id), *names, student.email or ""]
                row = [
                    assignment.name,
                    assignment.duedate,
                    found.timestamp,
                    *map(no_formula, facts),
                ]
                if found.graded:
                    row += [found.raw, found.penalty, found.score, assignment.max_score, ""]
                else:
                    row += ["", "", "", assignment.max_score, self._why(student, assignment)]
                table.writerow(row)

    def _why(self, student: Student, assignment: Assignment) -> str:
        """Why a submission has no grade."""
        place = self.parent.coursedir
        folder = Path(place.format_path(place.autograded_directory, student.id, assignment.name))
        for path in sorted(folder.glob("*.ipynb")):
            reason = reasons(report_in(path)).get(Reason.UNREADABLE)
            if reason:
                return f"{REASONS[Reason.UNREADABLE]}: {reason}"
        return "not graded yet"


class _OneRowAStudent(_Checked):
    """Writes one row a student and one column an assignment, called by its `heading`."""

    columns: tuple[str, ...] = ()
    heading = "{}"
    default: str

    def write(
        self, gradebook: Gradebook, assignments: list[Assignment], students: list[Student]
    ) -> None:
        earned = results(gradebook)
        roster = {} if self.student else read_roster(Path(self.parent.coursedir.root), gradebook)
        path = Path(self.to or self.default)
        rows, left = [], []
        for student in students:
            scores = []
            for each in assignments:
                found = earned.get((student.id, each.name))
                # empty without a submission, or for an unreadable one
                score = ""
                if found and found.graded:
                    score = f"{found.score:g}"
                scores.append(score)
            if not any(scores):
                continue
            if roster and student.id not in roster:
                left.append(student.id)
            else:
                rows.append([*map(no_formula, self.facts(student)), *scores])
        with written(path) as file:
            table = csv.writer(file)
            table.writerow(
                [*self.columns, *(self.heading.format(each.name) for each in assignments)]
            )
            table.writerows(self.above(assignments))
            table.writerows(rows)
        self.log.info(
            "Wrote the grades of %s student%s to %s", len(rows), "s" * (len(rows) != 1), path
        )
        if left:
            self.log.warning(
                "Left out, not on the roster: %s. To put one on it: '%s'", all_shown(left), ADD
            )

    def above(self, assignments: list[Assignment]) -> list[list[Any]]:
        """Rows between the headings and the students."""
        return []

    def facts(self, student: Student) -> list[str]:
        """A student's fields, one for each of `columns`."""
        raise NotImplementedError


class Canvas(_OneRowAStudent):
    """For Canvas: Grades, Import.

    It finds students by its own ID, `lms_user_id` in nbgrader, or else by their SIS Login ID.

    The latter is their id in nbgrader. An assignment is found by its name.
    """

    columns = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    default = "canvas.csv"

    def above(self, assignments: list[Assignment]) -> list[list[Any]]:
        points = [f"{each.max_score:g}" for each in assignments]
        return [["    Points Possible", *[""] * 4, *points]]

    def facts(self, student: Student) -> list[str]:
        names = filter(None, map(one_line, (student.last_name, student.first_name)))
        id = shown(student.id)
        return [", ".join(names) or id, student.lms_user_id or "", "", id, ""]


class Moodle(_OneRowAStudent):
    """For Moodle: Grades, Import, CSV file.

    Map `ID number` to useridnumber, or `Email address` to useremail.
    """

    columns = ("First name", "Last name", "ID number", "Institution", "Department", "Email address")
    heading = "Assignment: {} (Real)"
    default = "moodle.csv"

    def write(
        self, gradebook: Gradebook, assignments: list[Assignment], students: list[Student]
    ) -> None:
        super().write(gradebook, assignments, students)
        without = sum(not student.email for student in students)
        if without:
            said = "%s without an email address: let Moodle identify by ID number, or it gives their grades to others"
            self.log.warning(said, f"{without} student{'s' * (without != 1)}")

    def facts(self, student: Student) -> list[str]:
        names = [one_line(student.first_name), one_line(student.last_name)]
        return [*names, shown(student.id), "", "", student.email or ""]
