"""Reading a submission's file: whatever its bytes are, a notebook or a reason why it is none."""

import json
import re
import warnings
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from proctor.course import Assignment, assignment_of, find_course


class NotExaminable(Exception):
    """The file is no notebook of this course; the message says why."""


MAX_SIZE = 256 * 2**20  # bytes of a notebook's file
HALF = re.compile(r"\\u[dD][89a-fA-F]")  # half a character, as JSON may spell it and no file can hold it


def parse(path: Path) -> NotebookNode:
    """The notebook at `path`, in today's format. Raises `NotExaminable` where it is none."""
    try:
        if not path.is_file():
            raise NotExaminable("there is no such file")
        if path.stat().st_size > MAX_SIZE:
            raise NotExaminable(f"it is larger than {MAX_SIZE // 2**20} MiB")
        text = path.read_text(encoding="utf-8")
        if HALF.search(text):
            text = json.dumps(json.loads(text), ensure_ascii=False).encode(errors="replace").decode()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ids that are missing or doubled: mended below
            notebook = nbformat.reads(text, as_version=4)
        for cell in notebook.cells:
            _mend(cell)
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
        nbformat.ValidationError,
    ) as error:
        raise NotExaminable(f"it is not a notebook ({type(error).__name__}: {str(error)[:200]})") from None
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    return notebook


def _mend(cell: NotebookNode) -> None:
    """Gives a cell what every cell must have. Raises `NotExaminable` where it has no type or no source."""
    if not isinstance(cell.get("source"), str) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        raise NotExaminable("it holds a cell without a type or a source: open it in JupyterLab and save it again")
    for key, kind in (("metadata", dict), ("outputs", list), ("attachments", dict)):
        if key in cell and not isinstance(cell[key], kind):
            cell[key] = kind()
    cell.setdefault("metadata", NotebookNode())
    if not isinstance(cell.get("id"), str):
        cell.id = new_code_cell().id


def read(path: Path, course: Path | None = None) -> tuple[NotebookNode, Assignment]:
    """The notebook at `path` and its assignment. Raises `NotExaminable` where it is none of the course's."""
    notebook = parse(path)
    assignment = assignment_of(notebook, course or find_course())
    if assignment is None:
        raise NotExaminable("it shares no graded cell with an assignment of this course")
    return notebook, assignment
