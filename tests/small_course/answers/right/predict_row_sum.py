"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def whole():
    return 2


@right
def computed():
    return 4 * 0.5


@right
def rounded():
    return 2.001
