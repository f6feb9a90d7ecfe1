"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def added_up():
    return 2.0 - 0.1 * (3 + 6 + 9)


@right
def step_by_step():
    return 2.0 - 0.3 - 0.6 - 0.9


@right
def a_fifth():
    return 1 / 5
