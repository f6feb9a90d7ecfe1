"""`%load_ext proctor`, then `%check softmax`, `%hint softmax` or `%solution softmax`: the verdict on what the notebook's names
mean at this moment, and what helps on.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import display
from rich.console import Console

from proctor.course import Assignment, assignments, find_course
from proctor.course.render import show
from proctor.errors import NotFound, ProctorError
from proctor.examine.hints import solution
from proctor.examine.in_kernel import examine_here
from proctor.selfstudy.exercises import exercise_named, next_hint
from proctor.selfstudy.progress import Progress


@magics_class
class Learner(Magics):
    """The magics `%check`, `%hint` and `%solution`."""

    shell: InteractiveShell

    @line_magic
    def check(self, line: str) -> None:
        """`%check [EXERCISE...]`: judges the exercises that were defined so far, or those that are named."""
        with _without_traceback():
            course, cells = find_course(), dict[str, set[str]]()
            for name in line.split():
                assignment, exercise = exercise_named(course, name)
                of_exercise = {cell.id for cell in assignment.graded.values() if cell.exercise == exercise}
                cells.setdefault(assignment.name, set()).update({name} if name in assignment.graded else of_exercise)
            if not line.split():
                # a later notebook brings some of an earlier one's names
                assignment = max(assignments(course).values(), key=lambda each: len(self._defined(each)))
                cells[assignment.name] = self._defined(assignment)
            for name, asked in cells.items():
                if not asked:
                    raise NotFound("no exercise is defined yet: run its cell first")
                # their own asserts judge the plain ones
                show(examine_here(assignments(course)[name], asked - assignments(course)[name].plain.keys()), Console())

    def _defined(self, assignment: Assignment) -> set[str]:
        """The graded cells of the exercises whose names mean something."""
        there = {name for name in assignment.stubs if self.shell.user_ns.keys() >= {*assignment.names_of(name)}}
        return {cell.id for cell in assignment.graded.values() if cell.exercise in there}

    @line_magic
    def hint(self, line: str) -> None:
        """`%hint EXERCISE`: gives the next hint, one at a time."""
        with _without_traceback():
            _show(text := next_hint(Progress(), *_named(line)), text)

    @line_magic
    def solution(self, line: str) -> None:
        """`%solution EXERCISE`: shows one way to solve it, and why it is so."""
        with _without_traceback():
            assignment, exercise = _named(line)
            code, why = solution(assignment, exercise), assignment.reasons.get(exercise, "")
            _show(f"```python\n{code}\n```\n\n{why}", f"{code}\n\n{why}".rstrip())


def _named(line: str) -> tuple[Assignment, str]:
    if not line.strip():
        raise NotFound("which exercise? Its name comes behind: %hint softmax, %solution softmax")
    return exercise_named(find_course(), line.strip())


@contextmanager
def _without_traceback() -> Iterator[None]:
    try:
        yield
    except ProctorError as error:
        print(error)


def _show(markdown: str, plain: str) -> None:
    display({"text/markdown": markdown, "text/plain": plain}, raw=True)
