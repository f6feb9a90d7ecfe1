"""`%load_ext proctor`, then `%check softmax` or `%hint softmax`: judges the present meaning of the
notebook's names, and gives hints.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import display
from rich.console import Console

from proctor.course import Assignment, assignments, find_course
from proctor.course.render import show
from proctor.errors import NotFound, ProctorError
from proctor.examine.in_kernel import examine_here
from proctor.selfstudy.exercises import exercise_named, next_hint
from proctor.selfstudy.progress import Progress, is_ones_own


@magics_class
class Learner(Magics):
    """The magics `%check` and `%hint`."""

    shell: InteractiveShell

    @line_magic
    def check(self, line: str) -> None:
        """`%check [EXERCISE...]`: judges the exercises that were defined so far, or the named
        ones.
        """
        with _without_traceback():
            course = find_course()
            wanted = [exercise_named(course, name) for name in line.split()] or self._defined(
                course
            )
            if not wanted:
                raise NotFound("no exercise is defined yet: run its cell first")
            # a kernel runs in its notebook's folder
            reveals = is_ones_own(Path("notebook.ipynb"), course)
            cells = defaultdict[Assignment, set[str]](set)
            for assignment, exercise in wanted:
                cells[assignment] |= assignment.cells_of(exercise)
            for assignment, ids in cells.items():
                show(examine_here(assignment, ids, reveals), Console(emoji=False))

    def _defined(self, course: Path) -> list[tuple[Assignment, str]]:
        """The defined exercises of the assignment with most of them: a later one brings names of an
        earlier one.
        """
        found = assignments(course).values()
        # the course's own modules are nobody's answer
        lent = set[str]()
        for each in found:
            lent.update(each.modules)
        values = self.shell.user_ns

        def is_own(name: str) -> bool:
            return name in values and getattr(values[name], "__module__", "") not in lent

        most = []
        for each in found:
            defined = []
            for exercise in each.stubs:
                if all(map(is_own, each.names_of(exercise))):
                    defined.append((each, exercise))
            if len(defined) > len(most):
                most = defined
        return most

    @line_magic
    def hint(self, line: str) -> None:
        """`%hint EXERCISE`: gives the next hint, one at a time."""
        with _without_traceback():
            text = next_hint(Progress(), *exercise_named(find_course(), line.strip()))
            display({"text/markdown": text, "text/plain": text}, raw=True)


@contextmanager
def _without_traceback() -> Iterator[None]:
    try:
        yield
    except ProctorError as error:
        print(error)
