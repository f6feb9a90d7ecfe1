"""Removes an exercise from the files of its assignment: `proctor remove`."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import nbformat

from proctor.authoring.new import release, require_ungraded
from proctor.course import Assignment, grade_id, notebook_at

TEXTS = ("exercise", "question", "reason", "hints")
# `def test_softmax_values__every_dim(…)`, `STAND_INS["softmax"] = …`
ABOUT = re.compile(r"def test_(\w+?)(?:__|\()|\w+\['(\w+)'\]")
FILES = ("source/*/*", "tests/hidden/*.py", "answers/**/*.py", "helpers/*", "docs/*.md")


def remove_exercise(assignment: Assignment, exercise: str) -> list[str]:
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
        kept = without_checks(assignment.checks.read_text(encoding="utf-8"), names)
        assignment.checks.write_text(kept, encoding="utf-8")
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
    functions = [line for line in ast.parse(kept).body if isinstance(line, ast.FunctionDef)]
    kept = _without(kept, (each for each in functions if each.name in unused))
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


def mentions(course: Path, names: set[str]) -> list[str]:
    """The lines of the course's own files that still contain one of these names."""
    word = re.compile(rf"\b({'|'.join(names)})\b")
    found = []
    for path in sorted(chain.from_iterable(map(course.glob, FILES))):
        if path.is_file() and not path.is_symlink():
            lines = path.read_text("utf-8", "replace").splitlines()
            for number, line in enumerate(lines, 1):
                if word.search(line):
                    found.append(f"{path.relative_to(course)}:{number}: {line.strip()[:100]}")
    return found
