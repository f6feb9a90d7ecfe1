"""Wrong predictions of the first row of `torch.arange(6).reshape(2, 3).reshape(3, 2)`."""

from proctor.answers import wrong


@wrong(
    "Takes reshape for a transpose",
    hint="0 and 3 are the first row of `x.T`, where columns have become rows. `reshape` reads row by row, 0, 1, 2, 3, 4, 5, and breaks the lines elsewhere.",
    fails="predict_reshaped_row_value",
)
def transposed():
    return 0, 3


@wrong(
    "Keeps the old row",
    hint="Three numbers are a row of `(2, 3)`. A row of `(3, 2)` holds two.",
    fails="predict_reshaped_row_value",
)
def old_row():
    return 0, 1, 2


@wrong(
    "Tells the shape instead of the row",
    hint="`(3, 2)` is the shape that comes out. The question is which numbers stand in its first row.",
    fails="predict_reshaped_row_value",
)
def the_shape():
    return 3, 2


@wrong(
    "Tells the first column instead of the first row",
    hint="0, 2 and 4 stand below each other, each at the beginning of a row. A row is what `[0]` gives.",
    fails="predict_reshaped_row_value",
)
def first_column():
    return 0, 2, 4


@wrong(
    "Lets each new row take every other number",
    hint="`reshape` deals the numbers out in the order in which it reads them: the first two are the first row, without a gap.",
    fails="predict_reshaped_row_value",
)
def every_other():
    return 0, 2
