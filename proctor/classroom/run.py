"""A run of `proctor grade`: whom it concerns, what is graded, and what is said of it."""

import contextlib
from collections import Counter
from pathlib import Path

import click
from rich.console import Console

from proctor.classroom.grade import Class, Graded, HandedIn, handed_in, strays, submissions
from proctor.classroom.progress import Progress, say, show, show_changes
from proctor.classroom.workers import Pool
from proctor.course.files import RunFolder
from proctor.errors import GradingError
from proctor.records.engine import Recorder
from proctor.records.gradebook import recording
from proctor.records.results import Results, results
from proctor.records.roster import admit


def to_be_seen(course: Path, names: list[str], student: str, unknown: bool = False) -> list[HandedIn]:
    """What was handed in by who is in the class, or by the one `student`; tells what is left out, and why.

    `unknown`: also by who isn't on the roster. Raises `GradingError` where nothing is left.
    """
    if left := strays(course):
        click.secho(f"not graded: {', '.join(left)}; an assignment's folder is called as in release/", err=True)
    if not handed_in(course):
        if left:
            raise GradingError(f"{course / 'submitted'} holds nothing else")
        raise GradingError(f"{course / 'submitted'} is empty: collect first, or try --sample")
    found = submissions(course, names or handed_in(course), student)
    if not found:
        whose = f"{'STUDENT' if student == '*' else student}/{', '.join(names) or 'ASSIGNMENT'}"
        raise GradingError(f"nothing to grade: there is no {course / 'submitted' / whose}")
    admitted, said = admit(course, found, told=unknown or student != "*")
    for line in said:
        click.echo(line, err=True)
    return admitted


def grade(
    course: Path,
    found: list[HandedIn],
    names: list[str],
    pool: Pool,
    console: Console,
    *,
    seed: int | None = None,
    force: bool = False,
    what_if: bool = False,
    trust_students: bool = False,
    student: str = "*",
) -> list[Graded]:
    """Grades what is new or has changed in what was handed in, and shows who got what in the assignments `names`.

    `what_if`: in copies, which are gone afterwards; shows who would gain or lose what. Returns those that could not be
    graded. Raises `GradingError`.
    """
    failed: list[Graded] = []
    with contextlib.ExitStack() as opened:
        trial = Path(opened.enter_context(RunFolder())) if what_if else None
        recorder = opened.enter_context(contextlib.closing(Recorder(course, trial)))
        before = _results(recorder) if what_if else {}
        of_the_class = Class(recorder, seed, trust_students)
        todo = of_the_class.todo(found, force)
        why = ", ".join(f"{count} {reason}" for reason, count in Counter(todo.values()).most_common())
        say(console, f"{len(todo)} to grade, {len(found) - len(todo)} unchanged{f' ({why})' if why else ''}")
        with Progress(console, len(todo)) as progress:
            for assignment in {one.assignment.name: one.assignment for one in todo}.values():
                recorder.prepare(assignment)
            if todo:
                pool.require_walls(trust_students)
            for graded in of_the_class.grade(list(todo), pool):
                progress.tell(graded)
                failed += [graded] if graded.error else []
        if todo:
            progress.sum_up(pool)
        for line in recorder.settle(names):
            say(console, line)
        if what_if:
            concerned = {one.key for one in found}
            after = {key: grade for key, grade in _results(recorder).items() if key in concerned}
            show_changes(before, after, console)
        else:
            with recording(course), recorder.transaction() as gradebook:
                show(course, gradebook, names, console, student)
    return failed


def _results(recorder: Recorder) -> Results:
    with recording(recorder.course), recorder.transaction() as gradebook:
        return results(gradebook)
