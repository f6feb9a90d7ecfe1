"""Honest submissions as data: reads the files in `right/` and `half/`, and makes whole notebooks of them; see README.md.

As a command, `python tests/honest/cases.py FOLDER CASE...` writes the notebooks of these cases into FOLDER.
"""

import re
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from proctor.answers import solved
from proctor.course import assignments, find_course, grade_id

HERE = Path(__file__).resolve().parent
MARK = re.compile(r"^# %% (?P<what>.+)\n", re.MULTILINE)
HEAD = re.compile(r"^# (assignment|what|loses): *(.*)$", re.MULTILINE)


class NoSuchExercise(ValueError):
    """A case names an exercise, or a cell, that the course doesn't have."""


@dataclass(frozen=True)
class Case:
    """One honest submission; `loses` are the exercises that may lose points."""

    name: str
    assignment: str
    what: str
    loses: frozenset[str]
    notebook: NotebookNode
    files: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Writes the notebook, and the files beside it, into `folder`; returns the notebook's path."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        path = folder / assignments(find_course(HERE))[self.assignment].notebook.name
        nbformat.write(self.notebook, path)
        return path


def read(path: Path) -> Case:
    """The case in this file. Raises `ValueError` where it isn't written as README.md says."""
    head, *parts = MARK.split(path.read_text(encoding="utf-8"))
    facts = dict(HEAD.findall(head))
    found = assignments(find_course(HERE))
    if facts.get("assignment") not in found:
        raise ValueError(
            f"{path}: its first line must say '# assignment: NAME', one of {', '.join(found)}"
        )
    assignment = found[facts["assignment"]]
    loses = frozenset(facts.get("loses", "").replace(",", " ").split())
    if unknown := loses - assignment.stubs.keys():
        raise NoSuchExercise(
            f"{path}: '# loses:' names {', '.join(sorted(unknown))}, which is no exercise"
        )
    notebook, files = solved(assignment), {}
    for what, text in zip(parts[::2], parts[1::2], strict=True):
        try:
            _apply(notebook, files, what.split(), text.strip("\n"))
        except StopIteration:
            raise NoSuchExercise(f"{path}: '# %% {what}': there is no such cell") from None
        except (LookupError, ValueError) as error:
            raise ValueError(f"{path}: '# %% {what}': {error}") from None
    return Case(path.stem, assignment.name, facts.get("what", ""), loses, notebook, files)


def cases(folder: str, number: str = "*") -> list[Case]:
    """The cases in `right` or `half`: all, or those of the assignment with this number.

    A case about an exercise that an author has removed is left out, with a warning.
    """
    found = []
    for path in sorted((HERE / folder).glob(f"{number}_*.py")):
        try:
            found.append(read(path))
        except NoSuchExercise as error:
            warnings.warn(f"left out: {error}", stacklevel=2)
    return found


def _apply(notebook: NotebookNode, files: dict[str, str], words: list[str], text: str) -> None:
    """Does to the notebook what one part of a case says."""
    make = new_markdown_cell if words[0] == "markdown" else new_code_cell
    match [word for word in words if word != "markdown"]:
        case ["solution", name]:
            notebook.cells[_place(notebook, name)].source = text
        case ["before", name]:
            notebook.cells.insert(_place(notebook, name), make(text))
        case ["after", name]:
            place = _place(notebook, name) + 1
            while place < len(notebook.cells) and "honest" in notebook.cells[place].metadata:
                place += 1
            notebook.cells.insert(place, make(text, metadata={"honest": True}))
        case ["first"]:
            notebook.cells.insert(0, make(text))
        case ["last"]:
            notebook.cells.append(make(text))
        case ["delete", name]:
            del notebook.cells[_place(notebook, name)]
        case ["forget"]:
            for cell in notebook.cells:
                cell.metadata = NotebookNode()
        case ["file", name]:
            files[name] = text + "\n"
        case _:
            raise ValueError("README.md knows no such line")


def _place(notebook: NotebookNode, name: str) -> int:
    return next(place for place, cell in enumerate(notebook.cells) if grade_id(cell) == name)


if __name__ == "__main__":
    for path in map(Path, sys.argv[2:]):
        print(read(path).write(Path(sys.argv[1]) / path.stem))
