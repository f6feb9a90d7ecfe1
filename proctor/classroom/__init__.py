"""A whole class: graded by many processes, recorded by one, and seen at a glance."""


class GradingError(Exception):
    """A submission, an assignment or the class could not be graded; the message says why, and what to do."""
