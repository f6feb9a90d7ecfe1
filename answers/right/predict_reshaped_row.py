"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def a_list():
    return [0, 1]


@right
def computed():
    return tuple(range(2))
