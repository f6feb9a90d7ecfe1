"""Commands for those who write exercises: lint."""

import sys

import click

from proctor.cli.group import class_course, main
from proctor.errors import NotFound


@main.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT...]")
def lint(names: tuple[str, ...]) -> None:
    """Look for what is wrong with the course's own files, and say what mends it."""
    from proctor.authoring.lint import lint

    course = class_course()
    unknown = [name for name in names if not (course / "source" / name).is_dir()]
    if unknown:
        there = ", ".join(sorted(path.parent.name for path in course.glob("source/*/*.ipynb")))
        raise NotFound(f"{course / 'source'} has no assignment {', '.join(unknown)}: {there}")
    problems = lint(course, list(names) or None)
    for problem in problems:
        click.echo(problem)
    many = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    click.echo(many if problems else "the course is in order")
    sys.exit(1 if problems else 0)
