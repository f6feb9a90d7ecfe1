"""What a class costs after it was graded: again, with one submission changed, with other points, feedback, report.

The class is of 03-softmax, and no two submissions of it are the same. Each line is one command, from its start to its end.

.venv/bin/python benchmarks/again.py 200 2000 --write
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click
from grade import AGAIN, PAGE, course_with_gradebook, measured, table
from shared import machine, submissions

from proctor.course import assignments

NAME = "03-softmax"
PROCTOR = Path(sys.executable).with_name("proctor")
GRADE = ("grade", "--workers", "2", NAME)
HOW = """\
Measured by `benchmarks/again.py --write`: no two submissions the same, no attacks. Each number is one command with two workers:
seconds of wall time, and in brackets of CPU time. Nothing runs again after **points** of a cell changed, `c.Attempts.counts` became
**best**, or all got **more time**. **memory**: of the largest process, in MiB; files in MB.
"""
HEADINGS = [
    *("students", "grade", "again", "one changed", "points", "best", "more time", "feedback"),
    *("again", "report", "memory", "gradebook", "proctor.db"),
]


class Costs:
    """What one class costs, line by line; `peak`: the most memory that one process had, in MiB."""

    def __init__(self, course: Path):
        self.course, self.peak = course, 0.0

    def of(self, *command: str) -> str:
        """Runs a command of proctor's: the seconds of wall time and of CPU time that it took."""
        wall, cpu, seen = measured([[str(PROCTOR), *command]], [self.course], None)
        self.peak = max(self.peak, *seen.peaks.values(), 0.0)
        click.echo(f"{' '.join(command)}: {wall:.1f} s, CPU {cpu:.1f} s", err=True)
        return f"{wall:.1f} ({cpu:.1f})"


def change_points(course: Path) -> None:
    """Gives a cell another point, and releases that."""
    source = assignments(course)[NAME].source
    notebook = json.loads(source.read_text())
    for cell in notebook["cells"]:
        facts = cell["metadata"].get("nbgrader", {})
        if facts.get("grade_id") == "softmax_values":
            facts["points"] += 1
    source.write_text(json.dumps(notebook, indent=1))
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", NAME, "--create", "--force"]
    subprocess.run(command, cwd=course, check=True, capture_output=True)


def row(folder: Path, students: int) -> Iterator[str]:
    """One row of the table: what a class of so many costs."""
    course = course_with_gradebook(folder, [NAME])
    assignment = assignments(course)[NAME]
    *drawn, other = islice(submissions(assignment, 1, hostile=0), students + 1)
    for number, case in enumerate(drawn):
        case.write(course / "submitted" / f"s{number:04}" / NAME)
    costs = Costs(course)
    yield f"{students}"
    yield costs.of(*GRADE)
    yield costs.of(*GRADE)
    other.write(course / "submitted" / "s0000" / NAME)
    yield costs.of(*GRADE)
    change_points(course)
    yield costs.of(*GRADE)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write('\nc.Attempts.counts = "best"\n')
    yield costs.of(*GRADE)
    due = ["assignment", "add", NAME, "--duedate", "2030-03-20 18:00 UTC"]
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "db", *due], cwd=course, check=True, capture_output=True
    )
    costs.of("extend", NAME, "--all", "12h")
    yield costs.of(*GRADE)
    yield costs.of("feedback", "--workers", "2", NAME)
    yield costs.of("feedback", "--workers", "2", NAME)
    yield costs.of("report")
    yield f"{costs.peak:.0f}"
    for name in ("gradebook.db", "proctor.db"):
        yield f"{(course / name).stat().st_size / 1e6:.1f}"


@click.command()
@click.argument("students", nargs=-1, type=int, required=True)
@click.option("--write", is_flag=True, help="Write the table into docs/benchmark-grade.md.")
def main(students: tuple[int, ...], write: bool) -> None:
    """Measures what classes of so many STUDENTS cost."""
    load, rows = os.getloadavg()[0], []
    for number in students:
        with tempfile.TemporaryDirectory() as place:
            rows.append(list(row(Path(place, "course"), number)))
    whole = table(HEADINGS, rows, 0)
    taken = machine((load, os.getloadavg()[0]))
    click.echo(f"{whole}\n\n{taken}")
    if write:
        before = PAGE.read_text(encoding="utf-8").partition(AGAIN)[0].rstrip()
        parts = [before, AGAIN, whole, HOW.rstrip(), taken]
        PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
