"""proctor: the grader of the course; see README.md."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def hidden_checks(cell_id: str) -> None:
    """Runs the hidden checks of a graded cell inside this kernel: correct for honest students, not
    protected.
    """
    from proctor.examine.in_kernel import run_here

    run_here(cell_id)


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """`%load_ext proctor` brings `%check` and `%hint`."""
    from proctor.selfstudy.magic import Learner

    shell.register_magics(Learner)
