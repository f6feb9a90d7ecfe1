"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def worked_out():
    return 8 * 32 + 32


@right
def a_float():
    return 288.0
