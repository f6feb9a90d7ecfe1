"""A notebook at a path, and which of the files that lie beside it go into its sandbox."""

import contextlib
import json
from pathlib import Path

from platformdirs import user_state_path

from proctor.course import Assignment, assignments, find_course
from proctor.course.codes import Code, Note
from proctor.errors import NotExaminable
from proctor.sandbox.files import each_plain_file, files_in
from proctor.submission.read import bytes_of, notebook_in
from proctor.submission.restore import Submission, find_assignment, with_released_cells

# folders of a class, in which each student has a folder for each assignment
OF_STUDENTS = ("submitted", "autograded", "attempts")


def progress_file() -> Path:
    """The file in which a learner's progress is kept."""
    return user_state_path("proctor") / "progress.json"


def read(path: Path, course: Path | None = None, one_persons: bool = False) -> Submission:
    """The submission at `path`. Raises `NotExaminable` if it is no notebook of the course.

    `one_persons`: the files beside it are known to be one person's.
    """
    notebook, notes = notebook_in(bytes_of(path))
    course = course or find_course()
    assignment = find_assignment(notebook, course, path.name)
    released = {each.notebook.name for each in assignments(course).values()}
    if path.name in released and path.name != assignment.notebook.name:
        notes.insert(0, Code.OTHER_NAME(assignment=assignment.name))
    files, left_out = files_beside(path, assignment, one_persons)
    return with_released_cells(notebook, assignment, files, notes + left_out)


def files_beside(
    notebook: Path, assignment: Assignment, one_persons: bool = False
) -> tuple[dict[str, bytes], list[Note]]:
    """The files that go into the sandbox with a notebook, and a note for its report if some were
    left out.

    These are the plain files beside it; none if the course's checks, solutions or submissions lie
    there, too. If the folder holds another notebook of the assignment, the files may be another
    person's: only the course's own files come then.
    """
    notebook = notebook.absolute()
    folder = notebook.resolve().parent
    course = assignment.course.resolve()
    for ours in ("tests/hidden", "source", "submitted"):
        if (course / ours).is_relative_to(folder):
            return {}, []
    found = files_in(folder)
    released = files_in(assignment.notebook.parent)
    # the cheapest question first
    if found.items() <= released.items() or one_persons or _is_one_persons(notebook):
        return found, []
    if not _has_another(notebook.resolve(), assignment):
        return found, []
    return released, [Code.SHARED_FOLDER(assignment=assignment.name)]


def _is_one_persons(notebook: Path) -> bool:
    """Whether a notebook lies in a student's folder of a class, or in a folder that `proctor start`
    made.
    """
    # the class's own folders may be links
    for path in (notebook, notebook.resolve()):
        # STUDENT/ASSIGNMENT/NOTEBOOK
        for place in path.parents[2:]:
            if place.name in OF_STUDENTS and (place.parent / "source").is_dir():
                return True
    folders = {}
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        folders = json.loads(progress_file().read_bytes())["folders"].items()
    return any(notebook.resolve().is_relative_to(Path(folder) / name) for name, folder in folders)


def _has_another(notebook: Path, assignment: Assignment) -> bool:
    """Whether another notebook of the assignment lies in a notebook's folder, or below it; hidden
    ones don't count.
    """
    folder = notebook.parent
    for path, file, size in each_plain_file(folder):
        if path.lower().endswith(".ipynb") and folder / path != notebook:
            with contextlib.suppress(NotExaminable):
                other, _ = notebook_in(file.read(size))
                if (
                    find_assignment(other, assignment.course, Path(path).name).name
                    == assignment.name
                ):
                    return True
    return False
