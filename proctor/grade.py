"""Grading a class: nbgrader's autograde for every assignment that was handed in, then who got what."""

import json
import subprocess
import sys
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from rich.console import Console
from rich.table import Table

from proctor.course import assignments


class GradingError(Exception):
    """A command of nbgrader failed; its own output says why."""


def grade(course: Path, name: str, force: bool = False, trust_students: bool = False) -> None:
    """Autogrades the submissions to one assignment that are new or have changed. Raises `GradingError`."""
    if not _in_gradebook(course, name):
        _nbgrader(course, "generate_assignment", name, "--create", "--force")
    options = ["--force"] * force + ["--Examine.trust_students=True"] * trust_students
    _nbgrader(course, "autograde", name, *options)


def handed_in(course: Path) -> list[str]:
    """The assignments that somebody handed in."""
    names = {path.parent.name for path in (course / "submitted").glob("*/*/*.ipynb")}
    return [name for name in assignments(course) if name in names]


def show(course: Path, console: Console) -> None:
    """A table of who got what, what needs a look, and where to look next."""
    names = handed_in(course)
    table = Table(title="The class", title_justify="left", title_style="bold", show_edge=False)
    table.add_column("student")
    for name in names:
        table.add_column(name.replace("-", "\n", 1), justify="right")
    table.add_column("all", justify="right")
    with _gradebook(course) as gradebook:
        for student in gradebook.students:
            scores = {s.assignment.name: s for s in student.submissions}
            cells = [
                f"{scores[name].score:g} / {scores[name].max_score:g}" if name in scores else "–" for name in names
            ]
            table.add_row(student.id, *cells, f"{sum(s.score for s in scores.values()):g}", style=None)
    console.print(table)
    if looks := _worth_a_look(course):
        console.print("\n[bold]Worth a look[/]")
        for line in looks:
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print("\n[bold]Next[/]")
    console.print("  one student's answers   .venv/bin/proctor check submitted/…/NOTEBOOK.ipynb")
    console.print("  look and comment        make lab, then Nbgrader > Formgrader")
    console.print("  feedback pages          .venv/bin/nbgrader generate_feedback ASSIGNMENT")
    console.print("  grades as CSV           .venv/bin/nbgrader export")


def _worth_a_look(course: Path) -> list[str]:
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted((course / "autograded").glob("*/*/*.ipynb")):
        report = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("proctor", {})
        for cell in report.get("cells", []):
            if cell["status"] in ("timeout", "died", "out_of_memory", "forbidden", "missing"):
                where = str(path.relative_to(course / "autograded"))
                found.setdefault((cell["status"], where), []).append(cell["id"])
    said = {"timeout": "too slow", "died": "ended the process", "out_of_memory": "out of memory"}
    return [
        f"  {said.get(status, status)}: {where}: {', '.join(ids)}" for (status, where), ids in sorted(found.items())
    ]


def _gradebook(course: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{course / 'gradebook.db'}")


def _in_gradebook(course: Path, name: str) -> bool:
    with _gradebook(course) as gradebook:
        try:
            return bool(gradebook.find_assignment(name).notebooks)
        except MissingEntry:
            return False


def _nbgrader(course: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise GradingError(f"nbgrader {' '.join(arguments)} failed:\n{done.stdout[-3000:]}")
