"""The command line: `proctor check`."""

import json
import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proctor.course import CourseError
from proctor.report import Report

MARKS = {
    "passed": "[green]passed[/]",
    "failed": "[red]not yet[/]",
    "not_attempted": "[dim]not attempted[/]",
    "forbidden": "[magenta]not allowed[/]",
    "error": "[red]raised an error[/]",
    "timeout": "[yellow]too slow[/]",
    "out_of_memory": "[yellow]out of memory[/]",
    "died": "[yellow]ended the process[/]",
    "missing": "[dim]missing[/]",
}


@click.group()
@click.version_option(package_name="proctor")
def main() -> None:
    """Grades the notebooks of the course and tells what was misunderstood."""
    # nbgrader runs `alembic` from PATH
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


@main.command()
@click.argument("notebooks", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="NOTEBOOK...")
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON.")
@click.option("--seed", type=int, help="Draw the checks' inputs from this seed; a fresh one by default.")
def check(notebooks: tuple[Path, ...], as_json: bool, seed: int | None) -> None:
    """Examine notebooks with the hidden checks.

    Exits with 0 where all have full marks, with 1 where some have not, with 2 where one can't be examined.
    """
    from proctor.parent import warm

    warm()  # takes longer to start than the imports below
    from proctor.examine import examine
    from proctor.notebook import NotExaminable, read

    console = Console()
    reports: list[Report] = []
    refused = False
    for path in notebooks:
        try:
            notebook, assignment = read(path)
        except NotExaminable as error:
            click.secho(f"{path} can't be examined: {error}", fg="red", err=True)
            refused = True
            continue
        except CourseError as error:
            raise click.ClickException(str(error)) from None
        report = examine(notebook, assignment, name=str(path), seed=seed)
        reports.append(report)
        if not as_json:
            _show(report, console)
    if as_json:
        click.echo(json.dumps([report.as_dict() for report in reports], indent=2))
    sys.exit(2 if refused else 0 if all(report.score == report.max_score for report in reports) else 1)


@main.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT...]")
@click.option("--student", default="*", metavar="ID", help="Grade this student only.")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count, help="Processes; by default one a core.")
@click.option("--cluster", metavar="ADDRESS", help="Grade on the workers of this Dask scheduler instead.")
@click.option("--force", is_flag=True, help="Grade again what has not changed since it was graded.")
@click.option("--sample", is_flag=True, help="Where nobody handed in anything, grade a class of made-up students.")
@click.option(
    "--trust-students", is_flag=True, help="Grade even where the hidden checks can't be kept from their code."
)
def grade(names, student, workers, cluster, force, sample, trust_students) -> None:
    """Grade the class in submitted/ into the gradebook and autograded/, and show who got what.

    What has not changed since it was graded is left as it is; after an interruption, start again to go on.
    """
    from proctor.checks import fresh_seed
    from proctor.course import assignments, find_course
    from proctor.grade import Class, GradingError, handed_in, is_graded, prepare, show, submissions
    from proctor.pool import NotWalled, Pool
    from proctor.progress import Progress

    console = Console()
    try:
        course = find_course()
        known = assignments(course).keys()
    except CourseError as error:
        raise click.ClickException(str(error)) from None
    if unknown := set(names) - known:
        raise click.ClickException(f"{course / 'release'} has no assignment {', '.join(sorted(unknown))}")
    if not handed_in(course):
        if not sample:
            raise click.ClickException(f"{course / 'submitted'} is empty: collect first, or try --sample")
        from proctor.sample import sample_class

        made = sample_class(course)
        console.print(f"submitted/ was empty: made {len(made)} submissions of a sample class", highlight=False)
    names = list(names) or handed_in(course)
    everything = submissions(course, names, student)
    todo = [one for one in everything if force or not is_graded(course, one)]
    console.print(f"{len(todo)} to grade, {len(everything) - len(todo)} unchanged", highlight=False)
    failed = []
    try:
        with Pool(workers, cluster, trust_students) as pool, Progress(console, len(todo)) as progress:
            for assignment in {one.assignment.name: one.assignment for one in todo}.values():
                prepare(course, assignment)
            for graded in Class(course, fresh_seed(), trust_students).grade(todo, pool):
                progress.tell(graded)
                failed += [graded] if graded.error else []
    except (NotWalled, GradingError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        raise click.ClickException("interrupted: what was graded is recorded; start again to go on") from None
    show(course, console)
    if failed:
        raise click.ClickException(f"{len(failed)} could not be graded: {', '.join(str(f.submission) for f in failed)}")


@main.command()
def doctor() -> None:
    """Attempt every violation of the room on this machine, and say what held."""
    from proctor.doctor import PROMISES, keeps_secrets
    from proctor.examine import protected

    held = protected()
    for name, promise in PROMISES.items():
        click.echo(f"{promise}: {'yes' if held[name] else 'NO'}")
    if not all(held.values()):
        click.echo("\nWhat is missing: bubblewrap (apt install bubblewrap), Landlock (Linux 5.13), or libseccomp.")
        click.echo("Grading a class needs at least the first two promises, or --trust-students.")
    sys.exit(0 if keeps_secrets(held) else 1)


@main.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT...]")
def lint(names: tuple[str, ...]) -> None:
    """Look for what is wrong with the course's own files, and say what mends it."""
    from proctor.course import find_course
    from proctor.lint import lint

    course = find_course()
    unknown = [name for name in names if not (course / "source" / name).is_dir()]
    if unknown:
        raise click.ClickException(f"{course / 'source'} has no assignment {', '.join(unknown)}")
    problems = lint(course, list(names) or None)
    for problem in problems:
        click.echo(problem)
    click.echo(f"{len(problems)} problems" if problems else "the course is in order")
    sys.exit(1 if problems else 0)


def _show(report: Report, console: Console) -> None:
    title = f"{report.notebook}: {report.score:g} of {report.max_score:g} points"
    table = Table(title=escape(title), title_justify="left", title_style="bold", show_edge=False)
    table.add_column("graded cell")
    table.add_column("points", justify="right")
    table.add_column("verdict")
    for cell in report.cells:
        table.add_row(escape(cell.id), f"{cell.score:g} / {cell.max_score:g}", MARKS[cell.status])
    console.print(table)
    told = set()
    for cell in report.cells:
        if cell.message and cell.message not in told:
            told.add(cell.message)
            console.print(f"\n[bold]{escape(cell.id)}[/]")
            console.print(escape(cell.message), highlight=False)
    console.print(f"\n[dim]seed {report.seed}: the same inputs again with --seed {report.seed}[/]\n")
