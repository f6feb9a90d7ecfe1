"""How an attack is written down: one line that says what it tries, and the cell that tries it."""

from collections.abc import Callable
from dataclasses import dataclass

IS_ASKED = """
import sys
def is_asked():  # by a check, rather than by a cell
    frame = sys._getframe(1)
    while frame and frame.f_code.co_name != "answer":
        frame = frame.f_back
    return frame is not None
"""


@dataclass(frozen=True)
class Attack:
    """One submission that wants marks, secrets or a broken grader rather than the exercise solved.

    `cell` follows an honest wrong answer in the solution cell of `exercise`, and may define it anew. In it SECRET stands
    for a file outside the sandbox, OUTSIDE for that file's folder, COURSE for the course's folder, and NEWFILE for a file
    name that must not turn up anywhere. A cell that gets what it must not prints PWNED.
    `tamper` changes the whole notebook, as the dict in its file. `earns`: graded cells that the answer is honestly worth.
    `noted`: it gets at a built-in, and a flag holds these words. `slow` attacks sit under short limits. `hole`: why the attack still succeeds.
    """

    tries: str
    cell: str = ""
    tamper: Callable[[dict], None] | None = None
    exercise: str = "softmax"
    earns: tuple[str, ...] = ()
    slow: bool = False
    noted: str = ""
    hole: str = ""
