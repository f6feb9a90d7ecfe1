"""The stubs that replace solutions in a release, and the cells that are folded there.

`python -m proctor.records.handout release/NAME FOLDER` writes a release's notebook into a folder,
with its modules in a first cell: on Colab nothing lies beside a notebook.
"""

import ast
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor

from proctor.course import exercise_in, is_reason, nbgrader_facts, several_notebooks
from proctor.course.cells import body_of
from proctor.errors import CourseError

STUB = re.compile(
    r"^([ \t]*)# YOUR CODE HERE\n[ \t]*raise NotImplementedError\(\)\n?", re.MULTILINE
)

# an earlier file stays: in grading, the course's own modules are there
MODULES = """\
# @title The modules of this notebook: run this cell first
from pathlib import Path

MODULES = {modules!r}
for _name, _text in MODULES.items():
    if not Path(_name).exists():
        Path(_name).write_text(_text, encoding="utf-8")
"""


class HandOut(NbGraderPreprocessor):
    """Comes after ClearSolutions.

    A cell whose metadata name a known wrong answer as its `handout` gets its body, for the student
    to repair; a cell in which a value is to be written, and no function, gets nothing.

    Figures and checks are folded: JupyterLab shows three dots, and below them what they draw and
    print. The reasons of solutions are left out.
    """

    parent: Any  # nbgrader's exporter, whose parent is `GenerateAssignment`

    def __init__(self, **options: Any):
        """Raises `NbGraderException`, before a file is written, if a folder has two notebooks."""
        super().__init__(**options)
        for folder in self.parent.parent.assignments:
            if several := several_notebooks(Path(folder)):
                # nbgrader says nothing of the error that ends it
                self.log.error("%s", several)
                raise NbGraderException(several)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple:
        """Leaves out the cells that students don't get."""
        nb.cells = [cell for cell in nb.cells if not is_reason(cell)]
        return super().preprocess(nb, resources)

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple:
        """Replaces the stub, and folds the cell; the name of the bug doesn't reach the students."""
        try:
            self._hand_out(cell)
        except CourseError as error:
            # nbgrader says nothing of the error that ends it
            self.log.error("%s", error)
            raise NbGraderException(str(error)) from None
        return cell, resources

    def _hand_out(self, cell: NotebookNode) -> None:
        facts = nbgrader_facts(cell)
        if "figure" in cell.metadata.get("tags", []) or (
            facts.get("grade") and not facts.get("solution")
        ):
            cell.metadata.jupyter = {"source_hidden": True}
        if not facts.get("solution"):
            return
        exercise = exercise_in(cell)
        bug = cell.metadata.get("proctor", {}).pop("handout", None)
        if bug:
            body = _body(Path(self.parent.parent.coursedir.root), exercise.name, bug)
            cell.source = STUB.sub(lambda stub: textwrap.indent(body, stub[1]), cell.source)
        elif exercise.is_value:
            cell.source = STUB.sub("", cell.source).rstrip()


def _body(course: Path, exercise: str, bug: str) -> str:
    """The lines of a known wrong answer, but for its signature and docstring."""
    path = course / "answers" / "wrong" / f"{exercise}.py"
    # read and not run: to generate an assignment needs no PyTorch
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == bug:
            first = body_of(node)[0].lineno
            return textwrap.dedent("\n".join(source.splitlines()[first - 1 : node.end_lineno]))
    raise CourseError(
        f"the cell {exercise} hands out {bug!r}, and answers/wrong/{path.name} has no wrong "
        f"answer of that name: write it there, or correct the cell's metadata"
    )


def self_contained(release: Path) -> tuple[str, NotebookNode]:
    """The name and the notebook of one release, whose first cell writes its modules."""
    (path,) = release.glob("*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    modules = {each.name: each.read_text("utf-8") for each in sorted(release.glob("*.py"))}
    # JupyterLab folds the cell by the first, Colab by the second
    folded = {"jupyter": {"source_hidden": True}, "cellView": "form"}
    first = nbformat.v4.new_code_cell(
        MODULES.format(modules=modules), id="modules", metadata=folded
    )
    notebook.cells.insert(0, first)
    return path.name, notebook


if __name__ == "__main__":
    release, folder = map(Path, sys.argv[1:])
    name, notebook = self_contained(release)
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / name)
