"""Commands for those who do the course: start, check, watch, list, hint, solution, reset."""

import json
import os
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from proctor.cli.group import main, named
from proctor.course import Assignment, find_course
from proctor.course.files import replace
from proctor.course.render import rendered
from proctor.course.report import Report, Status, readable, report_in
from proctor.errors import NoSandbox, NotExaminable
from proctor.selfstudy.progress import Progress, as_dict, is_ones_own, standing, table
from proctor.text import shown


@main.command()
@click.argument("notebooks", nargs=-1, type=click.Path(path_type=Path), metavar="NOTEBOOK...")
@click.option("--exercise", metavar="NAME", help="Check this exercise only; its notebook is found where you are.")
@click.option("--assignment", metavar="NAME", help="Refuse the notebooks of other assignments.")
@click.option("--json", "form", flag_value="json", help="Print the reports as JSON: `--format json`.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "gradescope"]),
    help="Print the reports for another program: JSON, or Gradescope's results.json.",
)
@click.option(
    "--seed",
    type=int,
    help="Draw the checks' inputs from this seed; by default a new one, or the grade's in submitted/ and autograded/.",
)
def check(
    notebooks: tuple[Path, ...], exercise: str | None, assignment: str | None, form: str | None, seed: int | None
) -> None:
    """Examine notebooks with the hidden checks.

    Exits with 0 where all have full marks, with 1 where some have not, with 2 where one can't be examined.
    """
    from proctor.sandbox.launcher import fork_server

    # takes longer to start than the imports below
    fork_server()
    from proctor.cli.formats import FORMATS, Checked
    from proctor.examine.examine import examine
    from proctor.selfstudy.exercises import exercise_named, next_exercise, notebook_of
    from proctor.submission import read

    progress, cells = Progress(), None
    found: list[Checked] = []
    wanted = [each.name for each in named(find_course(), (assignment,))] if assignment else []
    if exercise:
        its, exercise = exercise_named(find_course(), exercise)
        # those before it are judged as well: where they are wrong, it is given right ones to build on
        so_far = [*its.stubs][: [*its.stubs].index(exercise) + 1]
        cells = {cell.id for cell in its.graded.values() if cell.exercise in so_far}
        notebooks = tuple(notebook_of(its, progress, path) for path in notebooks or (None,))
    elif not notebooks:
        raise click.UsageError("Missing argument 'NOTEBOOK...'.")
    for path in notebooks:
        began = time.monotonic()
        try:
            # Gradescope puts one student's files there
            submission = read(path, one_persons=form == "gradescope")
            if wanted and submission.assignment.name not in wanted:
                raise NotExaminable(f"it is of {submission.assignment.name}, and {assignment} is asked for")
            if exercise and exercise not in submission.assignment.stubs:
                raise NotExaminable(f"it is of {submission.assignment.name}, which has no exercise {exercise}")
            seed_used = _seed_of_the_grade(path, submission.assignment) if seed is None else seed
            ones_own = is_ones_own(path, submission.assignment.course)
            # a class's students read what Gradescope shows
            reveals = ones_own and form in (None, "json")
            report = examine(submission, name=str(path), seed=seed_used, cells=cells, reveals=reveals)
        except (NotExaminable, NoSandbox) as error:
            ours = isinstance(error, NoSandbox)
            why = f"{error}; 'proctor doctor' may say why" if ours else error.to_its_owner
            click.secho(readable(f"{shown(str(path))} can't be examined{' here' * ours}: {why}"), fg="red", err=True)
            found.append(Checked(str(path), why=why, ours=ours))
            continue
        if exercise:
            report.cells = [cell for cell in report.cells if its.graded[cell.id].exercise == exercise]
        report.notes = submission.notes
        found.append(Checked(str(path), report, seconds=time.monotonic() - began))
        at = next_exercise(report, submission.assignment)
        if ones_own:
            progress.record(report, submission.assignment, at)
        if not form:
            _show(report, at)
    if form and (text := FORMATS[form](found)):
        click.echo(text)
    full = all(one.report and one.report.score == one.report.max_score for one in found)
    sys.exit(2 if not all(one.report for one in found) else 0 if full else 1)


def _seed_of_the_grade(path: Path, assignment: Assignment) -> int | None:
    """The seed by which a class's notebook in `submitted/` or `autograded/` was graded; None for any other."""
    places = [(assignment.course / step).resolve() for step in ("submitted", "autograded")]
    inside = [path.resolve().relative_to(place).parts for place in places if path.resolve().is_relative_to(place)]
    if not inside:
        return None
    student = inside[0][0]
    graded = assignment.course / "autograded" / student / assignment.name / assignment.notebook.name
    return report_in(graded).get("seed")


def _show(report: Report, at: str | None) -> None:
    """The report, and the exercise that one is at."""
    from proctor.course.render import show

    console = Console(emoji=False)
    show(report, console)
    if at:
        console.print(f"\n[bold]Next:[/] {escape(at)}[dim]  proctor hint {escape(at)}[/]", highlight=False)
    console.print(f"[dim]seed {report.seed}: the same inputs again with --seed {report.seed}[/]\n", highlight=False)


@main.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT...]")
@click.option("--to", "folder", type=click.Path(path_type=Path), default="mine", show_default=True, help="Where to.")
def start(names: tuple[str, ...], folder: Path) -> None:
    """Copy the notebooks to a folder of your own, to work on; what is there already stays as it is."""
    for assignment in named(find_course(), names):
        copy = folder / assignment.name / assignment.notebook.name
        there = copy.exists()
        copy.parent.mkdir(parents=True, exist_ok=True)
        for path in assignment.notebook.parent.iterdir():
            own = copy.parent / path.name
            if path.is_file() and not own.exists():
                replace(own, path.read_bytes())
            elif path.suffix == ".py" and own.is_file() and own.read_bytes() != path.read_bytes():
                click.echo(f"{own} is an older one, or changed: delete it and start again to have the course's")
        click.echo(f"{copy} is there already: left as it is" if there else f"{copy}")
    with Progress().change() as state:
        state.folders |= {each.name: str(folder.resolve()) for each in named(find_course(), names)}
    place = f'"{folder}"' if " " in str(folder) else folder
    click.echo(f"\nOpen them in JupyterLab, and keep 'proctor watch {place}' running beside it.")


@main.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print all that is kept, for programs.")
@click.option("--erase", is_flag=True, help="Erase all that is kept; your notebooks stay as they are.")
def list_(as_json: bool, erase: bool) -> None:
    """Show how far you have come: every exercise with its mark, from its last check."""
    progress, course = Progress(), find_course()
    if erase:
        click.confirm(f"Erase {progress.path}, with all verdicts and dates?", abort=True)
        progress.erase()
    elif as_json:
        click.echo(json.dumps(as_dict(progress, course), indent=2))
    else:
        console = Console(emoji=False)
        console.print(table(progress, course, console.width), highlight=False)
        console.print(f"\nYou are at {escape(str(standing(progress, course)))}.", highlight=False)


@main.command()
@click.argument("name")
@click.option("--again", is_flag=True, help="Begin with the first hint again.")
def hint(name: str, again: bool) -> None:
    """Give the next hint for an exercise, one at a time."""
    from proctor.selfstudy.exercises import exercise_named, next_hint

    assignment, exercise = exercise_named(find_course(), name)
    progress = Progress()
    if again:
        with progress.change():
            progress.of(assignment.name, exercise).hints = 0
    Console(emoji=False).print(rendered(next_hint(progress, assignment, exercise)))


@main.command()
@click.argument("name")
def solution(name: str) -> None:
    """Show one way to solve an exercise, and why it is so."""
    from rich.syntax import Syntax

    from proctor.examine.hints import solution
    from proctor.selfstudy.exercises import exercise_named

    assignment, exercise = exercise_named(find_course(), name)
    text, why, console = solution(assignment, exercise), assignment.reasons.get(exercise, ""), Console(emoji=False)
    if console.is_terminal:
        console.print(Syntax(text, "python", background_color="default", word_wrap=True), "", rendered(why))
    else:
        click.echo(f"{text}\n\n{why}".rstrip())


@main.command()
@click.argument("name")
@click.argument("notebook", required=False, type=click.Path(path_type=Path))
def reset(name: str, notebook: Path | None) -> None:
    """Bring an exercise back into your notebook as it was released; what you wrote is kept in the cell below it."""
    from proctor.selfstudy.exercises import exercise_named, notebook_of
    from proctor.selfstudy.reset import reset

    assignment, exercise = exercise_named(find_course(), name)
    progress = Progress()
    path = notebook_of(assignment, progress, notebook)
    try:
        click.echo(readable(reset(path, assignment, exercise)))
    except NotExaminable as error:
        raise click.ClickException(readable(f"{shown(str(path))} is as it was: {error.to_its_owner}")) from None
    with progress.change():
        progress.of(assignment.name, exercise).status = Status.NOT_ATTEMPTED


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True), metavar="[FOLDER|NOTEBOOK]...")
def watch(paths: tuple[Path, ...]) -> None:
    """Check notebooks again whenever they are saved, and show what is new and what is next."""
    from proctor.sandbox.launcher import fork_server

    # takes longer to start than the imports below
    fork_server()
    from proctor.selfstudy.watch import Watcher

    # the output of a check is caught while it runs, and this is not
    Watcher(list(paths) or [Path.cwd()], find_course(), Console(file=sys.stdout, highlight=False, emoji=False)).run()
    # a check under way may take seconds to end: the prompt doesn't wait for it, and only the sandboxes need an end
    sys.stdout.flush()
    fork_server().close()
    os._exit(0)
