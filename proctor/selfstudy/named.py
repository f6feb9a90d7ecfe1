"""The exercise that a learner names, and the notebook of theirs that holds it."""

from difflib import get_close_matches
from pathlib import Path

from proctor.course import Assignment, assignments
from proctor.course.report import readable
from proctor.errors import NotExaminable, NotFound
from proctor.selfstudy.progress import Progress, is_ones_own
from proctor.submission import parse, whose


def exercise_named(course: Path, name: str) -> tuple[Assignment, str]:
    """The exercise of this name, or the one that defines it or has a graded cell called so. Raises `NotFound`."""
    known: dict[str, tuple[Assignment, str]] = {}
    for assignment in assignments(course).values():
        for exercise in assignment.exercises.values():
            names = [] if exercise.is_value else exercise.names
            known |= {each: (assignment, exercise.name) for each in [exercise.name, *names]}
        known |= {cell.id: (assignment, cell.exercise) for cell in assignment.graded.values()}
    if name in known:
        return known[name]
    close = get_close_matches(name, known, 1)
    raise NotFound(f"no exercise {readable(name)}: {f'did you mean {close[0]}?' if close else 'see proctor list'}")


def notebook_of(assignment: Assignment, progress: Progress, given: Path | None = None) -> Path:
    """The learner's notebook of an assignment: the one given, or in this folder, or where `proctor start` put it.

    Raises `NotFound` where there is none, or more than one.
    """
    if given is not None and not given.is_dir():
        return given
    here, started = given or Path.cwd(), Path(progress.state.folder or "nowhere").absolute()
    # within `mine/01-vectors/`, `mine/`, the folder above it, and elsewhere
    places = [here.glob("*.ipynb"), here.glob("*/*.ipynb"), here.glob("*/*/*.ipynb")]
    for place in places if given else [*places, started.glob("*/*.ipynb")]:
        found = sorted(path for path in place if _is_of(path, assignment))
        if len(found) > 1:
            found = [path for path in found if path.absolute().is_relative_to(started)] or found
        if len(found) > 1:
            which = "\n  ".join(str(path) for path in found[:5])
            raise NotFound(readable(f"{len(found)} notebooks are of {assignment.name}: name one of\n  {which}"))
        if found:
            return found[0]
    raise NotFound(readable(f"no notebook of {assignment.name} in {here}: name it, or make one with 'proctor start'"))


def _is_of(path: Path, assignment: Assignment) -> bool:
    if path.name.startswith(".") or path.parent.name.startswith(".") or not is_ones_own(path, assignment.course):
        return False
    try:
        return whose(parse(path), assignment.course, path.name).name == assignment.name
    except NotExaminable:
        return False
