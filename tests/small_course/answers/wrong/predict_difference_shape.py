"""Wrong predictions of the shape of `(4,)` minus `(4, 1)`."""

from proctor.answers import wrong


@wrong(
    "Takes (4,) and (4, 1) for the same, since both hold four numbers",
    hint="Lined up from the right, the 4 meets the 1, and what is missing on the left meets the other 4. Both are stretched: every number of the one against every number of the other. "
    "A loss between `(4,)` and `(4, 1)` is wrong like this, without any error.",
    fails="predict_difference_shape_value",
)
def entry_by_entry():
    return (4,)


@wrong(
    "Lines the shapes up from the left",
    hint="From the left the two 4s would meet. But shapes are lined up from the right: `(4,)` is `(1, 4)` to whoever has two dimensions.",
    fails="predict_difference_shape_value",
)
def lined_up_from_the_left():
    return 4, 1


@wrong(
    "Stretches only one of the two",
    hint="`(4,)` does become `(1, 4)`, but then the other, `(4, 1)`, has a 4 where it has a 1. Each dimension of the result is the larger of the two.",
    fails="predict_difference_shape_value",
)
def one_of_them():
    return 1, 4


@wrong(
    "Puts the two beside each other",
    hint="To subtract isn't to join. Write both shapes down, one below the other, flush right, and take the larger number in each column.",
    fails="predict_difference_shape_value",
)
def side_by_side():
    return 4, 2
