"""All errors, as one tree: each message gives the problem and the remedy."""

from typing import Any

EARLIER = "take an earlier copy, as in .ipynb_checkpoints, or move it away and run 'proctor start'"


class ProctorError(Exception):
    """The root of them all. The command line ends with the message and the `exit_code`."""

    exit_code = 1


class CourseError(ProctorError):
    """The course itself can't be read: the message says which file."""


class NotFound(ProctorError):
    """There is no such assignment, exercise or notebook, or more than one."""


class NotExaminable(ProctorError):
    """A file can't be examined here: `reason` says why, `remedy` what to do, and `hand_in` whether
    to hand it in again then.
    """

    exit_code = 2

    def __init__(self, reason: str, remedy: str = "", hand_in: bool = False):
        super().__init__(reason, remedy, hand_in)
        self.reason, self.remedy, self.hand_in = reason, remedy, hand_in

    def __str__(self) -> str:
        return self._ending_in("hand it in again")

    @property
    def to_its_owner(self) -> str:
        """The message for someone who checks their own notebook, and hands nothing in."""
        # to check again a file that is no notebook is no help to its owner
        return self._ending_in("check it again" if self.remedy else EARLIER)

    def _ending_in(self, last_step: str) -> str:
        steps = [self.remedy] if self.remedy else []
        if self.hand_in:
            steps.append(last_step)
        return f"{self.reason}: {', and '.join(steps)}" if steps else self.reason


class NoSandbox(ProctorError):
    """The grader failed, and not the student: it has no sandbox, or no process that reads."""

    exit_code = 2


class OverLimit(ProctorError):
    """Work on a student's bytes takes longer, or more memory, than it may."""


class TookTooLong(OverLimit):
    """Work on a student's bytes takes longer than it may."""


class EndedServer(NoSandbox):
    """The fork server ended several times while one notebook ran, which may be the notebook's
    doing.
    """


class BudgetUsed(BaseException):
    """The budget of a submission, or of its second runs, is used up.

    Outside the tree, so that no check catches it.
    """


class IsolationError(ProctorError):
    """A wall could not be put up as it should: nothing may run behind it."""


class ForkServerDied(ProctorError):
    """The fork server, and with it every sandbox, is gone."""


class WireError(ProctorError):
    """The other side sent something that is no message."""


class SandboxTimeout(ProctorError):
    """The student's code ran longer than it may; `late`: the reply that came when it was
    interrupted, if one came.
    """

    late: Any = None


class NoTimeLeft(SandboxTimeout):
    """The student's code did not run at all: the message names the cause."""


class SandboxDied(ProctorError):
    """The student's process ended in the middle; the message is empty if it simply ended."""


class Noted(ProctorError):
    """A fact about an answer, which its only argument, a `proctor.course.codes.Note`, says."""

    @property
    def note(self) -> Any:
        return self.args[0]


class Unattempted(Noted):
    """The exercise's solution cell is still the stub."""


class Missing(Noted):
    """The exercise's solution cell is not in the notebook."""


class Forbidden(ProctorError):
    """The student's code used a built-in that the exercise asks for: its only argument says which
    one, and on which line.
    """


class GradingError(ProctorError):
    """A submission, an assignment or the class could not be graded."""


class NoSandboxes(GradingError):
    """There is nowhere to grade, or nowhere that keeps the hidden checks from the students."""


class CannotRecord(GradingError):
    """Grades can't be written: the disk is full, say, or the gradebook is locked.

    Nothing that was recorded is lost.
    """


class NotTaken(GradingError):
    """A submission can't be collected: the message says why."""
