"""The late penalty that nbgrader_config.py's plugin gives."""

from typing import Any

from nbgrader import preprocessors as nbgrader
from nbgrader.api import SubmittedNotebook
from nbgrader.converters import Autograde

from proctor.errors import GradingError


def takes_penalties(autograde: Autograde) -> bool:
    """Whether the one for late work is among the preprocessors that nbgrader_config.py names."""
    return any("AssignLatePenalties" in str(each) for each in autograde.autograde_preprocessors)


class AssignLatePenalties(nbgrader.AssignLatePenalties):
    """nbgrader's, for one notebook, or for the points of an attempt."""

    def of_points(self, student: str, score: float, seconds: float) -> float:
        """The points that being late by so many seconds takes from a student."""
        plugin: Any = self.plugin_class(parent=self)
        try:
            penalty = plugin.late_submission_penalty(student, score, seconds)
        except Exception as error:  # it is the instructor's own code
            raise GradingError(
                f"the late penalty can't be computed: {type(error).__name__}: {error}"
            ) from error
        # nothing is given for being late, and no more taken than there is
        return min(max(penalty or 0.0, 0.0), score)

    def assign(self, notebook: SubmittedNotebook) -> float:
        """Gives a notebook the penalty that it has by its due date and the plugin of today; returns
        the points that it takes.
        """
        penalty, late = None, notebook.assignment.total_seconds_late
        if late > 0:
            penalty = self.of_points(notebook.student.id, notebook.score, late) or None
        if penalty != notebook.late_submission_penalty:
            notebook.late_submission_penalty = penalty
        return penalty or 0.0
