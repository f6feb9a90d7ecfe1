"""The tests of this folder use the small course."""

from small import copy_course, course, gradebook

__all__ = ["copy_course", "course", "gradebook"]
