"""Right predictions, written otherwise."""

from proctor.answers import right


@right
def small_letter():
    return "d"


@right
def with_a_blank():
    return "D "
