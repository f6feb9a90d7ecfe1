"""The corpora of wrong and right answers: how one is written down, found, and put into a
notebook.
"""

import ast
import importlib.util
import textwrap
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nbformat import NotebookNode

from proctor.course import Assignment, Exercise, assignments, grade_id
from proctor.course.cells import body_of
from proctor.course.files import made_once


@dataclass(frozen=True)
class Answer:
    """One answer to an exercise, as the source of a solution cell; a wrong one has a title, a hint
    and the cells that fail it.

    `like` names a wrong answer of the same file with the same replies: its title and hint serve
    both. For a prediction, or examples, a function returns the answer. `constants` are
    interchangeable: the first stands in the source, and an answer with one of the others is
    diagnosed alike.
    """

    exercise: str
    id: str
    source: str
    title: str = ""
    hint: str = ""
    fails: tuple[str, ...] = ()
    like: str = ""
    constants: tuple[str, ...] = ()


def wrong(
    title: str,
    *,
    hint: str,
    fails: str | tuple[str, ...],
    like: str = "",
    constants: tuple[str, ...] = (),
) -> Callable:
    """Marks a function or class as a wrong answer, with its title, a hint for its author and the
    cells that fail.
    """

    def mark(answer):
        fails_in = (fails,) if isinstance(fails, str) else fails
        answer.misconception = {
            "title": title,
            "hint": hint,
            "fails": fails_in,
            "like": like,
            "constants": constants,
        }
        return answer

    return mark


def right(answer: Any) -> Any:
    """Marks a function or class as a right answer."""
    answer.misconception = {}
    return answer


def corpus(folder: Path) -> list[Answer]:
    """All the answers in `folder`, one file an exercise."""
    found = list[Answer]()
    for path in sorted(folder.glob("*.py")):
        found += answers(path)
    return found


@made_once
def known(path: Path) -> tuple[Answer, ...]:
    """The answers in one file, read once and again when it changes; none if there is no such
    file.
    """
    return tuple(answers(path)) if path.is_file() else ()


def answers(path: Path) -> list[Answer]:
    """The answers in one file, which is named for its exercise."""
    spec = importlib.util.spec_from_file_location(f"corpus_{path.parent.name}_{path.stem}", path)
    assert spec is not None and spec.loader is not None, "Python knows how to load a .py file"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    exercise = _exercise(path)
    text = path.read_text(encoding="utf-8")
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            marks = getattr(getattr(module, node.name), "misconception", None)
            if marks is not None:
                found[node.name] = Answer(
                    path.stem, node.name, _cell(exercise, node, text.splitlines()), **marks
                )
    return [*found.values()]


def _exercise(path: Path) -> Exercise:
    """The facts of the exercise whose answers are in this file of a course's `answers/`."""
    course = path.resolve().parents[2]
    if (course / "release").is_dir():
        for assignment in assignments(course).values():
            if path.stem in assignment.exercises:
                return assignment.exercises[path.stem]
    return Exercise(path.stem)


def _cell(exercise: Exercise, node: ast.FunctionDef | ast.ClassDef, lines: list[str]) -> str:
    if exercise.is_value:
        first = body_of(node)[0]
        assert isinstance(node.body[-1], ast.Return) and node.body[-1].value, (
            f"{node.name} must end in the value"
        )
        value = "\n".join(lines[first.lineno - 1 : node.end_lineno])
        return textwrap.dedent(value).replace("return ", f"{exercise.names[0]} = ", 1)
    source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
    names = ", ".join(exercise.names)
    if node.name == names:
        return source
    call = "()" if len(exercise.names) > 1 else ""
    return f"{source}\n\n\n{names} = {node.name}{call}"


def put(notebook: NotebookNode, exercise: str, source: str) -> NotebookNode:
    """A copy of `notebook` with `source` in the solution cell of `exercise`."""
    copy = deepcopy(notebook)
    cells = {grade_id(cell): cell for cell in copy.cells}
    cells[exercise].source = source
    return copy


def solved(assignment: Assignment, wrong: Mapping[str, str] = MappingProxyType({})) -> NotebookNode:
    """The released notebook with the reference solutions in it, but for the sources in `wrong`, by
    exercise.
    """
    notebook = deepcopy(assignment.released)
    solutions = assignment.solutions
    for cell in notebook.cells:
        exercise = grade_id(cell)
        if exercise in solutions:
            cell.source = wrong.get(exercise, solutions[exercise])
    return notebook
