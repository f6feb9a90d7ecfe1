"""The command line."""

import codecs
import contextlib
import io
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape

from proctor.course import Assignment, CourseError, assignments, find_course
from proctor.report import Report, printable, readable

if TYPE_CHECKING:
    from proctor.selfstudy.progress import Progress


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


PLAINER = str.maketrans("✓✗○⊘…·–×≤≥−’“”\N{NO-BREAK SPACE}", '+xo!..-x<>-\'"" ')


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """For an encoder: other signs in place of those that it can't write."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end].translate(PLAINER)
    return "".join(sign if sign.isascii() else "?" for sign in signs), error.end


@click.group()
@click.version_option(package_name="proctor")
def main() -> None:
    """Grades the notebooks of the course and tells what was misunderstood."""
    # a console that can't show a sign shows another one
    codecs.register_error("plain", _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")
    # else the folder for what is kept would be at the root of the disk
    if os.environ.get("HOME") == "":
        del os.environ["HOME"]
    # nbgrader runs `alembic` from PATH
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


@main.command()
@click.argument("notebooks", nargs=-1, type=click.Path(path_type=Path), metavar="NOTEBOOK...")
@click.option("--exercise", metavar="NAME", help="Check this exercise only; its notebook is found where you are.")
@click.option("--json", "form", flag_value="json", help="Print the reports as JSON: `--format json`.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "gradescope", "junit", "markdown"]),
    help="Print the reports for another program: Gradescope's results.json, JUnit's XML, GitHub's job summary.",
)
@click.option("--seed", type=int, help="Draw the checks' inputs from this seed; a fresh one by default.")
def check(notebooks: tuple[Path, ...], exercise: str | None, form: str | None, seed: int | None) -> None:
    """Examine notebooks with the hidden checks.

    Exits with 0 where all have full marks, with 1 where some have not, with 2 where one can't be examined.
    """
    from proctor.sandbox.launcher import fork_server

    fork_server()  # takes longer to start than the imports below
    from proctor.examine.examine import examine
    from proctor.formats import FORMATS, Checked
    from proctor.sandbox.cell import NoSandbox
    from proctor.selfstudy.progress import Progress
    from proctor.submission import NotExaminable, read

    console, progress, cells = Console(), Progress(), None
    found: list[Checked] = []
    if exercise:
        assignment, exercise = _exercise_named(exercise)
        cells = {cell.id for cell in assignment.graded.values() if cell.exercise == exercise}
        notebooks = tuple(_notebook(assignment, progress, path) for path in notebooks or (None,))
    elif not notebooks:
        raise click.UsageError("Missing argument 'NOTEBOOK...'.")
    for path in notebooks:
        began = time.monotonic()
        try:
            submission = read(path)
            if exercise and exercise not in submission.assignment.stubs:
                raise NotExaminable(f"it is of {submission.assignment.name}, which has no exercise {exercise}")
        except NotExaminable as error:
            click.secho(readable(f"{path} can't be examined: {error.to_its_owner}"), fg="red", err=True)
            found.append(Checked(str(path), why=error.to_its_owner))
            continue
        except CourseError as error:
            raise click.ClickException(str(error)) from None
        try:
            report = examine(submission, name=str(path), seed=seed, cells=cells)
            report.notes = submission.notes
        except NoSandbox as error:
            said = f"{path} can't be examined here: {error}; 'proctor doctor' may say why"
            click.secho(readable(said), fg="red", err=True)
            found.append(Checked(str(path), why=str(error), ours=True))
            continue
        found.append(Checked(str(path), report, seconds=time.monotonic() - began))
        _record(report, path, submission.assignment, progress)
        if not form:
            _show(report, submission.assignment, console)
    _say_trouble(progress)
    if form and (text := FORMATS[form](found)):
        click.echo(text)
    full = all(one.report and one.report.score == one.report.max_score for one in found)
    sys.exit(2 if not all(one.report for one in found) else 0 if full else 1)


def _record(report: Report, path: Path, assignment: Assignment, progress: "Progress") -> None:
    from proctor.selfstudy.hints import next_exercise
    from proctor.selfstudy.progress import is_ones_own

    if is_ones_own(path, assignment.course):
        progress.record(report, assignment, next_exercise(report, assignment))


def _say_trouble(progress: "Progress") -> None:
    if progress.trouble:
        click.secho(readable(progress.trouble), fg="yellow", err=True)


def _exercise_named(name: str) -> tuple[Assignment, str]:
    from proctor.selfstudy.named import NotFound, exercise_named

    try:
        return exercise_named(find_course(), name)
    except (NotFound, CourseError) as error:
        raise click.ClickException(str(error)) from None


def _notebook(assignment: Assignment, progress: "Progress", path: Path | None) -> Path:
    from proctor.selfstudy.named import NotFound, notebook_of

    try:
        return notebook_of(assignment, progress, path)
    except NotFound as error:
        raise click.ClickException(str(error)) from None


def _show(report: Report, assignment: Assignment, console: Console) -> None:
    from proctor.render import show
    from proctor.selfstudy.hints import next_exercise

    show(report, console)
    if exercise := next_exercise(report, assignment):
        more = f"  proctor hint {exercise}"
        console.print(f"\n[bold]Next:[/] {escape(exercise)}[dim]{escape(readable(more))}[/]", highlight=False)
    again = f"seed {report.seed}: the same inputs again with --seed {report.seed}"
    console.print(f"[dim]{again}[/]\n", highlight=False)


@main.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT...]")
@click.option("--to", "folder", type=click.Path(path_type=Path), default="mine", show_default=True, help="Where to.")
def start(names: tuple[str, ...], folder: Path) -> None:
    """Copy the notebooks to a folder of your own, to work on; what is there already stays as it is."""
    from proctor.selfstudy.progress import Progress
    from proctor.selfstudy.start import start

    try:
        course = find_course()
        if unknown := set(names) - assignments(course).keys():
            there = ", ".join(assignments(course))
            raise click.ClickException(
                f"no assignment {', '.join(sorted(unknown))}: there are {there}. A folder to put them in is --to FOLDER"
            )
        for copy, made in start(course, folder, list(names)):
            click.echo(f"{copy}" if made else f"{copy} is there already: left as it is")
        progress = Progress()
        with progress.change() as kept:
            kept.folder = str(folder.resolve())
        _say_trouble(progress)
    except CourseError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        why = f"no more can be written to {folder}: {error.strerror or error}; another folder is --to FOLDER"
        raise click.ClickException(readable(why)) from None
    click.echo(f"\nOpen them in JupyterLab, and keep 'proctor watch {folder}' running beside it.")


@main.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print all that is kept, for programs.")
@click.option("--erase", is_flag=True, help="Erase all that is kept; your notebooks stay as they are.")
def list_(as_json: bool, erase: bool) -> None:
    """Show how far you have come: every exercise with its mark, from its last check."""
    from proctor.selfstudy.progress import Progress, as_dict, standing, table

    progress = Progress()
    try:
        course = find_course()
        if erase:
            click.confirm(f"Erase {progress.path}, with all verdicts and dates?", abort=True)
            progress.erase()
        elif as_json:
            click.echo(json.dumps(as_dict(progress, course), indent=2))
        else:
            console = Console()
            console.print(table(progress, course, console.width), highlight=False)
            console.print(f"\nYou are at {escape(str(standing(progress, course)))}.", highlight=False)
    except CourseError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{progress.path} can't be erased: {error.strerror}") from None


@main.command()
@click.argument("name")
@click.option("--again", is_flag=True, help="Begin with the first hint again.")
def hint(name: str, again: bool) -> None:
    """Give the next hint for an exercise, one at a time."""
    from proctor.selfstudy.hints import next_hint
    from proctor.selfstudy.progress import Progress

    assignment, exercise = _exercise_named(name)
    progress = Progress()
    if again:
        progress.hint_given(assignment.name, exercise, 0)
    Console().print(Markdown(next_hint(progress, assignment, exercise)))
    _say_trouble(progress)


@main.command()
@click.argument("name")
def solution(name: str) -> None:
    """Show one way to solve an exercise."""
    from rich.syntax import Syntax

    from proctor.selfstudy.hints import solution

    console, text = Console(), solution(*_exercise_named(name))
    if console.is_terminal:
        console.print(Syntax(text, "python", background_color="default", word_wrap=True))
    else:
        click.echo(text)


@main.command()
@click.argument("name")
@click.argument("notebook", required=False, type=click.Path(path_type=Path))
def reset(name: str, notebook: Path | None) -> None:
    """Bring an exercise back into your notebook as it was released; what you wrote is kept in the cell below it."""
    from proctor.selfstudy.progress import Progress
    from proctor.selfstudy.reset import reset
    from proctor.submission import NotExaminable

    assignment, exercise = _exercise_named(name)
    progress = Progress()
    path = _notebook(assignment, progress, notebook)
    try:
        click.echo(readable(reset(path, assignment, exercise)))
    except (NotExaminable, OSError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise click.ClickException(readable(f"{path} is as it was: {said}")) from None
    progress.forget(assignment.name, exercise)
    _say_trouble(progress)


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True), metavar="[FOLDER|NOTEBOOK]...")
def watch(paths: tuple[Path, ...]) -> None:
    """Check notebooks again whenever they are saved, and show what is new and what is next."""
    from proctor.sandbox.launcher import fork_server

    fork_server()  # takes longer to start than the imports below
    from proctor.selfstudy.watch import Watcher

    try:
        # what a check prints is caught while it runs, and this is not
        Watcher(list(paths) or [Path.cwd()], find_course(), Console(file=sys.stdout)).run()
    except CourseError as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT...]")
@click.option("--student", default="*", metavar="ID", help="Grade this student only.")
@click.option("--workers", type=click.IntRange(1), default=_cores, help="Processes; by default one a core.")
@click.option("--cluster", metavar="ADDRESS", help="Grade on the workers of this Dask scheduler instead.")
@click.option("--seed", type=int, help="Draw the checks' inputs from this seed; by default, from the attempt's.")
@click.option("--force", is_flag=True, help="Grade again what has not changed since it was graded.")
@click.option("--what-if", is_flag=True, help="Record nothing: say who would gain or lose what.")
@click.option("--unknown", is_flag=True, help="Grade those, too, who are not on the class's roster.")
@click.option("--sample", is_flag=True, help="Where nobody handed in anything, grade a class of made-up students.")
@click.option(
    "--trust-students", is_flag=True, help="Grade even where the hidden checks can't be kept from their code."
)
def grade(
    names: tuple[str, ...],
    student: str,
    workers: int,
    cluster: str | None,
    seed: int | None,
    force: bool,
    what_if: bool,
    unknown: bool,
    sample: bool,
    trust_students: bool,
) -> None:
    """Grade the class in submitted/ into the gradebook and autograded/, and show who got what.

    What has not changed since it was graded is left as it is; after an interruption, start again to go on.
    """
    from proctor.classroom import GradingError
    from proctor.classroom.cluster import Cluster
    from proctor.classroom.workers import Pool

    console = Console()
    try:
        course = find_course(installed=False)
        known = assignments(course).keys()
    except CourseError as error:
        raise click.ClickException(str(error)) from None
    if misspelt := set(names) - known:
        there = ", ".join(known)
        raise click.ClickException(f"{course / 'release'} has no assignment {', '.join(sorted(misspelt))}: {there}")
    try:
        with Cluster(cluster) if cluster else Pool(workers) as pool:  # takes longer to start than the imports below
            from proctor.classroom import run
            from proctor.classroom.grade import handed_in

            found = run.to_be_seen(course, list(names), student, console, unknown, sample)
            failed = run.grade(
                course,
                found,
                list(names) or handed_in(course),
                pool,
                console,
                seed=seed,
                force=force,
                what_if=what_if,
                trust_students=trust_students,
                student=student,
            )
    except GradingError as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        raise click.ClickException(
            "interrupted: what was graded is recorded; give the same command again to go on"
        ) from None
    if failed:
        raise click.ClickException(f"{len(failed)} could not be graded: {', '.join(str(f.submission) for f in failed)}")


@main.command()
@click.option("--once", is_flag=True, help="End once nothing is left that can be graded now.")
@click.option("--workers", type=click.IntRange(1), default=_cores, help="Processes; by default one a core.")
@click.option("--port", type=click.IntRange(1, 65535), help="Show the status page on this port of this machine.")
@click.option(
    "--trust-students", is_flag=True, help="Grade even where the hidden checks can't be kept from their code."
)
def serve(once: bool, workers: int, port: int | None, trust_students: bool) -> None:
    """Grade what students submit through nbgrader's exchange as it comes, and put the feedback where they fetch it.

    `c.Serve.…` in nbgrader_config.py says which assignments are answered, how often, and how much is told.
    """
    from proctor.classroom import GradingError
    from proctor.serve.service import Service
    from proctor.serve.status import show_status

    def say(text: str) -> None:
        click.echo(printable(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}"), err=True)

    # as Ctrl-C does, for systemd and JupyterHub
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        course = find_course(installed=False)
        with contextlib.closing(Service(course, workers, trust_students, say)) as service:
            show_status(course, port, say)
            say(f"answers what comes to {service.inbound}")
            service.run(once)
    except (CourseError, GradingError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        say("interrupted: start again to go on")


@main.command()
@click.argument("assignment")
@click.argument("student")
@click.argument("duration", required=False)
@click.option("--until", metavar="DATE", help='Instead of a duration: "2030-03-22 18:00 UTC".')
@click.option("--remove", is_flag=True, help="Take an extension back.")
def extend(assignment: str, student: str, duration: str | None, until: str | None, remove: bool) -> None:
    """Give a student more time than the others: 2d, 1d12h, 90m or 1w.

    It counts from the assignment's due date, replaces one that was given before, and may be given before the student
    hands in or after that.
    """
    from proctor.classroom import GradingError
    from proctor.classroom.recording import configuration, recording
    from proctor.nbgrader_plugins import extensions
    from proctor.nbgrader_plugins.gradebook import OpenGradebook

    if bool(duration) + bool(until) + remove != 1:
        raise click.UsageError("give a duration such as 2d, or --until, or --remove")
    try:
        course = find_course(installed=False)
        where = configuration(course).CourseDirectory
        with recording(course), OpenGradebook(where.db_url, where.course_id).transaction() as gradebook:
            by = extensions.duration(duration) if duration else None
            by = extensions.until(gradebook, assignment, until) if until else by
            due = extensions.extend(course, gradebook, (assignment, student), by)
    except (CourseError, GradingError) as error:
        raise click.ClickException(readable(str(error))) from None
    later = f", {str(by).removesuffix(', 0:00:00')} after the others" if by else ", as for all"
    click.echo(readable(f"{assignment} is due on {due:%Y-%m-%d %H:%M} UTC for {student}{later}"))
    click.echo(f"'proctor grade {assignment}' gives late penalties by it")


@main.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT...]")
@click.option("--student", default="*", metavar="ID", help="The feedback to this student only.")
@click.option("--zip", "archive", is_flag=True, help="Pack what the exchange can't take, for Canvas or Moodle.")
def feedback(names: tuple[str, ...], student: str, archive: bool) -> None:
    """Make feedback pages, release them through the exchange, and say whose are left and where they lie.

    Pages that are there are made again where a grade or a comment has changed.
    """
    from proctor.classroom import GradingError
    from proctor.classroom.feedback import hand_out

    try:
        course = find_course(installed=False)
        known = assignments(course).keys()
        if unknown := set(names) - known:
            there = ", ".join(known)
            raise click.ClickException(f"{course / 'release'} has no assignment {', '.join(sorted(unknown))}: {there}")
        well = hand_out(course, list(names or known), student, archive, Console())
    except (CourseError, GradingError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        raise click.ClickException("interrupted: start again to go on") from None
    sys.exit(0 if well else 1)


@main.command()
@click.option("--to", "path", type=click.Path(path_type=Path), help="Where to; by default report.html, or the output.")
@click.option("--csv", "kind", flag_value="csv", help="One row a submission, instead of a page.")
@click.option("--json", "kind", flag_value="json", help="All of it, for programs.")
@click.option("--anonymous", is_flag=True, help="Leave the students' ids, names and words out.")
@click.option(
    "--answers",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write what each student wrote into this folder, as .py, for programs that compare.",
)
def report(path: Path | None, kind: str | None, anonymous: bool, answers: Path | None) -> None:
    """Show the class at a glance: scores, pass rates, misconceptions, and who needs a look."""
    from proctor.classroom import GradingError
    from proctor.classroom.overview import as_csv, overview
    from proctor.classroom.overview_page import page
    from proctor.classroom.recording import recording
    from proctor.classroom.similarity import write_answers

    try:
        course = find_course(installed=False)
        with recording(course):
            data = overview(course, anonymous)
            if answers:
                write_answers(course, answers)
                click.echo(f"{answers}")
                return
    except (CourseError, GradingError) as error:
        raise click.ClickException(str(error)) from None
    if kind is None:
        path = path or course / "report.html"
        text = page(data, course, path.absolute().parent)
    else:
        text = as_csv(data) if kind == "csv" else json.dumps(data, indent=2)
    if path is None:
        click.echo(text, nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} can't be written: {error.strerror}") from None
    click.echo(f"{path}")


@main.command()
@click.argument("assignment", required=False)
@click.argument("exercise", required=False)
@click.argument("text", required=False)
@click.option("--like", multiple=True, metavar="ID", help="A student whose answer does what the remark is about.")
@click.option("--take-back", is_flag=True, help="Take the remark back from all who have it.")
def remark(
    assignment: str | None, exercise: str | None, text: str | None, like: tuple[str, ...], take_back: bool
) -> None:
    """Write one remark for all whose answers do the same; without TEXT, show whom it would reach.

    Without arguments, list what at least two answers do that no known mistake explains.
    """
    from proctor.classroom import GradingError
    from proctor.classroom.remark import listed, remark_on, shown_to

    try:
        course = find_course(installed=False)
        if not exercise:
            click.echo(printable(listed(course, _named(course, assignment))))
            return
        found = _exercise(course, assignment, exercise)
        if not like:
            raise click.ClickException("say whose answer you mean: --like STUDENT")
        if (text := (text or "").strip()) or take_back:
            said = remark_on(course, found, exercise, list(like), "" if take_back else text)
        else:
            said = shown_to(course, found, exercise, list(like))
        click.echo(printable(said))
    except (CourseError, GradingError) as error:
        raise click.ClickException(str(error)) from None


def _named(course: Path, name: str | None) -> list[Assignment]:
    """The assignment of this name; all of them where there is no name."""
    known = assignments(course)
    if name is not None and name not in known:
        raise click.ClickException(f"{course / 'release'} has no assignment {name}: {', '.join(known)}")
    return [each for each in known.values() if name in (None, each.name)]


def _exercise(course: Path, name: str | None, exercise: str) -> Assignment:
    """The assignment of this name, which has this exercise."""
    (found,) = _named(course, name)
    if exercise not in found.stubs:
        raise click.ClickException(f"{found.name} has no exercise {exercise}: {', '.join(found.stubs)}")
    return found


@main.command()
def doctor() -> None:
    """Attempt every violation of the sandbox on this machine, and say what held."""
    from proctor.examine.examine import protected
    from proctor.report import PROMISES
    from proctor.sandbox.cell import NoSandbox
    from proctor.sandbox.doctor import keeps_secrets, works
    from proctor.sandbox.isolation import missing
    from proctor.sandbox.launcher import plain

    if plain():
        try:
            works()
        except NoSandbox as error:
            raise click.ClickException(f"nothing can be checked here, {error}") from None
        click.echo(
            "Notebooks of your own can be checked here, each in a plain process: it keeps their mistakes to themselves,\n"
            "and protects nobody from what they do. A class needs walls, which there are on Linux, or --trust-students."
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
        click.echo(f"{why}\n\nIn a container, docs/jupyterhub.md says under 'Walls in containers' what to grant.")
    if not keeps_secrets(held):
        click.echo("Grading a class needs the first two promises, or --trust-students.")
    sys.exit(0 if keeps_secrets(held) else 1)


@main.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT...]")
def lint(names: tuple[str, ...]) -> None:
    """Look for what is wrong with the course's own files, and say what mends it."""
    from proctor.authoring.lint import lint

    course = find_course(installed=False)
    unknown = [name for name in names if not (course / "source" / name).is_dir()]
    if unknown:
        there = ", ".join(sorted(path.parent.name for path in course.glob("source/*/*.ipynb")))
        raise click.ClickException(f"{course / 'source'} has no assignment {', '.join(unknown)}: {there}")
    problems = lint(course, list(names) or None)
    for problem in problems:
        click.echo(problem)
    many = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    click.echo(many if problems else "the course is in order")
    sys.exit(1 if problems else 0)
