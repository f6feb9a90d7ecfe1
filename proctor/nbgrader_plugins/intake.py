"""How `nbgrader autograde` takes a submission in: whatever its bytes are, it becomes a notebook that can be graded.

nbgrader itself would end such a submission ungraded, copy what a link beside it points to, or wait for a FIFO for ever.
The file in `submitted/` stays as it is.
"""

import glob
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import parse_utc
from traitlets import default

from proctor.course import Assignment, assignment_at
from proctor.report import printable
from proctor.sandbox.files import names_to_leave_out
from proctor.sandbox.launcher import fork_server
from proctor.submission import Submission, take_in

if TYPE_CHECKING:
    from proctor.examine.outcome import Outcome

MAX_STAMP = 200  # bytes of a timestamp's file


@dataclass
class Job:
    """What nbgrader is to grade next.

    `outcome`, `seed` and `fingerprint` are there where `proctor grade` has run the submission already; where it could
    not be run, `unjudged` says why.
    """

    submission: Submission
    outcome: "Outcome | None" = None
    seed: int | None = None
    fingerprint: str = ""
    unjudged: str = ""


class Intake(NotebookExporter):
    """Reads submissions for nbgrader: set it as `Autograde.exporter_class`."""

    parent: Any  # nbgrader's `Autograde`, or `_AutogradeOne`

    @default("optimistic_validation")
    def _validates_once(self) -> bool:
        return True  # behind the last preprocessor

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        run_here = getattr(self.parent, "job", None) is None
        if run_here and "proctor.nbgrader_plugins.autograde.Examine" in self.parent.autograde_preprocessors:
            fork_server()  # takes longer to start than what nbgrader imports and does before it is needed
        self.log.addFilter(_printable)
        self._ignored = list(self.parent.coursedir.ignore)
        self._hook = self.parent.pre_convert_hook
        self.parent.pre_convert_hook = self._before
        self.parent.coursedir.get_existing_timestamp = self._when

    def _before(self, assignment: str, student: str, notebooks: list[str]) -> None:
        """Has nbgrader leave out what does not come along, by its name; runs the instructor's own hook."""
        coursedir = self.parent.coursedir
        source = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
        ours = {file.name for file in source.glob("*")} if self._is_ours(assignment) else None
        left_out = names_to_leave_out(Path(notebooks[0]).parent, ours)
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

    def from_filename(self, filename: str, resources: dict | None = None, **kw: Any) -> tuple[NotebookNode, dict]:
        assert resources is not None, "nbgrader gives some"
        run, facts, path = self.parent, resources["nbgrader"], Path(filename)
        place = run.coursedir.format_path(run.coursedir.release_directory, ".", facts["assignment"])
        release = Path(place, f"{facts['notebook']}.ipynb")
        assignment = assignment_at(Path(run.coursedir.root), release) if release.is_file() else None
        if getattr(run, "ready", False):
            notebook = run.job.submission.notebook
        elif assignment is None or not assignment.checks.is_file():  # an assignment of the instructor's own
            run.job = None
            return super().from_filename(filename, resources, **kw)
        elif run._sanitizing:
            run.job = Job(take_in(path, assignment))
            notebook = run.job.submission.notebook
        else:  # nbgrader's second pass, over what the first one made
            notebook = nbformat.read(path, as_version=4)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        resources["restored"] = True  # the cells' metadata is the release's
        return self.from_notebook_node(notebook, resources, **kw)


def _printable(record: logging.LogRecord) -> bool:
    """Lets every record pass, without what a file's name would tell the terminal."""
    record.msg, record.args = printable(record.getMessage()), ()
    return True


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
