"""What it costs to show a class its results: feedback pages for the first of it, and the report on all of it, twice.

The class is a few submissions of one assignment, really graded, in many copies with small changes. Counted is the CPU time
of the command and of its processes, and the time by the clock. A commit before is measured beside this one, in turns, in the
same run and on the same class.

.venv/bin/python benchmarks/shown.py --students 2000 --pages 60 --against main
"""

import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import click
from record import record
from shared import COURSE, machine

NAME = "03-softmax"
COMMAND = "import sys; from proctor.cli import main; main(sys.argv[1:])"


def vary(course: Path) -> None:
    """Changes every student's answers a little: a remark of their own, and often the names of their variables."""
    for path in sorted(course.glob(f"autograded/*/{NAME}/*.ipynb")):
        draw, notebook = random.Random(path.parts[-3]), json.loads(path.read_text())
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
                source = "".join(cell["source"])
                if draw.random() < 0.3:
                    source += (
                        f"\nhelp_{draw.randrange(10**6)} = [{', '.join('0' * draw.randrange(20))}]"
                    )
                cell["source"] = f"{source}\n# {draw.random()}"
        path.write_text(json.dumps(notebook))


def report(course: Path, *_: object) -> None:
    (course / "report.html").unlink(missing_ok=True)


def fresh_pages(course: Path, count: int) -> None:
    """Leaves the first students' work alone in `autograded/`, without pages; the others' lies beside it."""
    shutil.rmtree(course / "feedback", ignore_errors=True)
    for folder in sorted((course / "autograded").iterdir())[count:]:
        folder.rename(course / "aside" / folder.name)


def all_there(course: Path, *_: object) -> None:
    for folder in (course / "aside").iterdir():
        folder.rename(course / "autograded" / folder.name)


def run(course: Path, home: Path, *command: str) -> tuple[float, float]:
    """The seconds of CPU and by the clock that one of proctor's commands takes with the code in `home`."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *command],
        env=os.environ | {"PYTHONPATH": str(home), "OMP_NUM_THREADS": "1"},
        cwd=course,
        capture_output=True,
        text=True,
    )
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise click.ClickException(done.stderr[-3000:])
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, took


@click.command()
@click.option("--students", default=2000, show_default=True)
@click.option("--pages", default=60, show_default=True, help="Students who get feedback.")
@click.option("--rounds", default=2, show_default=True)
@click.option("--against", default="HEAD~1", show_default=True, help="The commit to compare with.")
def main(students: int, pages: int, rounds: int, against: str) -> None:
    """Measures this commit's feedback and report, and those of another one, in turns."""
    with tempfile.TemporaryDirectory(prefix="shown-") as place:
        load, course, git = (
            os.getloadavg()[0],
            Path(place, "course"),
            ["git", "-C", str(COURSE), "worktree"],
        )
        record(course, students, NAME)
        vary(course)
        (course / "aside").mkdir()
        steps: dict[str, tuple[Callable, list[str]]] = {
            f"feedback for {pages}": (fresh_pages, ["feedback", NAME]),
            "feedback again": (report, ["feedback", NAME]),
            f"report on {students}": (all_there, ["report"]),
            "report again": (report, ["report"]),
        }
        found = defaultdict(list)
        subprocess.run(
            [*git, "add", "--detach", f"{place}/before", against], check=True, capture_output=True
        )
        try:
            for _ in range(rounds):
                for which, home in ((against, Path(place, "before")), ("this commit", COURSE)):
                    for step, (prepare, command) in steps.items():
                        prepare(course, pages)
                        found[step, which].append(run(course, home, *command))
        finally:
            subprocess.run([*git, "remove", "--force", f"{place}/before"], check=True)
    for step in steps:
        (old, _), (new, _) = (
            map(statistics.median, zip(*found[step, which])) for which in (against, "this commit")
        )
        click.echo(f"{step}: {old / new:.1f} times less CPU than at {against}")
        for which in (against, "this commit"):
            times = ", ".join(
                f"{cpu:.1f} s of CPU in {clock:.1f} s" for cpu, clock in found[step, which]
            )
            click.echo(f"  {which}: {times}")
    click.echo(machine((load, os.getloadavg()[0])))


if __name__ == "__main__":
    main()
