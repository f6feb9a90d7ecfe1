"""Commands for learners: start, check, watch, list, hint, solution, reset."""

import json
import os
import sys
import time
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.markup import escape

from proctor.cli.formats import FORMATS, OF_A_CLASS, Checked
from proctor.cli.group import ASSIGNMENTS, PATH, flag, main, named, one_named
from proctor.course import Assignment, find_course
from proctor.course.files import replace
from proctor.course.hints import solution as solution_of
from proctor.course.render import rendered, show
from proctor.course.report import Report, Status, readable, report_in
from proctor.errors import NoSandbox, NotExaminable
from proctor.selfstudy.describe import next_line
from proctor.selfstudy.exercises import (
    exercise_named,
    next_exercise,
    next_hint,
    notebook_of,
    one_solution,
)
from proctor.selfstudy.progress import Progress, as_dict, is_ones_own, standing, table
from proctor.selfstudy.reset import reset as reset_exercise
from proctor.submission import read
from proctor.text import shown


@main.command()
@click.argument("notebooks", nargs=-1, type=PATH, metavar="NOTEBOOK...")
@click.option(
    "--exercise",
    metavar="NAME",
    help="Check this exercise only, in its notebook in this folder.",
)
@click.option("--assignment", metavar="NAME", help="Refuse the notebooks of other assignments.")
@click.option(
    "--json", "form", flag_value="json", help="Print the reports as JSON: `--format json`."
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMATS]),
    help="Print the reports as JSON, or as the result file of Gradescope or Classroom 50.",
)
@click.option(
    "--seed",
    type=int,
    help="Draw the checks' inputs from this seed; by default a new one, or the grade's in submitted/ and autograded/.",
)
def check(
    notebooks: tuple[Path, ...],
    exercise: str | None,
    assignment: str | None,
    form: str | None,
    seed: int | None,
) -> NoReturn:
    """Examine notebooks with the hidden checks.

    Exits with 0 if all have full marks, with 1 if some have not, with 2 if one can't be examined.
    """
    from proctor.sandbox.launcher import fork_server

    # takes longer to start than the import below
    fork_server()
    from proctor.examine.examine import examine

    progress = Progress()
    course = find_course()
    cells = None
    checked: list[Checked] = []
    if assignment:
        one_named(course, assignment)
    if exercise:
        its, exercise = exercise_named(course, exercise)
        assignment = its.name
        # it may build on the exercises before it: if these are wrong, right ones stand in for them
        so_far = [*its.stubs][: [*its.stubs].index(exercise) + 1]
        cells = {cell.id for cell in its.graded.values() if cell.exercise in so_far}
        notebooks = tuple(notebook_of(its, progress, path) for path in notebooks or (None,))
    elif not notebooks:
        raise click.UsageError("Missing argument 'NOTEBOOK...'.")
    for path in notebooks:
        began = time.monotonic()
        try:
            submission = read(path, one_persons=form in OF_A_CLASS)
            found = submission.assignment
            if assignment and found.name != assignment:
                raise NotExaminable(f"it is of {found.name}, and {assignment} is asked for")
            ones_own = is_ones_own(path, found.course)
            its_seed = seed
            if seed is None:
                its_seed = _seed_of_the_grade(path, found)
            report = examine(
                submission,
                name=str(path),
                seed=its_seed,
                cells=cells,
                reveals=ones_own and form not in OF_A_CLASS,
            )
        except (NotExaminable, NoSandbox) as error:
            ours = isinstance(error, NoSandbox)
            why = f"{error}; 'proctor doctor' may say why" if ours else error.to_its_owner
            click.secho(
                readable(f"{shown(str(path))} can't be examined{' here' * ours}: {why}"),
                fg="red",
                err=True,
            )
            checked.append(Checked(str(path), why=why, ours=ours))
            continue
        if exercise:
            of = found.exercise_of
            report.cells = [cell for cell in report.cells if of(cell.id) == exercise]
        report.notes = submission.notes
        checked.append(Checked(str(path), report, seconds=time.monotonic() - began))
        at = next_exercise(report, found)
        if ones_own:
            progress.record(report, found, at)
        if not form:
            _show(report, at)
    if form and (text := FORMATS[form](checked)):
        click.echo(text)
    reports = [one.report for one in checked]
    if not all(reports):
        sys.exit(2)
    sys.exit(any(report.score != report.max_score for report in reports if report))


def _seed_of_the_grade(path: Path, assignment: Assignment) -> int | None:
    """The seed by which a class's notebook in `submitted/` or `autograded/` was graded; None for
    any other.
    """
    for step in ("submitted", "autograded"):
        place = (assignment.course / step).resolve()
        if path.resolve().is_relative_to(place):
            student = path.resolve().relative_to(place).parts[0]
            graded = (
                assignment.course
                / "autograded"
                / student
                / assignment.name
                / assignment.notebook.name
            )
            return report_in(graded).get("seed")
    return None


def _show(report: Report, at: str | None) -> None:
    """The report, and the learner's exercise."""
    console = Console(emoji=False)
    show(report, console)
    if at:
        console.print(next_line(at), highlight=False)
    console.print(
        f"[dim]seed {report.seed}: the same inputs again with --seed {report.seed}[/]\n",
        highlight=False,
    )


@main.command()
@ASSIGNMENTS
@click.option(
    "--to",
    "folder",
    type=PATH,
    default="mine",
    show_default=True,
    help="Where to.",
)
def start(names: tuple[str, ...], folder: Path) -> None:
    """Copy the notebooks to a folder of your own, to work on; your files there stay as they are."""
    with Progress().change() as state:
        for assignment in named(find_course(), names):
            state.folders[assignment.name] = str(folder.resolve())
            copy = folder / assignment.name / assignment.notebook.name
            line = f"{copy}"
            if copy.exists():
                line += " is there already: left as it is"
            copy.parent.mkdir(parents=True, exist_ok=True)
            for path in assignment.notebook.parent.iterdir():
                own = copy.parent / path.name
                if path.is_file() and not own.exists():
                    replace(own, path.read_bytes())
                elif (
                    path.suffix == ".py" and own.is_file() and own.read_bytes() != path.read_bytes()
                ):
                    click.echo(
                        f"{own} is an older one, or changed: delete it and start again to have the course's"
                    )
            click.echo(line)
    place = f'"{folder}"' if " " in str(folder) else folder
    click.echo(f"\nOpen them in JupyterLab, and keep 'proctor watch {place}' running beside it.")


@main.command("list")
@flag("--json", "as_json", help="Print all that is kept, for programs.")
@flag("--erase", help="Erase all that is kept; your notebooks stay as they are.")
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
        console.print(table(progress, course), highlight=False)
        console.print(f"\nYou are at {escape(str(standing(progress, course)))}.", highlight=False)


@main.command()
@click.argument("name")
@flag("--again", help="Begin with the first hint again.")
def hint(name: str, again: bool) -> None:
    """Give the next hint for an exercise, one at a time."""
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
    assignment, exercise = exercise_named(find_course(), name)
    console = Console(emoji=False)
    if console.is_terminal:
        console.print(one_solution(assignment, exercise))
    else:
        why = assignment.reasons.get(exercise, "")
        click.echo(f"{solution_of(assignment, exercise)}\n\n{why}".rstrip())


@main.command()
@click.argument("name")
@click.argument("notebook", required=False, type=PATH)
def reset(name: str, notebook: Path | None) -> None:
    """Bring an exercise back into your notebook as it was released; your answer is kept in the cell
    below it.
    """
    assignment, exercise = exercise_named(find_course(), name)
    progress = Progress()
    path = notebook_of(assignment, progress, notebook)
    click.echo(readable(reset_exercise(path, assignment, exercise)))
    with progress.change():
        progress.of(assignment.name, exercise).status = Status.NOT_ATTEMPTED


@main.command()
@click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path, exists=True), metavar="[FOLDER|NOTEBOOK]..."
)
def watch(paths: tuple[Path, ...]) -> None:
    """Check notebooks again whenever they are saved, and show the news and the next exercise."""
    from proctor.sandbox.launcher import fork_server

    # takes longer to start than the imports below
    fork_server()
    from proctor.selfstudy.watch import Watcher

    # the output of a check is caught while it runs, and this is not
    Watcher(
        list(paths) or [Path.cwd()],
        find_course(),
        Console(file=sys.stdout, highlight=False, emoji=False),
    ).run()
    # a check under way may take seconds to end: the prompt doesn't wait for it, and only the
    # sandboxes need an end
    sys.stdout.flush()
    fork_server().close()
    os._exit(0)
