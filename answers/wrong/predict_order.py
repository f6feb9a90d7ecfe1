"""Wrong predictions of what swapping the first two tokens does where there are no positions."""

from proctor.answers import wrong


@wrong(
    "Takes causal attention for a reading from left to right",
    hint="No position waits for another: the scores of all are computed at once. The mask only says which of them count, and for the last position all do.",
    fails="predict_order_value",
)
def a():
    return "A"


@wrong(
    "Takes the order of the scores for something that the last position notices",
    hint="The same scores come out, in another order. What does that change in a sum over all of them, each with its own value?",
    fails="predict_order_value",
)
def b():
    return "B"


@wrong(
    "Lets the last position see itself alone",
    hint="Position `t` sees all of `0..t`, and the last one sees all. That it doesn't notice a swap has another reason.",
    fails="predict_order_value",
)
def d():
    return "D"
