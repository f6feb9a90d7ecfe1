"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def a_number():
    return 3


@right
def a_float():
    return 3.0
