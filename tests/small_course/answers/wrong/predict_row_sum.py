"""Wrong predictions of what a row sums to after a softmax along dim 0 of `(2, 4)` zeros."""

from proctor.answers import wrong


@wrong(
    "Takes dim=0 for the rows: says that each row sums to 1",
    hint="`dim` is the dimension along which entries compete and sums are 1. Along `dim=0` one goes down a column, so that the columns "
    "sum to 1. A row holds one entry of each column.",
    fails="predict_row_sum_value",
)
def rows_sum_to_1():
    return 1.0


@wrong(
    "Tells one entry of the row instead of their sum",
    hint="Two entries share each column, so each is 0.5. A row has four of those.",
    fails="predict_row_sum_value",
)
def one_entry():
    return 0.5


@wrong(
    "Shares 1 out over four entries, as along the row",
    hint="0.25 each would be a softmax along `dim=1`, where four entries compete. Along `dim=0` two do.",
    fails="predict_row_sum_value",
)
def a_quarter():
    return 0.25


@wrong(
    "Counts each of the four entries as 1",
    hint="1 is the exponential of each logit, $e^0$, and what each column sums to. An entry is its exponential divided by the sum of its column, which is 2.",
    fails="predict_row_sum_value",
)
def exponentials():
    return 4.0


@wrong(
    "Takes softmax of zeros for zeros",
    hint="$e^0$ is 1, not 0. Equal logits get equal shares, whatever their size.",
    fails="predict_row_sum_value",
)
def zeros():
    return 0.0
