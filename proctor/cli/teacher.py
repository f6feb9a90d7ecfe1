"""Commands for instructors and authors: grade, serve, extend, feedback, report, remark, doctor."""

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from proctor.cli.group import ASSIGNMENTS, PATH, class_course, cores, flag, main, named, one_named
from proctor.course import Assignment
from proctor.course.report import readable
from proctor.errors import NoSandbox
from proctor.text import printable, shown

if TYPE_CHECKING:
    from proctor.classroom.workers import Pool

WORKERS = click.option(
    "--workers", type=click.IntRange(1), default=cores, help="Processes; by default one a core."
)
CLUSTER = click.option(
    "--cluster", metavar="ADDRESS", help="Grade on the workers of this Dask scheduler instead."
)
TRUST = flag(
    "--trust-students",
    help="Grade even if a wall is missing, or the notebook is for another kernel than Python's.",
)


@main.command()
@ASSIGNMENTS
@click.option("--student", default="*", metavar="ID", help="Grade this student only.")
@WORKERS
@CLUSTER
@click.option(
    "--exercise",
    metavar="NAME",
    help="Judge only this one again, and those whose stand-ins it may change.",
)
@click.option(
    "--seed",
    type=int,
    help="Draw the checks' inputs from this seed; by default, from the attempt's.",
)
@flag("--force", help="Grade again, even if nothing has changed since.")
@flag("--what-if", help="Record nothing: say who would gain or lose points.")
@flag("--unknown", help="Grade those, too, who are not on the class's roster.")
@flag("--sample", help="If there is no class yet, grade one of made-up students.")
@TRUST
def grade(
    names: tuple[str, ...],
    workers: int,
    cluster: str | None,
    exercise: str | None,
    sample: bool,
    **how: Any,
) -> None:
    """Grade the class in submitted/ into the gradebook and autograded/, and show the scores.

    Grades of unchanged work stay as they are; after an interruption, start again to go on.
    """
    console = Console(emoji=False)
    course = class_course()
    assigned = named(course, names)
    if exercise:
        if len(names) != 1:
            raise click.UsageError("--exercise needs one ASSIGNMENT")
        one_named(course, *names, exercise)
    for assignment in assigned:
        if changes := _unreleased_points(assignment):
            counts = "this trial counts them" if how["what_if"] else "don't count yet"
            said = f"{assignment.name}: points in source/ are not released, and {counts}: {', '.join(changes)}."
            mend = (
                f"'nbgrader generate_assignment {assignment.name} --create --force' releases them"
            )
            click.echo(readable(f"{said} {mend}"), err=True)
    # takes longer to start than the imports below
    with _pool(workers, cluster) as pool:
        from proctor.classroom.grade import grade_class

        if sample and not any((course / "submitted").glob("[!.]*/*")):
            from proctor.authoring.sample import sample_class
            from proctor.records.engine import Recorder

            with (
                contextlib.closing(Recorder(course)) as recorder,
                recorder.transaction() as gradebook,
            ):
                made = sample_class(course, gradebook)
            console.print(
                f"submitted/ was empty: made {made} submissions of a sample class", highlight=False
            )
        failed = grade_class(
            course, list(dict.fromkeys(names)), pool, console, exercise=exercise, **how
        )
    if failed:
        raise click.ClickException(f"{len(failed)} could not be graded: {', '.join(failed)}")


def _pool(workers: int, cluster: str | None) -> "Pool":
    """The processes that grade: those of the cluster at this address, or else of this machine."""
    from proctor.classroom.cluster import Cluster
    from proctor.classroom.workers import Pool

    return Cluster(cluster) if cluster else Pool(workers)


def _unreleased_points(assignment: Assignment) -> list[str]:
    """The cells that earn other points in `source/` than in `release/`, whose points count."""
    from proctor.records.stale import points, points_in_source

    now = points_in_source(assignment)
    found = []
    for name, worth in points(assignment).items():
        if now[name] != worth:
            found.append(f"{name} {worth:g} → {now[name]:g}")
    return found


@main.command()
@flag("--once", help="End once nothing is left that can be graded now.")
@WORKERS
@CLUSTER
@TRUST
def serve(once: bool, workers: int, cluster: str | None, trust_students: bool) -> None:
    """Grade submissions to nbgrader's exchange as they come, and put the feedback there for
    students to fetch.

    `c.Serve.…` in nbgrader_config.py says which assignments are answered, how often, and in how
    much detail.
    """
    from proctor.serve.service import Service

    def print_line(text: str) -> None:
        click.echo(printable(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}"), err=True)

    # as Ctrl-C does, for systemd and JupyterHub
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    course = class_course()
    try:
        service = Service(course, lambda: _pool(workers, cluster), trust_students, print_line)
        with contextlib.closing(service):
            print_line(f"answers what comes to {service.inbound}")
            service.run(once)
    except KeyboardInterrupt:
        print_line("interrupted: start again to go on")


LIST = flag("--list", "lists", help="Show all of them, and their students.")


def _print_list(course: Path, lines: Iterator[str]) -> None:
    from proctor.records.gradebook import recording

    with recording(course):
        click.echo(printable("\n".join(lines) or "none yet"))


def _extensions(course: Path) -> Iterator[str]:
    from proctor.records.store import extensions

    for (assignment, student), by in extensions(course).items():
        if by:
            yield f"{assignment} {shown(student)}: {_later(by)}"


def _later(by: timedelta) -> str:
    return f"{str(by).removesuffix(', 0:00:00')} after the others"


def _remarks(course: Path) -> Iterator[str]:
    from proctor.records.store import read_remarks

    for one in read_remarks(course):
        students = ", ".join(map(shown, sorted(one.answers)))
        yield f"{one.assignment} {one.exercise}: {one.text}"
        yield f"  said to {students or 'nobody yet'}"


@main.command()
@click.argument("assignment", required=False)
@click.argument("words", nargs=-1, metavar="[STUDENT...] [MORE]")
@click.option(
    "--until", metavar="DATE", help='Instead of MORE: 2030-03-22, or "2030-03-22 18:00 UTC".'
)
@flag("--all", "everybody", help="For all students of the gradebook.")
@click.option(
    "--csv",
    "path",
    type=PATH,
    help="A file with the columns student and more, instead of both.",
)
@flag("--remove", help="Take an extension back.")
@LIST
def extend(
    assignment: str | None,
    words: tuple[str, ...],
    until: str | None,
    everybody: bool,
    path: Path | None,
    remove: bool,
    lists: bool,
) -> None:
    """Give students more time than the others: 2d, 1d12h, 90m or 1w; or until a day, 2030-03-22, to
    its end.

    It counts from the assignment's due date, replaces one that was given before, and may be given
    before a student hands in or after that.
    """
    from proctor.course.configuration import configuration
    from proctor.records import extensions
    from proctor.records.gradebook import OpenGradebook, recording

    course = class_course()
    if lists:
        _print_list(course, _extensions(course))
        return
    students = [*words]
    more = until
    if not (until or remove or path) and words:
        more = students.pop()
    ways = bool(students) + everybody + bool(path)
    # --csv says how much, --remove nothing; the other ways say it once
    if not assignment or ways != 1 or bool(more) + remove + bool(path) != 1:
        raise click.UsageError(
            "give an assignment, students and 2d, or a day, or --until, or --remove; or --csv FILE. --all is for all"
        )
    with recording(course), OpenGradebook(configuration(course)).transaction() as gradebook:
        if everybody:
            students = [each.id for each in gradebook.students]
        wanted = extensions.in_file(path) if path else dict.fromkeys(students, more)
        by = dict.fromkeys(wanted, timedelta())
        for student, text in wanted.items():
            if text:
                by[student] = extensions.later_by(gradebook, assignment, text)
        due = extensions.extend(course, gradebook, assignment, by)
    for student, longer in by.items():
        later = f", {_later(longer)}" if longer else ", as for all"
        click.echo(
            readable(
                f"{assignment} is due on {due + longer:%Y-%m-%d %H:%M} UTC for {shown(student)}{later}"
            )
        )
    click.echo(f"'proctor grade {assignment}' gives late penalties by it")


@main.command()
@ASSIGNMENTS
@click.option("--student", default="*", metavar="ID", help="The feedback to this student only.")
@flag(
    "--zip",
    "archive",
    help="Pack the pages that the exchange can't take, for Canvas or Moodle.",
)
@WORKERS
def feedback(names: tuple[str, ...], student: str, archive: bool, workers: int) -> None:
    """Make feedback pages, release them through the exchange, and list those that are left, with
    their folder.

    A page is made again if its grade or a comment has changed.
    """
    from proctor.classroom.feedback import hand_out

    course = class_course()
    assigned = [each.name for each in named(course, names)]
    well = hand_out(course, assigned, student, archive, workers, Console(emoji=False))
    sys.exit(0 if well else 1)


@main.command()
@click.option(
    "--to",
    "path",
    type=PATH,
    help="The file to write; by default report.html, or the output.",
)
@flag(
    "--json",
    "as_json",
    help="Print all of it as JSON, for programs, instead of a page.",
)
@flag("--anonymous", help="Leave the students' ids, names and words out.")
@click.option(
    "--answers",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write each student's answers into this folder, as .py, for programs that compare.",
)
def report(path: Path | None, as_json: bool, anonymous: bool, answers: Path | None) -> None:
    """Show the class at a glance: scores, pass rates, misconceptions, and who needs a look."""
    from proctor.classroom.report import class_report
    from proctor.classroom.report_page import page
    from proctor.classroom.similarity import write_answers
    from proctor.records.gradebook import recording

    if anonymous and answers:
        raise click.UsageError(
            "students' answers, by student, can't be anonymous: leave out --anonymous or --answers"
        )
    course = class_course()
    with recording(course):
        # raises an error if nothing is graded yet
        data = class_report(course, anonymous)
    if answers:
        write_answers(course, answers)
        click.echo(answers)
        return
    if as_json:
        text = json.dumps(data, indent=2)
    else:
        path = path or course / "report.html"
        text = page(data, course, path.absolute().parent)
    if path:
        path.write_text(text, encoding="utf-8")
        click.echo(f"{path}")
    else:
        click.echo(printable(text), nl=False)


@main.command()
@click.argument("assignment", required=False)
@click.argument("exercise", required=False)
@click.argument("text", required=False)
@click.option(
    "--like",
    multiple=True,
    metavar="ID",
    help="A student whose answer needs this remark.",
)
@flag("--take-back", help="Take the remark back from all who have it.")
@LIST
def remark(
    assignment: str | None,
    exercise: str | None,
    text: str | None,
    like: tuple[str, ...],
    take_back: bool,
    lists: bool,
) -> None:
    """Write one remark for all whose answers do the same; without TEXT, show whom it would reach.

    Without arguments, list mistakes that two or more answers share and no known misconception
    explains.
    """
    from proctor.classroom.remark import listed, remark_on, shown_to

    course = class_course()
    if lists:
        _print_list(course, _remarks(course))
        return
    if not (assignment and exercise):
        names = (assignment,) if assignment else ()
        click.echo(printable(listed(course, named(course, names))))
        return
    found = one_named(course, assignment, exercise)
    if not like:
        raise click.ClickException("say whose answer you mean: --like STUDENT")
    if (text := (text or "").strip()) or take_back:
        said = remark_on(course, found, exercise, list(like), "" if take_back else text)
    else:
        said = shown_to(course, found, exercise, list(like))
    click.echo(printable(said))


@main.command()
def doctor() -> None:
    """Test the sandbox on this machine."""
    from proctor.course.report import PROMISES
    from proctor.examine.examine import protected
    from proctor.sandbox.isolation import missing
    from proctor.sandbox.launcher import plain
    from proctor.session.doctor import SECRETS, works

    if plain():
        try:
            works()
        except NoSandbox as error:
            raise click.ClickException(f"nothing can be checked here, {error}") from None
        click.echo(
            "Notebooks of your own can be checked here, each in a plain process: it contains their mistakes,\n"
            "and protects nobody from hostile code. A class needs walls, which there are on Linux, or --trust-students;\n"
            "on Windows none is graded."
        )
        sys.exit(1)
    why = "".join(f"\n{wall} is missing: {reason}" for wall, reason in missing().items())
    try:
        held = protected()
    except NoSandbox as error:
        raise click.ClickException(f"nothing can be graded here, {error}{why}") from None
    for name, promise in PROMISES.items():
        click.echo(f"{promise}: {'yes' if held[name] else 'NO'}")
    if why:
        click.echo(
            f"{why}\n\nIn a container or on Ubuntu, docs/jupyterhub.md lists under 'Walls in containers' the rights to grant."
        )
    if lost := [PROMISES[name] for name in SECRETS if not held[name]]:
        click.echo(
            f"Grading a class needs --trust-students, or the promises that this machine lacks: {'; '.join(lost)}."
        )
    sys.exit(1 if lost else 0)
