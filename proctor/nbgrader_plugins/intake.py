"""How `nbgrader autograde` takes a submission in: whatever its bytes are, it becomes a notebook that can be graded.

nbgrader itself would end such a submission ungraded, copy what a link beside it points to, or wait for a FIFO for ever.
The file in `submitted/` stays as it is.
"""

import glob
import os
import stat
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import is_grade, is_solution, parse_utc
from traitlets import default

from proctor.course import Assignment, assignment_at, grade_id
from proctor.sandbox.launcher import fork_server
from proctor.sandbox.protocol import MAX_FILES_SIZE
from proctor.sanitize import ACTIVE, MODULES
from proctor.submission import NotExaminable, parse

MAX_STAMP = 200  # bytes of a timestamp's file
MAX_DEPTH = 10  # folders inside each other


@dataclass(frozen=True)
class Errand:
    """What `proctor grade` has to tell about the submission that nbgrader is grading for it.

    `elsewhere` makes the visit to a sandbox in another process; `unusable` says why there is no notebook to be graded;
    `seed` is for the checks' inputs.
    """

    elsewhere: Callable[..., Any] | None = None
    fingerprint: str = ""
    unusable: str = ""
    seed: int | None = None


ERRAND = ContextVar("errand", default=Errand())  # noqa: B039, it is frozen
UNREADABLE = "proctor_unreadable"  # in a notebook's metadata: why the submission could not be read


class Intake(NotebookExporter):
    """Reads submissions for nbgrader: set it as `Autograde.exporter_class`."""

    @default("optimistic_validation")
    def _validates_once(self):
        return True  # behind the last preprocessor

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        sandboxes_here = ERRAND.get().elsewhere is None
        if sandboxes_here and "proctor.nbgrader_plugins.autograde.Examine" in self.parent.autograde_preprocessors:
            fork_server()  # takes longer to start than what nbgrader imports and does before it is needed
        self._ignored = list(self.parent.coursedir.ignore)
        self._hook = self.parent.pre_convert_hook
        self.parent.pre_convert_hook = self._before
        self.parent.coursedir.get_existing_timestamp = self._when

    def _before(self, assignment: str, student: str, notebooks: list[str]) -> None:
        """Has nbgrader leave out what does not come along, by its name; runs the instructor's own hook."""
        coursedir = self.parent.coursedir
        source = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
        ours = {file.name for file in source.glob("*")} if self._is_ours(assignment) else None
        left_out = _left_out(Path(notebooks[0]).parent, ours)
        coursedir.ignore = self._ignored + [glob.escape(name) for name in left_out]
        if self._hook:
            self._hook(assignment=assignment, student=student, notebooks=notebooks)

    def _when(self, folder: str) -> datetime | None:
        """When a submission was handed in. Raises `NbGraderException` where an instructor's own assignment doesn't say it.

        nbgrader itself ends there in an error of its own, which names no file.
        """
        coursedir, path = self.parent.coursedir, Path(folder, "timestamp.txt")
        when, odd = timestamp(path)
        if odd and self._is_ours(coursedir.assignment_id):
            self.log.warning("%s: %s", path, odd)
        elif odd:
            mend = "write one like '2030-03-20 18:00:00 UTC' into it, or remove it, then autograde again"
            raise NbGraderException(f"{path} holds no time that can be read: {mend}")
        return when

    def _is_ours(self, assignment: str) -> bool:
        """Whether there are hidden checks of an assignment; else it is one of the instructor's own."""
        return Assignment(assignment, Path(self.parent.coursedir.root), Path()).checks.is_file()

    def from_filename(self, filename: str, resources=None, **kw):
        facts = resources["nbgrader"]
        place = self.parent.coursedir.format_path(self.parent.coursedir.release_directory, ".", facts["assignment"])
        release = Path(place, f"{facts['notebook']}.ipynb")
        assignment = assignment_at(Path(self.parent.coursedir.root), release) if release.is_file() else None
        if assignment is None or not assignment.checks.is_file():  # an assignment of the instructor's own
            return super().from_filename(filename, resources, **kw)
        notebook = taken_in(Path(filename), assignment.released)
        path = Path(filename)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        resources["restored"] = True  # the cells' metadata is the release's
        return self.from_notebook_node(notebook, resources, **kw)


def timestamp(path: Path) -> tuple[datetime | None, str]:
    """The time in this file, as nbgrader has it, and what is odd about it; None where there is no file or nothing in it.

    Where it can't be read, when the file was written counts: the submission itself is sound.
    """
    if not path.is_file():
        return None, ""
    try:
        stamp = path.read_bytes() if path.stat().st_size <= MAX_STAMP else b"?"
        return (parse_utc(stamp.decode().strip()) if stamp.strip() else None), ""
    except (OSError, ValueError, ArithmeticError):  # of `decimal`, too
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
        return written, "its timestamp can't be read: the time of its file counts"


def taken_in(path: Path, release: NotebookNode) -> NotebookNode:
    """The submission at `path` with the release's own facts about every cell, or the release where it can't be read."""
    try:
        if ERRAND.get().unusable:
            raise NotExaminable(ERRAND.get().unusable)
        if path.is_symlink():
            raise NotExaminable("it is a link to another file")
        notebook = parse(path)
        restore(notebook, release)
    except NotExaminable as error:
        notebook = deepcopy(release)
        said = f"**This submission could not be read: {error}.** It earns what an untouched notebook earns."
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(said, id="unreadable"))
        notebook.metadata[UNREADABLE] = str(error)
    return notebook


def restore(notebook: NotebookNode, release: NotebookNode) -> None:
    """Gives the released cells of `notebook` their type and nbgrader's metadata back, in place, and adds those it lacks.

    What it says of points, locks and kernels is not believed. Raises `NotExaminable` where no exercise is left.
    """
    released = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    last = {grade_id(cell): number for number, cell in enumerate(notebook.cells)}
    for number, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        original = released.get(name)
        if original is None or last[name] != number:
            cell.metadata.pop("nbgrader", None)
        else:
            cell.metadata = deepcopy(original.metadata)
            _retype(cell, original.cell_type)
    present = {grade_id(cell) for cell in notebook.cells} - {None}
    own = {
        name for name, cell in released.items() if is_grade(cell) or is_solution(cell)
    }  # others are every notebook's
    if own and not own & present:
        raise NotExaminable("it holds none of this assignment's exercises")
    before = None
    for name, original in released.items():
        if name not in present:
            names = [grade_id(cell) for cell in notebook.cells]
            notebook.cells.insert(names.index(before) + 1 if before else 0, deepcopy(original))
        before = name
    ids = Counter(cell.id for cell in notebook.cells)
    for cell in notebook.cells:
        if ids[cell.id] > 1:
            cell.id = nbformat.v4.new_code_cell().id
    notebook.metadata = deepcopy(release.metadata)


def _retype(cell: NotebookNode, kind: str) -> None:
    if cell.cell_type == kind:
        return
    cell.cell_type = kind
    if kind == "code":
        cell.outputs, cell.execution_count = [], None
        cell.pop("attachments", None)
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def _left_out(folder: Path, ours: set[str] | None) -> list[str]:
    """The names of what in `folder` does not come along.

    Links, FIFOs, devices, pages and scripts, unprintable names, and what is too large for a sandbox, be it all holes. With
    `ours`, the course's own files, also other modules: a kernel beside them would run them. A sandbox has them all the same.
    """
    found = []
    for place, folders, names in os.walk(folder):
        if len(Path(place).relative_to(folder).parts) >= MAX_DEPTH:
            found += folders
            folders.clear()
        for name in names + folders:
            facts = os.lstat(os.path.join(place, name))
            plain = stat.S_ISDIR(facts.st_mode) or (stat.S_ISREG(facts.st_mode) and facts.st_size <= MAX_FILES_SIZE)
            suffix = Path(name).suffix.lower()
            runs = suffix in ACTIVE or (ours is not None and suffix in MODULES and name not in ours)
            if not plain or runs or not name.isprintable():
                found.append(name)
    return found
