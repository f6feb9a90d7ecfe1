"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def a_float():
    return 16.0


@right
def a_power():
    return 4 ** (1 / 0.5)
