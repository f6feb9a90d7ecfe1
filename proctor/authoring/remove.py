"""Removes an exercise from the files of its assignment: `proctor remove`."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat

from proctor.authoring.new import release, require_ungraded
from proctor.course import Assignment, grade_id, notebook_at

TEXTS = ("exercise", "question", "reason", "hints")
# `def test_softmax_values__every_dim(…)`, `STAND_INS["softmax"] = …`
ABOUT = re.compile(r"def test_(\w+?)(?:__|\()|\w+\['(\w+)'\]")


def remove_exercise(assignment: Assignment, exercise: str) -> str:
    """Removes an exercise's cells, checks and known answers; gives the lines that still mention
    it.
    """
    course = assignment.course
    require_ungraded(assignment)
    own = {exercise, *assignment.cells_of(exercise)}
    names = {*assignment.names_of(exercise), *own}
    own.update(f"{exercise}-{text}" for text in TEXTS)
    notebook = notebook_at(assignment.source)
    notebook.cells = [
        cell for cell in notebook.cells if (grade_id(cell) or cell.get("id")) not in own
    ]
    nbformat.write(notebook, assignment.source)
    if assignment.checks.is_file():
        kept = without_checks(assignment.checks.read_text("utf-8"), names)
        assignment.checks.write_text(kept, "utf-8")
    for path in course.glob(f"answers/*/{exercise}.py"):
        path.unlink()
    release(course, assignment.name)
    return mentions(course, names)


def without_checks(text: str, names: set[str]) -> str:
    """A file of hidden checks without the tests and the tables' entries of these names, and without
    the functions that only they use.
    """
    kept = _without(text, _parts_about(text, names))
    unused = _used(text) - _used(kept)
    lines = ast.parse(kept).body
    kept = _without(kept, (line for line in lines if getattr(line, "name", None) in unused))
    return re.sub(r"\n{4,}", "\n\n\n", kept).rstrip() + "\n"


def _parts_about(text: str, names: set[str]) -> Iterator[ast.stmt | ast.expr]:
    """The tests of these names, and their entries in tables, if they are on lines of their own."""
    for line in ast.parse(text).body:
        found = ABOUT.match(ast.unparse(line))
        if found and found[found.lastindex or 0] in names:
            yield line
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Dict):
            for key, value in zip(line.value.keys, line.value.values, strict=True):
                is_below = value.lineno > line.lineno
                if is_below and isinstance(key, ast.Constant) and key.value in names:
                    yield from (key, value)


def _without(text: str, parts: Iterator[ast.stmt | ast.expr]) -> str:
    """A text without the lines of these parts."""
    gone = {n for part in parts for n in range(part.lineno, (part.end_lineno or 0) + 1)}
    return "\n".join(line for n, line in enumerate(text.splitlines(), 1) if n not in gone)


def _used(text: str) -> set[str]:
    return {each.id for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Name)}


def mentions(course: Path, names: set[str]) -> str:
    """The lines of the course's own files that still contain one of these names."""
    command = "grep -rnwIE --exclude-dir=_build".split()
    command += ["|".join(names), "source", "tests/hidden", "answers", "helpers", "docs"]
    return subprocess.run(command, cwd=course, capture_output=True, text=True).stdout
