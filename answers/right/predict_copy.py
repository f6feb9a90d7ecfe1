"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def a_letter():
    return "A"


@right
def a_small_letter():
    return "a"
