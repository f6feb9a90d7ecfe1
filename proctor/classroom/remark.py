"""`proctor remark`: a remark that is written once for all answers that fail alike and that no known misconception explains."""

import contextlib
import glob
import shlex
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import MissingEntry

from proctor.course import Assignment
from proctor.course.report import readable, report_in, same_behaviour
from proctor.errors import GradingError
from proctor.records.engine import Recorder
from proctor.records.gradebook import recording
from proctor.records.remarks import Failure, failures, fits, reach
from proctor.records.store import Remark, read_remarks, write_remarks
from proctor.text import shown


def unexplained(assignment: Assignment, submitted: list[dict[str, Any]], course: Path | None) -> list[dict[str, Any]]:
    """The behaviours that at least two students' answers share and no known misconception explains, the most frequent first.

    `submitted` are submissions as `class_report` has them. With `course`, one answer and the remark come along.
    """
    groups: list[dict[str, Any]] = []
    for each in submitted:
        for cell in each["cells"]:
            if cell.get("behaviour") and not cell.get("diagnosis") and cell["id"] in assignment.graded:
                group = _group(groups, assignment.graded[cell["id"]].exercise, cell["behaviour"])
                group["students"] |= {each["student"]: None}
                group["cells"].setdefault(cell["id"], cell.get("message", ""))
    groups = [group for group in groups if len(group["students"]) > 1]
    for group in groups:
        group["students"], messages = sorted(group["students"]), list(group["cells"].values())
        group["cells"] = list(group["cells"])
        if course:
            earlier = _on(course, assignment, group["exercise"], [group["behaviour"]])
            group["message"], group["remark"] = messages[0], earlier[0].text if earlier else ""
            failed = _failed(course, assignment, group["exercise"], group["students"][0])
            group["answer"] = "".join(readable(failure.source) for failure in failed.values())
    return sorted(groups, key=lambda group: (-len(group["students"]), group["exercise"], group["behaviour"]))


def _group(groups: list[dict[str, Any]], exercise: str, behaviour: str) -> dict[str, Any]:
    """The group of those whose answer to the exercise does this: the one that is there, or a new one."""
    for group in groups:
        if group["exercise"] == exercise and same_behaviour(behaviour, group["behaviour"]):
            return group
    groups.append({"exercise": exercise, "behaviour": behaviour, "students": {}, "cells": {}})
    return groups[-1]


def listed(course: Path, among: list[Assignment]) -> str:
    """The behaviours that at least two answers share and no known misconception explains, in words, with one answer each."""
    lines = []
    for assignment in among:
        graded = [
            {"student": path.parts[-3], "cells": report_in(path).get("cells", [])}
            for path in _graded(course, assignment)
        ]
        for group in unexplained(assignment, graded, course):
            whose, exercise = group["students"], group["exercise"]
            lines.append(
                f"{assignment.name} {exercise}: {len(whose)} answers do the same: {', '.join(map(shown, whose))}"
            )
            lines += [f"  {line}" for line in readable(group["message"]).splitlines()]
            lines += [f"  {shown(whose[0])}'s:", *(f"    {line}" for line in group["answer"].splitlines())]
            lines.append(f"  your remark: {group['remark']}" if group["remark"] else "  no remark yet")
            lines.append(f'  proctor remark {assignment.name} {exercise} --like {shlex.quote(whose[0])} "…"\n')
    return "\n".join(lines) or "no two answers failed alike without a known misconception behind it"


def shown_to(course: Path, assignment: Assignment, exercise: str, like: list[str]) -> str:
    """Whom a remark would reach, in words, with the answers that it is about."""
    lines, failed = [], _failed(course, assignment, exercise)
    remark = _about(course, assignment, exercise, like, failed)
    for student in like:
        lines += [
            f"{shown(student)}'s {exercise}:",
            *(f"    {line}" for line in readable(failed[student].source).splitlines()),
        ]
    reached = ", ".join(map(shown, _reached(remark, failed)))
    lines.append(f"a remark reaches {reached}; give it as the next argument")
    return "\n".join(lines)


def remark_on(course: Path, assignment: Assignment, exercise: str, like: list[str], text: str) -> str:
    """Writes a remark for all whose answers do what those of the students `like` do, in place of an earlier one, or takes
    it back where `text` is empty; in words, what came of it.
    """
    by_hand = []
    with contextlib.closing(Recorder(course)) as recorder, recording(course):
        failed = _failed(course, assignment, exercise)
        remark = _about(course, assignment, exercise, like, failed)
        remark.text = text
        earlier = _on(course, assignment, exercise, remark.behaviours)
        if not (text or earlier):
            raise GradingError("there is no remark on what these answers do: 'proctor remark --list' shows them all")
        for one in earlier:
            remark.behaviours = [*dict.fromkeys(remark.behaviours + one.behaviours)]
            remark.answers |= one.answers
        reached = _reached(remark, failed)
        with recorder.transaction() as gradebook:
            for student in reached:
                reach(remark, student, failed[student])
                with contextlib.suppress(MissingEntry):
                    comment = gradebook.find_comment(exercise, assignment.notebook.stem, assignment.name, student)
                    comment.auto_comment = text or None
                    by_hand += [student] if comment.manual_comment else []
            gradebook.db.commit()
            others = [one for one in read_remarks(course) if one not in earlier]
            write_remarks(course, others + [remark] * bool(text))
    lines = [f'instead of "{one.text}"' for one in earlier if text and one.text != text]
    lines.append(f"{'said to' if text else 'taken back from'} {', '.join(map(shown, reached))}")
    if text and by_hand:
        lines.append(
            f"{', '.join(map(shown, by_hand))}: a comment that was written by hand is there, and is shown instead"
        )
    lines.append(f"on feedback pages with 'proctor feedback {assignment.name}'")
    return "\n".join(lines)


def _about(course: Path, assignment: Assignment, exercise: str, like: list[str], failed: dict[str, Failure]) -> Remark:
    """A remark on what the answers of these students do. Raises `GradingError` where one did not fail by what it does."""
    remark = Remark(assignment.name, exercise, "")
    for student in like:
        if student not in failed:
            name = shown(student)
            why = f"{name}'s {exercise} gave no wrong reply, which a remark would be about"
            raise GradingError(why if _graded(course, assignment, student) else f"{name} isn't graded yet: grade first")
        reach(remark, student, failed[student])
    return remark


def _reached(remark: Remark, failed: dict[str, Failure]) -> list[str]:
    """The students whose answers the remark is for."""
    return [student for student, each in failed.items() if fits(remark, remark.assignment, student, each)]


def _failed(course: Path, assignment: Assignment, exercise: str, student: str = "") -> dict[str, Failure]:
    """How answers to an exercise failed, by student: all that did, or the one of `student`."""
    found: dict[str, Failure] = {}
    for path in _graded(course, assignment, student):
        for failure in failures(nbformat.read(path, as_version=4)):
            if failure.exercise == exercise:
                found[path.parts[-3]] = failure
    return found


def _graded(course: Path, assignment: Assignment, student: str = "") -> list[Path]:
    """The notebooks that were graded for an assignment: all, or the one of `student`."""
    whose = glob.escape(student) or "[!.]*"
    return sorted(
        (course / "autograded").glob(f"{whose}/{glob.escape(f'{assignment.name}/{assignment.notebook.name}')}")
    )


def _on(course: Path, assignment: Assignment, exercise: str, behaviours: list[str]) -> list[Remark]:
    """The remarks on what answers to an exercise do."""
    wanted = assignment.name, exercise
    return [
        one
        for one in read_remarks(course)
        if (one.assignment, one.exercise) == wanted and any(map(one.is_for, behaviours))
    ]
