"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def a_letter():
    return "D"


@right
def a_small_letter():
    return " d "
