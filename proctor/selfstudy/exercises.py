"""The exercise that a learner names, or is at; its hints one at a time, and the notebook of theirs that holds it."""

from collections import defaultdict
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

from proctor.course import Assignment, assignments
from proctor.course.report import BLANK, Report, readable
from proctor.errors import NotExaminable, NotFound
from proctor.examine.hints import hints
from proctor.selfstudy.progress import Progress, is_ones_own
from proctor.submission import parse, whose
from proctor.text import shown


def exercise_named(course: Path, name: str) -> tuple[Assignment, str]:
    """The exercise of this name, or the one that defines it or has a graded cell called so. Raises `NotFound`."""
    known = defaultdict[str, dict[str, Assignment]](dict)
    for assignment in assignments(course).values():
        cells = {cell.id: cell.exercise for cell in assignment.graded.values()}
        for each, exercise in [*assignment.owners.items(), *cells.items(), *zip(assignment.stubs, assignment.stubs)]:
            known[each][exercise] = assignment
    its = known.get(name, {})
    if len(its) > 1 and name not in its:
        raise NotFound(f"several exercises ask for {name}: name one of {', '.join(its)}")
    if its:
        exercise = name if name in its else next(iter(its))
        return its[exercise], exercise
    if not name:
        raise NotFound("which exercise? Name it behind the command, as in '%hint softmax'")
    close = get_close_matches(name, known, 1)
    raise NotFound(f"no exercise {readable(name)}: {f'did you mean {close[0]}?' if close else 'see proctor list'}")


def next_exercise(
    report: Report, assignment: Assignment, saved: Collection[str] = (), last: tuple[str, str] = ("", "")
) -> str | None:
    """The exercise to explain or to go on with: of those that don't pass yet, one that was tried comes first; among these
    one that was just `saved`, then the `last` that was explained, of whichever assignment.
    """
    left = [(assignment.graded[cell.id].exercise, cell) for cell in report.cells if cell.status != "passed"]
    tried = {exercise for exercise, cell in left if cell.status not in BLANK}
    order = [(each not in tried, each not in saved, (assignment.name, each) != last) for each, _ in left]
    return left[order.index(min(order))][0] if left else None


def next_hint(progress: Progress, assignment: Assignment, exercise: str) -> str:
    """The hint that follows the last one that was shown for this exercise; behind the last, that there are no more."""
    found = hints(assignment, exercise)
    with progress.change():
        state = progress.of(assignment.name, exercise)
        state.hints += 1
        if state.hints <= len(found):
            return found[state.hints - 1]
        state.hints = len(found)
    return (
        f"There are no more hints for `{exercise}`: `proctor hint {exercise} --again` begins anew, "
        f"and `proctor solution {exercise}` shows one way to do it."
    )


def notebook_of(assignment: Assignment, progress: Progress, given: Path | None = None) -> Path:
    """The learner's notebook of an assignment: the one given, or in this folder, or where `proctor start` put it.

    Raises `NotFound` where there is none, or more than one.
    """
    if given is not None and not given.is_dir():
        return given
    here = given or Path.cwd()
    # within `mine/01-vectors/`, `mine/`, the folder above it, and elsewhere
    places = [here.glob("*.ipynb"), here.glob("*/*.ipynb"), here.glob("*/*/*.ipynb")]
    started = progress.state.folders.get(assignment.name)
    if given is None and started:
        # before any other that lies below this folder, and behind those elsewhere
        place = 1 if Path(started).is_relative_to(here) else len(places)
        places.insert(place, Path(started).glob("*/*.ipynb"))
    for place in places:
        found = sorted(path for path in place if _is_of(path, assignment))
        if len(found) > 1:
            which = "\n  ".join(shown(str(path)) for path in found[:5])
            raise NotFound(f"{len(found)} notebooks are of {assignment.name}: name one of\n  {which}")
        if found:
            return found[0]
    raise NotFound(f"no notebook of {assignment.name} in {shown(str(here))}: name it, or make one with 'proctor start'")


def _is_of(path: Path, assignment: Assignment) -> bool:
    if path.name.startswith(".") or path.parent.name.startswith(".") or not is_ones_own(path, assignment.course):
        return False
    try:
        return whose(parse(path), assignment.course, path.name).name == assignment.name
    except NotExaminable:
        return False
