"""Right predictions of `EXERCISE`, written in another way."""

from proctor.answers import right


@right
def small_letter():
    return "b"
