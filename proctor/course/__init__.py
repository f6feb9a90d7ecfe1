"""The facts of the course: assignments, exercises, known answers, reports on a notebook.

Imports no PyTorch.
"""

from proctor.course.course import (
    HIDDEN,
    MAX_READ_ALL,
    Assignment,
    Exercise,
    GradedCell,
    assignment_at,
    assignment_of,
    assignments,
    exercise_in,
    find_class_course,
    find_course,
    grade_id,
    is_reason,
    nbgrader_facts,
    notebook_at,
    several_notebooks,
    untouched,
)
from proctor.course.report import Report, Status, Verdict

__all__ = [
    "HIDDEN",
    "MAX_READ_ALL",
    "Assignment",
    "Exercise",
    "GradedCell",
    "Report",
    "Status",
    "Verdict",
    "assignment_at",
    "assignment_of",
    "assignments",
    "exercise_in",
    "find_class_course",
    "find_course",
    "grade_id",
    "is_reason",
    "nbgrader_facts",
    "notebook_at",
    "several_notebooks",
    "untouched",
]
