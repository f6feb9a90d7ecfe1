"""`proctor remark`: a remark that is written once for all answers that fail alike and that no known
misconception explains.
"""

import contextlib
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import Any

import nbformat
from nbgrader.api import MissingEntry

from proctor.course import Assignment
from proctor.course.report import readable, report_in, same_behaviour
from proctor.errors import GradingError
from proctor.records.engine import Recorder
from proctor.records.gradebook import recording
from proctor.records.remarks import Failure, failures, fits, graded_notebooks, reach
from proctor.records.store import Remark, read_remarks, write_remarks
from proctor.text import all_shown, shown


@dataclass
class Group:
    """Answers to an exercise that behave alike; `cells` are those that they failed, and `message`
    is that of the first.

    `remark` is the instructor's, and `answer` one of the answers.
    """

    exercise: str
    behaviour: str
    message: str
    students: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    remark: str = ""
    answer: str = ""


def unexplained(assignment: Assignment, submitted: dict[str, list[dict[str, Any]]]) -> list[Group]:
    """The behaviours that at least two answers share and no known misconception explains, the most
    frequent first.

    `submitted`: the cells of reports, by student.
    """
    groups: list[Group] = []
    for student, cells in submitted.items():
        for cell in cells:
            name, behaviour = cell["id"], cell.get("behaviour")
            if not behaviour or cell.get("diagnosis") or name not in assignment.graded:
                continue
            exercise = assignment.graded[name].exercise
            for group in groups:
                if group.exercise == exercise and same_behaviour(behaviour, group.behaviour):
                    break
            else:
                group = Group(exercise, behaviour, cell.get("message", ""))
                groups.append(group)
            group.students.append(student)
            group.cells.append(name)
    for group in groups:
        group.students = sorted(set(group.students))
        group.cells = list(dict.fromkeys(group.cells))
    shared = [group for group in groups if len(group.students) > 1]
    return sorted(shared, key=lambda group: (-len(group.students), group.exercise, group.behaviour))


def explain(course: Path, assignment: Assignment, group: Group) -> None:
    """Adds the remark on a group, and the answer of its first student."""
    first = group.students[0]
    for remark in _on(course, assignment, group.exercise, [group.behaviour])[:1]:
        group.remark = remark.text
    if failure := _failed(course, assignment, group.exercise, first).get(first):
        group.answer = readable(failure.source)


def listed(course: Path, among: list[Assignment]) -> str:
    """The behaviours that at least two answers share and no known misconception explains, in words,
    with one answer each.
    """
    lines = []
    for assignment in among:
        paths = graded_notebooks(course, assignment)
        cells = {path.parts[-3]: report_in(path).get("cells", []) for path in paths}
        for group in unexplained(assignment, cells):
            explain(course, assignment, group)
            names = all_shown(group.students)
            first = group.students[0]
            which = f"{assignment.name} {group.exercise}"
            remark = "  no remark yet"
            if group.remark:
                remark = f"  your remark: {group.remark}"
            lines += [
                f"{which}: {len(group.students)} answers do the same: {names}",
                indent(readable(group.message), "  "),
                f"  {shown(first)}'s:",
                indent(group.answer, "    "),
                remark,
                f'  proctor remark {which} --like {shlex.quote(first)} "…"\n',
            ]
    return "\n".join(lines) or "no two answers failed alike without a known misconception behind it"


def shown_to(course: Path, assignment: Assignment, exercise: str, like: list[str]) -> str:
    """The students whom a remark would reach, in words, with the answers that it is about."""
    failed = _failed(course, assignment, exercise)
    remark = _about(course, assignment, exercise, like, failed)
    lines = []
    for student in like:
        answer = indent(readable(failed[student].source), "    ")
        lines += [f"{shown(student)}'s {exercise}:", answer]
    reached = all_shown(_reached(remark, failed))
    lines.append(f"a remark reaches {reached}; give it as the next argument")
    return "\n".join(lines)


def remark_on(
    course: Path, assignment: Assignment, exercise: str, like: list[str], text: str
) -> str:
    """Writes a remark for all whose answers behave as those of the students `like`, in place of an
    earlier one.

    Takes the earlier one back if `text` is empty. Returns a sentence on the result.
    """
    by_hand = []
    with contextlib.closing(Recorder(course)) as recorder, recording(course):
        failed = _failed(course, assignment, exercise)
        remark = _about(course, assignment, exercise, like, failed)
        remark.text = text
        earlier = _on(course, assignment, exercise, remark.behaviours)
        if not (text or earlier):
            raise GradingError(
                "there is no remark on what these answers do: 'proctor remark --list' shows them all"
            )
        for one in earlier:
            remark.behaviours = [*dict.fromkeys(remark.behaviours + one.behaviours)]
            remark.answers |= one.answers
        reached = _reached(remark, failed)
        with recorder.transaction() as gradebook:
            for student in reached:
                reach(remark, student, failed[student])
                with contextlib.suppress(MissingEntry):
                    comment = gradebook.find_comment(
                        exercise, assignment.notebook.stem, assignment.name, student
                    )
                    comment.auto_comment = text or None
                    if comment.manual_comment:
                        by_hand.append(student)
            gradebook.db.commit()
            others = [one for one in read_remarks(course) if one not in earlier]
            if text:
                others.append(remark)
            write_remarks(course, others)
    lines = [f'instead of "{one.text}"' for one in earlier if text and one.text != text]
    lines.append(f"{'said to' if text else 'taken back from'} {all_shown(reached)}")
    if text and by_hand:
        lines.append(
            f"{all_shown(by_hand)}: a comment that was written by hand is there, and is shown instead"
        )
    lines.append(f"on feedback pages with 'proctor feedback {assignment.name}'")
    return "\n".join(lines)


def _about(
    course: Path, assignment: Assignment, exercise: str, like: list[str], failed: dict[str, Failure]
) -> Remark:
    """A remark on the behaviour of these students' answers.

    Raises `GradingError` if one did not fail by what it does.
    """
    remark = Remark(assignment.name, exercise, "")
    for student in like:
        if not graded_notebooks(course, assignment, student):
            raise GradingError(f"{shown(student)} isn't graded yet: grade first")
        if student not in failed:
            raise GradingError(
                f"{shown(student)}'s {exercise} gave no wrong reply, which a remark would be about"
            )
        reach(remark, student, failed[student])
    return remark


def _reached(remark: Remark, failed: dict[str, Failure]) -> list[str]:
    """The students whose answers the remark is for."""
    found = []
    for student, each in failed.items():
        if fits(remark, remark.assignment, student, each):
            found.append(student)
    return found


def _failed(
    course: Path, assignment: Assignment, exercise: str, student: str = ""
) -> dict[str, Failure]:
    """How answers to an exercise failed, by student: all that did, or the one of `student`."""
    found: dict[str, Failure] = {}
    for path in graded_notebooks(course, assignment, student):
        for failure in failures(nbformat.read(path, as_version=4)):
            if failure.exercise == exercise:
                found[path.parts[-3]] = failure
    return found


def _on(course: Path, assignment: Assignment, exercise: str, behaviours: list[str]) -> list[Remark]:
    """The remarks on the behaviour of answers to an exercise."""
    found = []
    for each in read_remarks(course):
        is_on = each.assignment == assignment.name and each.exercise == exercise
        if is_on and any(map(each.is_for, behaviours)):
            found.append(each)
    return found
