"""Wrong predictions of the shape of `attention_scores(q, k)`, with 5 queries and 7 keys."""

from proctor.answers import wrong


@wrong(
    "Keeps the size of the vectors, which the dot product sums over",
    hint="Each score is one dot product over the 16 numbers of a query and a key, so the 16 is gone. What is left is one number for each query and each key.",
    fails="predict_scores_shape_value",
)
def keeps_the_width():
    return 2, 8, 5, 16


@wrong(
    "Puts the keys before the queries",
    hint="A row belongs to a query and holds its scores for every key: queries first, then keys.",
    fails="predict_scores_shape_value",
)
def keys_first():
    return 2, 8, 7, 5


@wrong(
    "Takes the scores for square: every query against every query",
    hint="There are as many rows as queries, 5, and as many columns as keys, 7.",
    fails="predict_scores_shape_value",
)
def square():
    return 2, 8, 5, 5


@wrong(
    "Leaves out batch and heads",
    hint="A matrix product multiplies the last two dimensions; those before them, batch and heads, stay as they are.",
    fails="predict_scores_shape_value",
)
def without_leading():
    return 5, 7


@wrong(
    "Multiplies vectors of 16 by vectors of 16 into a matrix",
    hint="`(16, 16)` would sum over the positions. In a score the 16 numbers of two vectors are summed over.",
    fails="predict_scores_shape_value",
)
def width_by_width():
    return 2, 8, 16, 16
