"""Does what a page of docs/ tells its reader to do, in a copy of the course.

Every `bash` block is run. A comment, `% …`, above a block says what else is done with it:

    % not run: WHY                                     nothing
    % ends with CODE                                   the last command ends with this code
    % save as FILE                                     the block becomes this file
    % text cell ID, after ID                           the block becomes a cell of source/01-vectors/vectors.ipynb,
    % locked cell ID                                   at its end where nothing is said
    % answer cell ID, after ID
    % reason cell ID, after ID
    % graded cell ID of N point, after ID
    % cell ID reads                                    the block takes the place of this cell's text
    % in NOTEBOOK                                      stands alone: what follows is of this notebook, a new one
    % points: ID N, ID N                               stands alone: cells get other points
"""

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat

BLOCK = re.compile(
    r"(?:^% (?P<remark>[^\n]*)\n\s*)?^(?P<mark>```+)(?P<kind>[^\n]*)\n(?P<text>.*?)^(?P=mark)$",
    re.M | re.S,
)
ALONE = re.compile(r"^% (?P<kind>points:|in) (?P<text>.*)$", re.M)
CELL = re.compile(
    r"(?P<kind>text|locked|answer|reason|graded) cell (?P<id>\w+(-\w+)*)(?: of (?P<points>\d+) points?)?(?:, after (?P<after>[\w-]+))?"
)
NOTEBOOK = "source/01-vectors/vectors.ipynb"
PLAIN = re.compile(r"(?:nbgrader|proctor) [^|&;<>$`\\]+")  # a command that needs no shell


@dataclass(frozen=True)
class Step:
    """A block of a page, and the remark above it."""

    kind: str
    text: str
    remark: str
    line: int


def steps(page: Path) -> list[Step]:
    """The steps of a page in their order."""
    text = page.read_text(encoding="utf-8")
    found = [(m.start(), m["kind"], m["text"], m["remark"] or "") for m in BLOCK.finditer(text)]
    found += [(m.start(), m["kind"], m["text"], "") for m in ALONE.finditer(text)]
    return [
        Step(kind, body, remark, text.count("\n", 0, at) + 1)
        for at, kind, body, remark in sorted(found)
    ]


def follow(page: Path, course: Path, environment: dict[str, str], run: Callable) -> int:
    """Does every step in `course`; returns how many commands were run. Fails with the page's line where one fails.

    `run` is the tests' own: it starts the commands of this environment sooner than a shell does.
    """
    # stays active
    environment = environment | {
        "PATH": f"{course / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    }
    commands, notebook = 0, course / NOTEBOOK
    for step in steps(page):
        if step.remark.startswith("not run: "):
            continue
        if step.kind == "bash":
            code = int(match[1]) if (match := re.fullmatch(r"ends with (\d)", step.remark)) else 0
            lines = [line for line in step.text.splitlines() if line and not line.startswith("#")]
            if all(map(PLAIN.fullmatch, lines)):
                told = [
                    run(course, *shlex.split(line, comments=True), code=None, **environment)
                    for line in lines
                ]
            else:
                shell = ["bash", "-euo", "pipefail", "-c", step.text]
                options = {
                    "cwd": course,
                    "env": environment,
                    "capture_output": True,
                    "text": True,
                    "timeout": 600,
                }
                told = [subprocess.run(shell, **options)]
            for done, wanted in zip(told, [0] * (len(told) - 1) + [code], strict=True):
                assert done.returncode == wanted, (
                    f"{page.name}, line {step.line}: {step.text}\nended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
                )
            commands += len([line for line in lines if not line.startswith(" ")])
        elif match := re.fullmatch(r"save as (\S+)", step.remark):
            (course / match[1]).write_text(step.text)
        elif match := re.fullmatch(r"cell (\S+) reads", step.remark):
            _change_cell(notebook, match[1], step.text.rstrip("\n"))
        elif match := CELL.fullmatch(step.remark):
            _add_cell(notebook, match, step.text.rstrip("\n"))
        elif step.kind == "in":
            notebook = course / step.text
            nbformat.write(nbformat.v4.new_notebook(), notebook)
        elif step.kind == "points:":
            _give_points(notebook, dict(each.split() for each in step.text.split(", ")))
    return commands


def _add_cell(path: Path, wanted: re.Match, source: str) -> None:
    """Adds a cell with the metadata that nbgrader's Create Assignment panel gives it."""
    notebook = nbformat.read(path, as_version=4)
    facts = {
        "grade": False,
        "grade_id": wanted["id"],
        "locked": False,
        "schema_version": 3,
        "task": False,
    }
    if wanted["kind"] in ("text", "reason"):
        tags = {"tags": ["reason"]} if wanted["kind"] == "reason" else {}
        cell = nbformat.v4.new_markdown_cell(source, id=wanted["id"], metadata=tags)
    elif wanted["kind"] == "answer":
        cell = nbformat.v4.new_code_cell(
            source, id=wanted["id"], metadata={"nbgrader": facts | {"solution": True}}
        )
    elif wanted["kind"] == "locked":
        facts |= {"locked": True, "solution": False}
        cell = nbformat.v4.new_code_cell(source, id=wanted["id"], metadata={"nbgrader": facts})
    else:
        facts |= {"grade": True, "locked": True, "solution": False, "points": int(wanted["points"])}
        cell = nbformat.v4.new_code_cell(source, id=wanted["id"], metadata={"nbgrader": facts})
    where = (
        [cell.id for cell in notebook.cells].index(wanted["after"]) + 1
        if wanted["after"]
        else len(notebook.cells)
    )
    notebook.cells.insert(where, cell)
    nbformat.write(notebook, path)


def _change_cell(path: Path, wanted: str, source: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == wanted]
    cell.source = source
    nbformat.write(notebook, path)


def _give_points(path: Path, points: dict[str, str]) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id in points:
            cell.metadata.nbgrader.points = int(points[cell.id])
    nbformat.write(notebook, path)
