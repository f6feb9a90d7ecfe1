"""Removes an exercise from the files of its assignment: `proctor remove`."""

import ast
import json
import re
from pathlib import Path

from proctor.authoring.new import release, require_ungraded, save
from proctor.course import Assignment

TABLES = ("FORBIDDEN", "STAND_INS", "BUILT_INS", "EXPERIMENTS")


def remove_exercise(assignment: Assignment, exercise: str) -> list[str]:
    """Removes an exercise's cells, checks and known answers; gives the lines that still mention it."""
    course = assignment.course
    require_ungraded(course, assignment.name)
    cells = assignment.cells_of(exercise)
    content = json.loads(assignment.source.read_text(encoding="utf-8"))
    own = {exercise, *cells}
    texts = re.compile(rf"{exercise}-(exercise|question|reason|hints?)")
    content["cells"] = [
        cell
        for cell in content["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") not in own
        and not texts.fullmatch(cell.get("id", ""))
    ]
    names = {*assignment.names_of(exercise), *own}
    if assignment.checks.is_file():
        text = assignment.checks.read_text(encoding="utf-8")
        kept = without_checks(text, cells, names)
        assignment.checks.write_text(kept, encoding="utf-8")
    for path in (course / "answers").glob(f"*/{exercise}.py"):
        path.unlink()
    save(assignment.source, content)
    release(course, assignment.name)
    return mentions(course, names)


def without_checks(text: str, cells: set[str], names: set[str]) -> str:
    """A file of hidden checks without those of `cells`, the tables' entries for `names`, and their stand-ins."""
    lines = text.splitlines()
    gone = set[int]()
    stand_ins = set[str]()
    body = ast.parse(text).body
    for node in body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.AugAssign):
            target = node.target
        if isinstance(node, ast.FunctionDef):
            if node.name.startswith("test_") and node.name[5:].split("__")[0] in cells:
                gone |= _lines(node)
        elif isinstance(target, ast.Subscript) and _is_entry(target, names):
            gone |= _lines(node)
            stand_ins |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        elif isinstance(target, ast.Name) and target.id in TABLES:
            # from the last one: an entry before it on the same line keeps its place
            for key, value in reversed([*zip(*_entries(node))]):
                if isinstance(key, ast.Constant) and key.value in names:
                    stand_ins |= {each.id for each in ast.walk(value) if isinstance(each, ast.Name)}
                    if node.lineno == node.end_lineno:
                        line = lines[key.lineno - 1]
                        rest = line[value.end_col_offset :].removeprefix(",").lstrip()
                        lines[key.lineno - 1] = line[: key.col_offset] + rest
                    else:
                        gone |= set(range(key.lineno - 1, value.end_lineno or key.lineno))
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name in stand_ins:
            used = [n for n, line in enumerate(lines) if re.search(rf"\b{node.name}\b", line)]
            if not set(used) - gone - _lines(node):
                gone |= _lines(node)
    kept = "\n".join(line for number, line in enumerate(lines) if number not in gone)
    return re.sub(r"\n{4,}", "\n\n\n", kept).rstrip() + "\n"


def mentions(course: Path, names: set[str]) -> list[str]:
    """The lines of the course's own files that still contain one of these names."""
    word = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b")
    paths = [
        path
        for pattern in (
            "source/*/*",
            "tests/hidden/*.py",
            "answers/**/*.py",
            "helpers/*",
            "docs/*.md",
        )
        for path in sorted(course.glob(pattern))
        if path.is_file() and not path.is_symlink()
    ]
    return [
        f"{path.relative_to(course)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if word.search(line)
    ]


def _lines(node: ast.stmt) -> set[int]:
    return set(range(node.lineno - 1, node.end_lineno or node.lineno))


def _is_entry(target: ast.Subscript, names: set[str]) -> bool:
    """Whether it is `STAND_INS["softmax"]`, of one of these names."""
    key = target.slice
    table = target.value
    is_table = isinstance(table, ast.Name) and table.id in TABLES
    return is_table and isinstance(key, ast.Constant) and key.value in names


def _entries(node: ast.stmt) -> tuple[list, list]:
    value = node.value if isinstance(node, ast.Assign) else None
    return (value.keys, value.values) if isinstance(value, ast.Dict) else ([], [])
