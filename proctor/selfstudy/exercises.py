"""The exercise that a learner names, or is at; its hints one at a time, and the notebook of theirs
that holds it.
"""

import contextlib
from collections import defaultdict
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

from rich.console import Group
from rich.syntax import Syntax

from proctor.course import Assignment, assignments
from proctor.course.hints import hints, solution
from proctor.course.render import rendered
from proctor.course.report import BLANK, Report, Status, readable, status_of
from proctor.errors import NotExaminable, NotFound
from proctor.selfstudy.progress import Progress, by_exercise, is_ones_own
from proctor.submission import find_assignment, parse
from proctor.text import shown


def exercise_named(course: Path, name: str) -> tuple[Assignment, str]:
    """The exercise with this name, or the one that defines it or has a graded cell with this name.

    Raises `NotFound`.
    """
    known = defaultdict[str, dict[str, Assignment]](dict)
    for assignment in assignments(course).values():
        for exercise in assignment.stubs:
            for each in (exercise, *assignment.names_of(exercise), *assignment.cells_of(exercise)):
                known[each][exercise] = assignment
    found = known.get(name, {})
    if name in found:
        return found[name], name
    if len(found) > 1:
        raise NotFound(f"several exercises have the name {name}: name one of {', '.join(found)}")
    for exercise, assignment in found.items():
        return assignment, exercise
    if not name:
        raise NotFound("which exercise? Name it behind the command, as in '%hint softmax'")
    close = get_close_matches(name, known, 1)
    mend = "see proctor list"
    if close:
        mend = f"did you mean {close[0]}?"
    raise NotFound(f"no exercise {readable(name)}: {mend}")


def next_exercise(
    report: Report,
    assignment: Assignment,
    saved: Collection[str] = (),
    last: tuple[str, str] = ("", ""),
) -> str | None:
    """The exercise to explain or to go on with, among those that don't pass yet.

    A tried one comes first, among these one that was just `saved`, then the `last` explained one,
    of any assignment.
    """
    left = {}
    for exercise, cells in by_exercise(report, assignment).items():
        status = status_of([cell.status for cell in cells])
        if status != Status.PASSED:
            left[exercise] = status
    return min(
        left,
        key=lambda each: (
            left[each] in BLANK,
            each not in saved,
            (assignment.name, each) != last,
        ),
        default=None,
    )


def next_hint(progress: Progress, assignment: Assignment, exercise: str) -> str:
    """The hint after the last one that was shown for this exercise; after the last hint, a text
    that says so.
    """
    found = hints(assignment, exercise)
    with progress.change():
        state = progress.of(assignment.name, exercise)
        number = state.hints
        state.hints = min(number + 1, len(found))
    if number < len(found):
        return found[number]
    return (
        f"There are no more hints for `{exercise}`: `proctor hint {exercise} --again` begins anew, "
        f"and `proctor solution {exercise}` shows one way to do it."
    )


def one_solution(assignment: Assignment, exercise: str) -> Group:
    """One way to solve an exercise, and why it is so."""
    source = solution(assignment, exercise)
    code = Syntax(source, "python", background_color="default", word_wrap=True)
    return Group(code, "", rendered(assignment.reasons.get(exercise, "")))


def notebook_of(assignment: Assignment, progress: Progress, given: Path | None = None) -> Path:
    """The learner's notebook of an assignment: the one given, or in this folder, or in the folder
    of `proctor start`.

    Raises `NotFound` if there is none, or more than one.
    """
    if given is not None and not given.is_dir():
        return given
    here = given or Path.cwd()
    # `here` may be `mine/01-vectors/`, `mine/`, or the folder above it
    places = [here.glob("*.ipynb"), here.glob("*/*.ipynb"), here.glob("*/*/*.ipynb")]
    started = progress.state.folders.get(assignment.name)
    if given is None and started:
        # before any other that lies below this folder, and after those if it lies elsewhere
        place = 1 if Path(started).is_relative_to(here) else len(places)
        places.insert(place, Path(started).glob("*/*.ipynb"))
    for place in places:
        found = sorted(path for path in place if _is_of(path, assignment))
        if len(found) > 1:
            which = "\n  ".join(map(shown, map(str, found[:5])))
            raise NotFound(
                f"{len(found)} notebooks are of {assignment.name}: name one of\n  {which}"
            )
        if found:
            return found[0]
    raise NotFound(
        f"no notebook of {assignment.name} in {shown(str(here))}: name it, or make one with 'proctor start'"
    )


def _is_of(path: Path, assignment: Assignment) -> bool:
    is_hidden = path.name.startswith(".") or path.parent.name.startswith(".")
    if not is_hidden and is_ones_own(path, assignment.course):
        with contextlib.suppress(NotExaminable):
            return (
                find_assignment(parse(path), assignment.course, path.name).name == assignment.name
            )
    return False
