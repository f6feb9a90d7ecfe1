"""Remarks that an instructor wrote once, for all answers that do the same.

A remark is nbgrader's automatic comment on the answer, so a comment that was written by hand for
one student comes before it, and it goes when the answer is mended. An answer that has had it keeps
it as long as it is handed in unchanged and fails; what it does in a check that changed, or with
other inputs, then counts, too.
"""

import glob
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

from proctor.course import Assignment, exercise_in, grade_id
from proctor.course.cells import bound
from proctor.records.store import Remark, read_remarks, write_remarks


@dataclass(frozen=True)
class Failure:
    """An answer that failed in one student's notebook: its behaviour and its source; `names` are
    those that it defines.
    """

    exercise: str
    behaviour: str
    source: str
    names: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Changes when the answer's cell does; empty where the answer isn't in that cell."""
        whole = set(self.names) <= bound(self.source).keys()
        return (
            hashlib.sha256(self.source.encode(errors="replace")).hexdigest()[:16] if whole else ""
        )


def graded_notebooks(course: Path, assignment: Assignment, student: str = "") -> list[Path]:
    """The notebooks that were graded for an assignment: all, or the one of `student`."""
    folder = glob.escape(student) or "[!.]*"
    name = glob.escape(f"{assignment.name}/{assignment.notebook.name}")
    return sorted((course / "autograded").glob(f"{folder}/{name}"))


def failures(notebook: NotebookNode) -> Iterator[Failure]:
    """The answers of a graded notebook that failed, as its report says."""
    verdicts = {cell["id"]: cell for cell in notebook.metadata.get("proctor", {}).get("cells", [])}
    answer, done = None, set()
    for cell in notebook.cells:
        if is_solution(cell) and not is_grade(cell):
            answer = cell
        behaviour = verdicts.get(grade_id(cell), {}).get("behaviour")
        if answer is not None and behaviour and is_grade(cell):
            exercise = answer.metadata.nbgrader.grade_id
            if exercise not in done:
                done.add(exercise)
                yield Failure(exercise, behaviour, answer.source, exercise_in(answer).names)


def fits(remark: Remark, assignment: str, student: str, failure: Failure) -> bool:
    """Whether a remark is for this failure in the student's notebook."""
    had = failure.digest != "" and failure.digest == remark.answers.get(student)
    same = (remark.assignment, remark.exercise) == (assignment, failure.exercise)
    return same and (had or remark.is_for(failure.behaviour))


def reach(remark: Remark, student: str, failure: Failure) -> bool:
    """Notes that this answer has the remark; whether that was new."""
    known = remark.is_for(failure.behaviour)
    if not known:
        remark.behaviours.append(failure.behaviour)
    same = remark.answers.get(student) == failure.digest
    remark.answers[student] = failure.digest
    return not (known and same)


def texts(course: Path, assignment: str, student: str, notebook: NotebookNode) -> dict[str, str]:
    """The remark on each exercise of a notebook that was just graded, if there is one."""
    remarks = read_remarks(course)
    found, new = {}, False
    for failure in failures(notebook) if remarks else ():
        for remark in remarks:
            if fits(remark, assignment, student, failure):
                found[failure.exercise] = remark.text
                new |= reach(remark, student, failure)
    if new:
        write_remarks(course, remarks)
    return found
