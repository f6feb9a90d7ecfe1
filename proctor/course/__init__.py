"""What the course is: assignments, exercises, known answers, what a report on a notebook says. Imports no PyTorch."""

from proctor.course.course import (
    HIDDEN,
    MAX_READ_ALL,
    NAMES,
    Assignment,
    GradedCell,
    assignment_at,
    assignment_of,
    assignments,
    defines_value,
    find_course,
    grade_id,
    names_of,
    untouched,
)
from proctor.errors import CourseError

__all__ = [
    "HIDDEN",
    "MAX_READ_ALL",
    "NAMES",
    "Assignment",
    "CourseError",
    "GradedCell",
    "assignment_at",
    "assignment_of",
    "assignments",
    "defines_value",
    "find_course",
    "grade_id",
    "names_of",
    "untouched",
]
