"""Wrong answers to `EXERCISE(x)`."""

from proctor.answers import wrong


@wrong(
    "Gives its argument back",
    hint="Compare the result with `x`. How many times larger should it be?",
    fails="FIRST_CELL",
)
def as_it_came(x):
    return x
