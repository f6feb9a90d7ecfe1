"""Wrong predictions of the first row of `torch.arange(8).reshape(2, 4).reshape(4, 2)`."""

from proctor.answers import wrong


@wrong(
    "Takes reshape for a transpose",
    hint="0 and 4 are the first row of `x.T`, where columns have become rows. `reshape` reads row by row, 0, 1, 2, 3, and so on, and breaks the lines elsewhere.",
    fails="predict_reshaped_row_value",
)
def transposed():
    return 0, 4


@wrong(
    "Keeps the old row",
    hint="Four numbers are a row of `(2, 4)`. A row of `(4, 2)` holds two.",
    fails="predict_reshaped_row_value",
)
def old_row():
    return 0, 1, 2, 3


@wrong(
    "Tells the shape instead of the row",
    hint="`(4, 2)` is the shape that comes out. The question is which numbers stand in its first row.",
    fails="predict_reshaped_row_value",
)
def the_shape():
    return 4, 2


@wrong(
    "Tells the first column instead of the first row",
    hint="0, 2, 4 and 6 stand below each other, each at the beginning of a row. A row is what `[0]` gives.",
    fails="predict_reshaped_row_value",
)
def first_column():
    return 0, 2, 4, 6


@wrong(
    "Lets each new row take every other number",
    hint="`reshape` deals the numbers out in the order in which it reads them: the first two are the first row, without a gap.",
    fails="predict_reshaped_row_value",
)
def every_other():
    return 0, 2
