"""`%load_ext proctor`, then `%check` or `%check softmax`: the verdict on what the notebook's names mean at this moment."""

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class
from rich.console import Console

from proctor.course import assignments, find_course
from proctor.course.render import show
from proctor.errors import CourseError
from proctor.examine.in_kernel import examine_here


@magics_class
class Check(Magics):
    """The `%check` magic."""

    shell: InteractiveShell

    @line_magic
    def check(self, line: str) -> None:
        """`%check [EXERCISE...]`: judges the exercises that were defined so far, or those that are named."""
        names = line.split()
        try:
            course = find_course()
            found = assignments(course)
        except CourseError as error:
            print(error)
            return
        wanted = names or [name for a in found.values() for name in a.stubs if self._defines(a.names_of(name))]
        for assignment in found.values():
            cells = {cell.id for cell in assignment.graded.values() if cell.exercise in wanted or cell.id in wanted}
            cells -= assignment.plain.keys()  # their own asserts judge: run them
            if cells:
                show(examine_here(assignment, cells), Console())
                return
        print(f"no exercise {' '.join(names)}" if names else "no exercise is defined yet: run its cell first")

    def _defines(self, names: tuple[str, ...]) -> bool:
        return all(name in self.shell.user_ns for name in names)
