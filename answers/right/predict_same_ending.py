"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def small():
    return "a"


@right
def a_capital():
    return "A"
