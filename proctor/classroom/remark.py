"""`proctor remark`: what failed alike and no known mistake explains, and a remark that is written once for all of them."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Comment, Gradebook, MissingEntry

from proctor.course import Assignment
from proctor.course.report import readable, report_in, same_behaviour
from proctor.errors import GradingError
from proctor.records.engine import Recorder
from proctor.records.gradebook import recording
from proctor.records.remarks import Failure, failures, fits, reach
from proctor.records.store import Remark, read_remarks, write_remarks


@dataclass
class Given:
    """Whom a remark reaches; of these, who has a comment that was written by hand, which stays; what it replaces."""

    reached: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)


def unexplained(assignment: Assignment, submitted: list[dict[str, Any]], course: Path | None) -> list[dict[str, Any]]:
    """What at least two students' answers do that no known mistake explains, the most frequent first.

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
            group["answer"] = answer_of(course, assignment, group["students"][0], group["exercise"])
    return sorted(groups, key=lambda group: (-len(group["students"]), group["exercise"], group["behaviour"]))


def _group(groups: list[dict[str, Any]], exercise: str, behaviour: str) -> dict[str, Any]:
    """The group of those whose answer to the exercise does this: the one that is there, or a new one."""
    for group in groups:
        if group["exercise"] == exercise and same_behaviour(behaviour, group["behaviour"]):
            return group
    groups.append({"exercise": exercise, "behaviour": behaviour, "students": {}, "cells": {}})
    return groups[-1]


def listed(course: Path, among: list[Assignment]) -> str:
    """What at least two answers do that no known mistake explains, in words, with one answer each."""
    told = []
    for assignment in among:
        for group in unexplained(assignment, _reports(course, assignment), course):
            whose, exercise = group["students"], group["exercise"]
            told.append(f"{assignment.name} {exercise}: {len(whose)} answers do the same: {', '.join(whose)}")
            told += [f"  {line}" for line in readable(group["message"]).splitlines()]
            told += [f"  {whose[0]}'s:", *(f"    {line}" for line in group["answer"].splitlines())]
            told.append(f"  your remark: {group['remark']}" if group["remark"] else "  no remark yet")
            told.append(f'  proctor remark {assignment.name} {exercise} --like {whose[0]} "…"\n')
    return "\n".join(told) or "no two answers failed alike without a known mistake behind it"


def shown_to(course: Path, assignment: Assignment, exercise: str, like: list[str]) -> str:
    """Whom a remark would reach, in words, with the answers that it is about."""
    told = []
    for student in like:
        source = known_failure(course, assignment, student, exercise).source
        told += [f"{student}'s {exercise}:", *(f"    {line}" for line in readable(source).splitlines())]
    told.append(f"a remark reaches {', '.join(whom(course, assignment, exercise, like))}; give it as the next argument")
    return "\n".join(told)


def remark_on(course: Path, assignment: Assignment, exercise: str, like: list[str], text: str) -> str:
    """Gives a remark, or takes it back where `text` is empty; in words, what came of it."""
    given = give(course, assignment, exercise, like, text)
    told = [f'instead of "{earlier}"' for earlier in given.replaced if text]
    told.append(f"{'said to' if text else 'taken back from'} {', '.join(given.reached)}")
    if text and given.by_hand:
        whose = ", ".join(given.by_hand)
        told.append(f"{whose}: a comment that was written by hand is there, and is shown instead")
    told.append(f"on feedback pages with 'proctor feedback {assignment.name}'")
    return "\n".join(told)


def _reports(course: Path, assignment: Assignment) -> list[dict[str, Any]]:
    """The verdicts on all who were graded, as `unexplained` takes them."""
    paths = sorted((course / "autograded").glob(f"[!.]*/{assignment.name}/{assignment.notebook.name}"))
    return [{"student": path.parts[-3], "cells": report_in(path).get("cells", [])} for path in paths]


def graded_notebook(course: Path, assignment: Assignment, student: str) -> Path:
    return course / "autograded" / student / assignment.name / assignment.notebook.name


def failure_of(course: Path, assignment: Assignment, student: str, exercise: str) -> Failure | None:
    """How a student's answer to an exercise failed; None where it didn't, or where nothing is known of what it does."""
    path = graded_notebook(course, assignment, student)
    found = failures(nbformat.read(path, as_version=4)) if path.is_file() else ()
    return next((failure for failure in found if failure.exercise == exercise), None)


def answer_of(course: Path, assignment: Assignment, student: str, exercise: str) -> str:
    """A student's answer, to be shown."""
    failure = failure_of(course, assignment, student, exercise)
    return readable(failure.source) if failure else ""


def known_failure(course: Path, assignment: Assignment, student: str, exercise: str) -> Failure:
    """How a student's answer failed. Raises `GradingError` where nothing is known of what it does."""
    failure = failure_of(course, assignment, student, exercise)
    if failure is None:
        place = graded_notebook(course, assignment, student)
        why = f"its {exercise} didn't fail by what it does" if place.is_file() else "it isn't there: grade it first"
        raise GradingError(f"{place}: {why}")
    return failure


def whom(course: Path, assignment: Assignment, exercise: str, like: list[str]) -> list[str]:
    """The students whose answers do what those of the students `like` do."""
    remark = Remark(assignment.name, exercise, "")
    for student in like:
        reach(remark, student, known_failure(course, assignment, student, exercise))
    failed = _failed(course, assignment, exercise)
    return [student for student, failure in failed if fits(remark, assignment.name, student, failure)]


def give(course: Path, assignment: Assignment, exercise: str, like: list[str], text: str) -> Given:
    """Writes a remark for all whose answers do what those of the students `like` do, in place of an earlier one; none
    where `text` is empty.
    """
    given = Given()
    with contextlib.closing(Recorder(course)) as recorder, recording(course):
        failed = dict(_failed(course, assignment, exercise))
        remark = Remark(assignment.name, exercise, text)
        for student in like:
            reach(remark, student, known_failure(course, assignment, student, exercise))
        earlier = _on(course, assignment, exercise, remark.behaviours)
        for one in earlier:
            remark.behaviours = [*dict.fromkeys(remark.behaviours + one.behaviours)]
            remark.answers |= one.answers
        given.replaced = [one.text for one in earlier if one.text != text]
        given.reached = [name for name, each in failed.items() if fits(remark, assignment.name, name, each)]
        with recorder.transaction() as gradebook:
            for student in given.reached:
                reach(remark, student, failed[student])
                if comment := _comment(gradebook, assignment, student, exercise):
                    comment.auto_comment = text or None
                    given.by_hand += [student] if comment.manual_comment else []
            gradebook.db.commit()
            write_remarks(
                course, [one for one in read_remarks(course) if one not in earlier] + ([remark] if text else [])
            )
    return given


def _comment(gradebook: Gradebook, assignment: Assignment, student: str, exercise: str) -> Comment | None:
    with contextlib.suppress(MissingEntry):
        return gradebook.find_comment(exercise, assignment.notebook.stem, assignment.name, student)
    return None


def _failed(course: Path, assignment: Assignment, exercise: str) -> list[tuple[str, Failure]]:
    """Everybody whose answer to an exercise failed."""
    places = (course / "autograded").glob(f"[!.]*/{assignment.name}")
    found = [(name, failure_of(course, assignment, name, exercise)) for name in sorted(p.parent.name for p in places)]
    return [(student, failure) for student, failure in found if failure]


def _on(course: Path, assignment: Assignment, exercise: str, behaviours: list[str]) -> list[Remark]:
    """The remarks on what answers to an exercise do."""
    wanted = assignment.name, exercise
    return [
        one
        for one in read_remarks(course)
        if (one.assignment, one.exercise) == wanted and any(map(one.is_for, behaviours))
    ]
