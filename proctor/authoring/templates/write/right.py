"""Right answers to `EXERCISE(x)`."""

from proctor.answers import right


@right
def added(x):
    return x + x
