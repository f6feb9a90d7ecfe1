"""Wrong predictions of the shape of `embed(token_ids, table) @ W`, for six tokens."""

from proctor.answers import wrong


@wrong(
    "Projects the whole table instead of the tokens' rows",
    hint="`embed` takes one row of the table for each token id. Six ids give six rows, however many the table has.",
    fails="predict_projected_shape_value",
)
def whole_table():
    return 100, 16


@wrong(
    "Leaves the vectors as long as they were",
    hint="`(6, 8)` is the shape before the product. `W` takes each vector of 8 numbers to one of 16.",
    fails="predict_projected_shape_value",
)
def before_the_product():
    return 6, 8


@wrong(
    "Loses the tokens",
    hint="`(16,)` would be one vector through `W`. Here there are six, one in each row, and all go through it.",
    fails="predict_projected_shape_value",
)
def one_vector():
    return (16,)


@wrong(
    "Puts the tokens last, as if W stood first",
    hint="Rows of the first factor are rows of the result: one for each token. The columns come from `W`.",
    fails="predict_projected_shape_value",
)
def tokens_last():
    return 16, 6


@wrong(
    "Keeps the inner size, which is summed away",
    hint="The 8 of `(6, 8)` and of `(8, 16)` meet, and the product sums over it. What is left are the outer sizes.",
    fails="predict_projected_shape_value",
)
def keeps_the_inner_size():
    return 6, 8, 16


@wrong(
    "Keeps the size of the vocabulary",
    hint="An id picks one row out of the 100. What comes out holds vectors and no longer knows how many there were to choose from.",
    fails="predict_projected_shape_value",
)
def keeps_the_vocabulary():
    return 6, 100, 16
