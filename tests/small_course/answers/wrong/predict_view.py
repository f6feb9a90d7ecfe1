"""Wrong predictions of what `reshape` and `view` make of a transposed `[[0, 1, 2], [3, 4, 5]]`."""

from proctor.answers import wrong


@wrong(
    "Takes transpose for something that a flattening undoes",
    hint="The transposed matrix is `[[0, 3], [1, 4], [2, 5]]`, and it is that which is flattened, row by row. Where its numbers lie in memory doesn't change what it holds.",
    fails="predict_view_value",
)
def as_in_memory():
    return "A"


@wrong(
    "Takes view and reshape for the same",
    hint="They are the same where no number has to be copied. To have 0, 3, 1, 4, 2, 5 in one line, the numbers must be put into a new line of memory: `reshape` does it, `view` has promised not to, and says so.",
    fails="predict_view_value",
)
def no_difference():
    return "B"


@wrong(
    "Believes that view reads memory whatever the tensor is",
    hint="Then `view` would give other numbers than the tensor holds. It would rather refuse: a new shape never changes the order of the numbers, and `view` makes no copy. What is left for it where one is needed?",
    fails="predict_view_value",
)
def view_reads_memory():
    return "D"
