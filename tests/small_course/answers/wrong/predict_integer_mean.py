"""Wrong predictions of what comes of a mean of whole numbers."""

from proctor.answers import wrong


@wrong(
    "Takes a mean of int64 for float32",
    hint="That would come of `torch.tensor([1.0, 2.0, 4.0])`, with decimal points. `mean` keeps the dtype, as every answer here must. Is there a place for a fraction in int64?",
    fails="predict_integer_mean_value",
)
def in_float32():
    return "A"


@wrong(
    "Takes a mean of int64 for one that is cut off",
    hint="That is what `//` would give. `mean` doesn't cut a fraction off without a word, and int64 has no place for one. What is left?",
    fails="predict_integer_mean_value",
)
def cut_off():
    return "B"


@wrong(
    "Takes PyTorch's mean for NumPy's, which goes over to float64",
    hint="NumPy does so. PyTorch has several floating-point dtypes in use and doesn't choose one for you: of int64 it takes a sum, but where would the mean's fraction go?",
    fails="predict_integer_mean_value",
)
def as_in_numpy():
    return "C"
