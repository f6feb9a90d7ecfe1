"""The group of all commands, with their common parts: errors become messages, and names become
assignments.
"""

import errno
import functools
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from proctor.course import Assignment, assignments, find_class_course
from proctor.course.report import readable
from proctor.errors import NotFound, ProctorError
from proctor.text import shown

flag = functools.partial(click.option, is_flag=True)
PATH = click.Path(path_type=Path)
ASSIGNMENTS = click.argument("names", nargs=-1, metavar="[ASSIGNMENT...]")


class Commands(click.Group):
    """A group whose commands end with the message of the error that they raise, and with its exit
    code.

    A file that can't be written ends them, too, and an interrupt.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ProctorError as error:
            click.echo(f"Error: {readable(str(error))}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            raise click.ClickException(
                "interrupted: what was recorded is kept; give the same command again"
            ) from None
        except OSError as error:
            # click itself ends a command with a closed output
            if error.errno == errno.EPIPE:
                raise
            said = filter(None, [error.filename, error.strerror or str(error)])
            raise click.ClickException(": ".join(map(shown, map(str, said)))) from None


@click.group(cls=Commands)
@click.version_option(package_name="proctor")
def main() -> None:
    """Grades the notebooks of the course and names the misunderstandings."""
    # the output for another program, on Windows above all, may have a code page without these signs
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    # else the state folder would be at the root of the disk
    if os.environ.get("HOME") == "":
        del os.environ["HOME"]
    # else the processes that it starts import modules from the current folder, maybe a student's
    os.environ["PYTHONSAFEPATH"] = "1"
    # nbgrader runs `alembic` from PATH
    os.environ["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    )


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def class_course() -> Path:
    """The course of the class; prints its folder if that is not the current one."""
    course = find_class_course()
    if course != Path.cwd():
        click.echo(readable(f"course: {course}"), err=True)
    return course


def one_named(course: Path, name: str, exercise: str | None = None) -> Assignment:
    """The released assignment of this name, which has this exercise. Raises `NotFound`."""
    (found,) = named(course, (name,))
    if exercise and exercise not in found.stubs:
        raise NotFound(f"{name} has no exercise {exercise}: {', '.join(found.stubs)}")
    return found


def named(course: Path, names: tuple[str, ...]) -> list[Assignment]:
    """The released assignments of these names; all of them if there is no name.

    Raises `NotFound`.
    """
    known = assignments(course)
    if unknown := set(names) - known.keys():
        there = ", ".join(known)
        raise NotFound(
            f"{course / 'release'} has no assignment {', '.join(sorted(unknown))}: {there}"
        )
    return [each for each in known.values() if not names or each.name in names]
