"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def a_letter():
    return "C"


@right
def a_small_letter():
    return "c"
