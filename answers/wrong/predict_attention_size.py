"""Wrong predictions of how many numbers `SelfAttention(64, 4)` learns."""

from proctor.answers import wrong


@wrong(
    "Forgets the biases",
    hint="The four weights have `4 * 64 * 64` numbers. Each of the layers also adds a vector of 64, and that is learned, too.",
    fails="predict_attention_size_value",
)
def without_the_biases():
    return 16384


@wrong(
    "Forgets `W_o`",
    hint="That is queries, keys and values. A fourth layer mixes what the heads have found.",
    fails="predict_attention_size_value",
)
def three_layers():
    return 12480


@wrong(
    "Counts the layers once for each head",
    hint="The layers go from `D` to `D`, and their result is cut into heads. More heads have no more numbers, only more shares.",
    fails="predict_attention_size_value",
)
def for_each_head():
    return 66560


@wrong(
    "Takes the layers of queries, keys and values to be as wide as one head",
    hint="Each head has 16 numbers, but all four are made by one layer: it gives 64.",
    fails="predict_attention_size_value",
)
def as_wide_as_a_head():
    return 3 * (64 * 16 + 16) + 64 * 64 + 64


@wrong(
    "Counts one layer",
    hint="That is one `nn.Linear(64, 64)`, and there are four: for queries, keys, values, and for what comes out.",
    fails="predict_attention_size_value",
)
def one_layer():
    return 4160


@wrong(
    "Adds the mask, or the shares, to what is learned",
    hint="The mask and the shares are computed in each call, and no optimizer changes them. Learned are four weights and four biases.",
    fails="predict_attention_size_value",
)
def with_a_mask():
    return 16640 + 64 * 64
