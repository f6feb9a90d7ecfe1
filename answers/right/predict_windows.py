"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def computed():
    return 20 - 8


@right
def a_float():
    return 12.0


@right
def counted():
    return len(range(20 - 8))
