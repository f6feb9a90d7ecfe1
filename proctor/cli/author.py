"""Commands for authors: new, remove, lint, why."""

import sys
from pathlib import Path

import click

from proctor.cli.group import PATH, class_course, flag, main, named
from proctor.text import printable


def points_in(ctx: click.Context, option: click.Parameter, text: str | None) -> dict[str, float]:
    """The points in `values:2,gradients:1`, by kind of graded cell."""
    found = {}
    for part in text.split(",") if text else ():
        kind, _, points = part.strip().partition(":")
        try:
            number = float(points or 1)
            found[kind] = int(number) if number.is_integer() else number
        except ValueError:
            kind = ""
        if not kind.isidentifier():
            raise click.BadParameter(f"{part.strip()!r} is no graded cell: write values:2,errors:1")
    return found


@main.group()
def new() -> None:
    """Begin an exercise, an assignment or a course."""


@new.command("exercise")
@click.argument("name")
@click.option("--in", "assignment", required=True, metavar="ASSIGNMENT", help="Its assignment.")
@click.option("--after", metavar="ID", help="The exercise or cell before it; by default, the last.")
@click.option(
    "--kind",
    type=click.Choice(["write", "predict", "repair", "catch", "beyond"]),
    default="write",
    show_default=True,
)
@click.option(
    "--cells",
    callback=points_in,
    metavar="CELL:POINTS,...",
    help="Its graded cells, such as values:2,gradients:1.",
)
@click.option("--forbid", multiple=True, metavar="NAME", help="A function that it rules out.")
def new_exercise(
    name: str,
    assignment: str,
    after: str | None,
    kind: str,
    cells: dict[str, float],
    forbid: tuple[str, ...],
) -> None:
    """Add an exercise that works, for you to rewrite: cells, hidden checks, known answers."""
    from proctor.authoring.lint import lint
    from proctor.authoring.new import new_exercise

    course = class_course()
    (found,) = named(course, (assignment,))
    new_exercise(found, name, after, kind, cells, forbid)
    click.echo(f"{name} is in {found.source.relative_to(course)}.\n")
    click.echo(lint(course, [name]))


@new.command("assignment")
@click.argument("name")
@flag("--plain", help="One notebook, whose own asserts give the points.")
def new_assignment(name: str, plain: bool) -> None:
    """Add an assignment to the course."""
    from proctor.authoring.new import new_assignment

    course = class_course()
    notebook = new_assignment(course, name, plain)
    click.echo(f"Edit {notebook.relative_to(course)}, then release it: make release A={name}")
    if not plain:
        click.echo(f"Add exercises with 'proctor new exercise NAME --in {name}'.")


@new.command("course")
@click.argument("folder", type=PATH)
def new_course(folder: Path) -> None:
    """Make a course of your own in FOLDER."""
    from proctor.authoring.new import new_course

    new_course(folder)
    click.echo(f"{folder} is a course. In it, run 'proctor new assignment 01-first --plain'.")


@main.group()
def remove() -> None:
    """Remove an exercise."""


@remove.command("exercise")
@click.argument("name")
def remove_exercise(name: str) -> None:
    """Remove an exercise, and list the lines that still mention it."""
    from proctor.authoring.remove import remove_exercise
    from proctor.selfstudy.exercises import exercise_named

    course = class_course()
    assignment, exercise = exercise_named(course, name)
    left = remove_exercise(assignment, exercise)
    click.echo(f"{exercise} is removed from {assignment.name}. Lines that still mention it:")
    click.echo(left or "none: nothing mentions it any more")


@main.command("lint")
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT|EXERCISE...]")
def lint_(names: tuple[str, ...]) -> None:
    """Look for mistakes in the course's own files, and say how to mend them.

    Runs the reference solutions; also the right answers, if you name an assignment or exercise;
    also the wrong answers, if you name an exercise.
    """
    from proctor.authoring.lint import lint

    found = lint(class_course(), names)
    click.echo(str(found))
    sys.exit(1 if found.problems else 0)


@main.command("why")
@click.argument("student")
@click.argument("cell")
def why_(student: str, cell: str) -> None:
    """Show which hidden check took a student's points in CELL, a graded cell or an exercise."""
    from proctor.classroom.why import why

    click.echo(printable(why(class_course(), student, cell)))
