"""Removes an exercise from the files of its assignment: `proctor remove`."""

import ast
import re
from collections import Counter
from itertools import chain
from pathlib import Path

import nbformat

from proctor.authoring.lint import TABLES
from proctor.authoring.new import release, require_ungraded
from proctor.course import Assignment, grade_id, notebook_at
from proctor.grading.hidden import cell_of

FILES = ("source/*/*", "tests/hidden/*.py", "answers/**/*.py", "helpers/*", "docs/*.md")


def remove_exercise(assignment: Assignment, exercise: str) -> list[str]:
    """Removes an exercise's cells, checks and known answers; gives the lines that still mention
    it.
    """
    course = assignment.course
    require_ungraded(course, assignment.name)
    own = {exercise, *assignment.cells_of(exercise)}
    names = {*assignment.names_of(exercise), *own}
    texts = re.compile(rf"{exercise}-(exercise|question|reason|hints?)")
    notebook = notebook_at(assignment.source)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if grade_id(cell) not in own and not texts.fullmatch(cell.get("id", ""))
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
    """A file of hidden checks without the tests and the tables' entries of these names, and what
    only they use.
    """
    tree = ast.parse(text)
    gone = [part for line in tree.body for part in _parts_of(line, names)]
    lost = Counter(chain.from_iterable(map(_used, gone)))
    used = Counter(_used(tree))
    for line in tree.body:
        if isinstance(line, ast.FunctionDef) and lost[line.name] == used[line.name] > 0:
            gone.append(line)
    numbers = {n for part in gone for n in range(part.lineno, (part.end_lineno or 0) + 1)}
    kept = [line for n, line in enumerate(text.splitlines(), 1) if n not in numbers]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(kept)).rstrip() + "\n"


def _parts_of(line: ast.stmt, names: set[str]) -> list[ast.stmt | ast.expr]:
    """The part of a file's statement that is about these names: all of it, or entries of a table on
    lines of their own.
    """
    match line:
        case ast.FunctionDef(name=name) if name.startswith("test_") and cell_of(name) in names:
            return [line]
        case (
            ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id=table), slice=ast.Constant(value=key))]
            )
            | ast.AugAssign(
                target=ast.Subscript(value=ast.Name(id=table), slice=ast.Constant(value=key))
            )
        ) if table in TABLES and key in names:
            return [line]
        case ast.Assign(targets=[ast.Name(id=table)], value=ast.Dict() as entries) if (
            table in TABLES
        ):
            parts = []
            for key, value in zip(entries.keys, entries.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in names:
                    is_alone = key.lineno > line.lineno
                    parts += [key, value] if is_alone else []
            return parts
    return []


def _used(node: ast.AST) -> list[str]:
    """The names in a part of a file, each as often as it stands there."""
    return [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]


def mentions(course: Path, names: set[str]) -> list[str]:
    """The lines of the course's own files that still contain one of these names."""
    word = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    found = []
    for path in sorted(chain.from_iterable(map(course.glob, FILES))):
        if not path.is_file() or path.is_symlink():
            continue
        lines = path.read_text("utf-8", "replace").splitlines()
        for number, line in enumerate(lines, 1):
            if word.search(line):
                found.append(f"{path.relative_to(course)}:{number}: {line.strip()[:100]}")
    return found
