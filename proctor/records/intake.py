"""How `nbgrader autograde` takes a submission in: whatever its bytes are, it becomes a notebook that can be graded.

nbgrader itself would end such a submission ungraded, copy what a link beside it points to, or wait for a FIFO for ever.
The file in `submitted/` stays as it is.
"""

import contextlib
import glob
import logging
import os
import shutil
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import parse_utc
from traitlets import default

from proctor.course import Assignment, assignment_at
from proctor.course.files import RunFolder
from proctor.course.report import printable
from proctor.records import lock
from proctor.records.extensions import give
from proctor.records.history import keep_before
from proctor.sandbox.files import (
    FILE,
    FOLDER,
    is_hidden,
    is_kept,
    left_behind,
    open_below,
    opened,
    plain_files,
    shown,
    walk,
)
from proctor.sandbox.launcher import fork_server
from proctor.submission import Submission
from proctor.submission.choose import take_in

if TYPE_CHECKING:
    from proctor.examine.outcome import Outcome

MAX_STAMP = 200  # bytes of a timestamp's file


@dataclass
class Job:
    """What nbgrader is to grade next.

    `outcome`, `seed` and `made_of` are there where `proctor grade` has run the submission already, else `Examine` adds
    them; where it could not be run, `unjudged` says why. `has_run`: the notebook was graded before, and only its points
    are counted again.
    `notes`: what an instructor should know of the files: which counted, and what stayed behind.
    """

    submission: Submission
    outcome: "Outcome | None" = None
    seed: int | None = None
    made_of: dict[str, str] = field(default_factory=dict)
    unjudged: str = ""
    has_run: bool = False
    notes: list[str] = field(default_factory=list)


class Intake(NotebookExporter):
    """Reads submissions for nbgrader: set it as `Autograde.exporter_class`."""

    parent: Any  # nbgrader's `Autograde`, or `_AutogradeOne`
    # where the submission that nbgrader converts lies, and a copy of what may come along
    _handed_in = _staged = Path()
    # of that submission, what is odd about its files
    _notes: list[str] = []

    @default("optimistic_validation")
    def _validates_once(self) -> bool:
        return True  # behind the last preprocessor

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        run_here = getattr(self.parent, "job", None) is None
        if run_here and "proctor.records.autograde.Examine" in self.parent.autograde_preprocessors:
            fork_server()  # takes longer to start than what nbgrader imports and does before it is needed
        self.log.addFilter(_printable)
        self.parent.coursedir.get_existing_timestamp = self._when
        # `proctor grade` has staged it
        if run_here:
            self._workplace = RunFolder()
            self.parent.convert_notebooks, self.parent.init_destination = self._alone, self._begin
            self.parent.init_assignment, self.parent.set_permissions = self._copy, self._end
            self._choose()

    def _alone(self) -> None:
        """Has nbgrader grade while nobody else does. Raises `NbGraderException` where somebody goes on doing so."""
        course = Path(self.parent.coursedir.root)
        make_private(lock.workplace(course), self.parent.coursedir.groupshared)
        try:
            mine = lock.take(lock.workplace(course), "nbgrader autograde")
        except lock.Held as error:
            said = f"{error} is at work in {course}: wait for its end, then autograde again"
            # nbgrader says nothing of what ends it
            self.log.error("%s", said)
            raise NbGraderException(said) from None
        try:
            type(self.parent).convert_notebooks(self.parent)
        finally:
            mine.release()

    def _choose(self) -> None:
        """Has nbgrader convert one notebook a submission, whichever counts: it knows the expected names alone.

        An assignment of the instructor's own stays as it is.
        """
        run, coursedir = self.parent, self.parent.coursedir
        if coursedir.notebook_id != "*":
            return
        for folder in map(Path, glob.glob(run._format_source(coursedir.assignment_id, coursedir.student_id))):
            place = Path(coursedir.format_path(coursedir.release_directory, ".", folder.name))
            released = sorted(path.name for path in place.glob("*.ipynb"))
            if len(released) == 1 and self._is_ours(folder.name):
                run.assignments[str(folder)] = [str(folder / released[0])]

    def _begin(self, assignment: str, student: str) -> bool:
        """Stages what may go to `autograded/`, and keeps the notebooks that were graded before, which nbgrader removes."""
        run, coursedir = self.parent, self.parent.coursedir
        self._handed_in = Path(run._format_source(assignment, student))
        made = Path(run._format_dest(assignment, student))
        run.place = Path(self._workplace.name, "before")
        for left in (run.place, Path(self._workplace.name, "files")):
            shutil.rmtree(left, ignore_errors=True)
        run.place.mkdir()
        for notebook in made.glob("*.ipynb"):
            shutil.copy(notebook, run.place)
        if not type(run).init_destination(run, assignment, student):
            return False
        self._staged = Path(coursedir.format_path(f"{self._workplace.name}/files", student, assignment))
        source = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
        self._notes = stage(self._handed_in, source, self._staged, self._is_ours(assignment))
        for note in self._notes:
            self.log.warning("%s/%s: %s", student, assignment, note)
        for notebook in run.notebooks:
            # nbgrader asks only whether it is there
            (self._staged / Path(notebook).name).touch()
        # what nbgrader makes in it has the permissions that it is used to
        make_private(made.parent, coursedir.groupshared)
        return True

    def _copy(self, assignment: str, student: str) -> None:
        """Has nbgrader copy what is staged, and nothing else."""
        run, coursedir = self.parent, self.parent.coursedir
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook, contextlib.suppress(MissingEntry):
            # an extension of what is no longer due would end nbgrader
            give(Path(coursedir.root), gradebook.find_submission(assignment, student))
            gradebook.db.commit()
        before, coursedir.submitted_directory = coursedir.submitted_directory, f"{self._workplace.name}/files"
        try:
            type(run).init_assignment(run, assignment, student)
        finally:
            coursedir.submitted_directory = before

    def _end(self, assignment: str, student: str) -> None:
        """Notes what an earlier attempt came to."""
        run = self.parent
        keep_before(run.place, Path(run._format_dest(assignment, student)))
        type(run).set_permissions(run, assignment, student)

    def _when(self, folder: str) -> datetime | None:
        """When a submission was handed in. Raises `NbGraderException` where an instructor's own assignment doesn't say it.

        nbgrader itself ends there in an error of its own, which names no file.
        """
        path = Path(self._handed_in if Path(folder) == self._staged else folder, "timestamp.txt")
        when, odd = timestamp(path)
        if odd and not self._is_ours(self.parent.coursedir.assignment_id):
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
            if run._sanitizing:
                os.close(open_below(path, FILE))
            return super().from_filename(filename, resources, **kw)
        elif run._sanitizing:
            run.job = Job(take_in(path.parent, assignment))
            run.job.notes = [*run.job.submission.notes, *self._notes]
            for note in run.job.submission.notes:
                self.log.warning("%s/%s: %s", facts["student"], facts["assignment"], note)
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


def stage(folder: Path, source: Path, target: Path, ours: bool) -> list[str]:
    """Copies what may go to `autograded/` of a submission's files, but for notebooks, and tells what is odd about them.

    Files of the same names as the instructor's in `source` come along: his own take their place. Where the assignment is
    not `ours`, but one of the instructor's own, which nbgrader may run there, so does what is of the same kinds.
    """
    target.mkdir(parents=True)
    notes, files, names = [], {}, set()
    with contextlib.suppress(OSError), opened(folder, FOLDER) as place:
        files = plain_files(folder, depth=FOLDER)
        names = {str(inside / name) for inside, _, found, _ in walk(place) for name in found}
    theirs = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    kinds = set() if ours else {Path(name).suffix.lower() for name in theirs}
    behind = []
    for name, data in files.items():
        if name == "timestamp.txt" or name.lower().endswith(".ipynb"):
            continue
        if is_kept(name) or name in theirs or (Path(name).suffix.lower() in kinds and not is_hidden(name)):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(data)
        else:
            behind.append(name)
    if not_plain := sorted(name for name in names - files.keys() if not name.lower().endswith(".ipynb")):
        notes.append(
            f"{', '.join(map(shown, not_plain[:5]))} was left out: not a plain file, too large or one too many"
        )
    if behind:
        notes.append(left_behind(behind))
    when, odd = timestamp(folder / "timestamp.txt")
    notes += [odd] if odd else []
    if "timestamp.txt" in files and not odd:
        (target / "timestamp.txt").write_bytes(files["timestamp.txt"])
    elif when is not None:
        (target / "timestamp.txt").write_text(f"{when.isoformat(' ')} UTC")
    return notes


def make_private(folder: Path, groupshared: bool) -> None:
    """Makes a folder for the instructor's eyes, and those of his group where nbgrader is told that it shares the course.

    What is there already stays as it is.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(0o700)
        if groupshared:
            folder.chmod(0o2770)


def timestamp(path: Path) -> tuple[datetime | None, str]:
    """The time in this file, as nbgrader has it, and what is odd about it; None where there is no file or nothing in it.

    Where it can't be read, when the file was written counts: the submission itself is sound.
    """
    try:
        descriptor = open_below(path, FILE)
    except OSError:
        return None, ""
    with open(descriptor, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            return None, ""
        try:
            stamp = file.read() if facts.st_size <= MAX_STAMP else b"?"
            return (parse_utc(stamp.decode().strip()) if stamp.strip() else None), ""
        except (OSError, ValueError, ArithmeticError):  # of `decimal`, too
            written = datetime.fromtimestamp(facts.st_mtime, UTC).replace(tzinfo=None)
            return written, "its timestamp can't be read: the time of its file counts"
