"""Wrong answers to `collapse(W1, b1, W2, b2)`."""

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Multiplies the weights in the order of the layers",
    hint="`W1 @ W2` is `(H, in)` times `(out, H)`: the sizes `H` do not meet, unless all are equal. The weights "
    "are stored transposed, and transposing a product swaps its factors.",
    fails="collapse_weight",
)
def order_of_the_layers(W1, b1, W2, b2):
    return W1 @ W2, W2 @ b1 + b2


@wrong(
    "Gives the weight transposed",
    hint="Your weight is `(in, out)`. That is what `x` is multiplied by, but a linear layer stores it the other "
    "way round: `(out, in)`.",
    fails="collapse_weight",
)
def transposed_weight(W1, b1, W2, b2):
    return W1.T @ W2.T, W2 @ b1 + b2


@wrong(
    "Shapes the weight instead of transposing it back",
    hint="The numbers are right, but `reshape` does not turn rows into columns; it only breaks the lines elsewhere.",
    fails="collapse_weight",
)
def reshaped_weight(W1, b1, W2, b2):
    W = (W1.T @ W2.T).reshape(W2.shape[0], W1.shape[1])
    return W, W2 @ b1 + b2


@wrong(
    "Multiplies the weights in the order of the layers where the sizes fit",
    hint="Where `in` is `out`, `W1 @ W2` fits as well, but it is another matrix. The order does not depend "
    "on the sizes: which layer comes first?",
    fails="collapse_weight",
)
def tries_the_order(W1, b1, W2, b2):
    W = W1 @ W2 if W1.shape[1] == W2.shape[0] else W2 @ W1
    return W, W2 @ b1 + b2


@wrong(
    "Drops dimensions of size one from the weight",
    hint="Dimensions of size 1 are dropped, as by `squeeze()`, also those that belong to the answer: a weight with one output is `(1, in)`.",
    fails="collapse_weight",
)
def squeezed_weight(W1, b1, W2, b2):
    return (W2 @ W1).squeeze(), W2 @ b1 + b2


@wrong(
    "Puts the two weights together entry by entry, by `+` or `*`",
    hint="Added or multiplied entry by entry, weights fit only if their sizes happen to agree. Two layers one behind the other make a matrix product; adding belongs to two layers side by side. Put the first formula into the second.",
    fails="collapse_weight",
)
def adds_the_weights(W1, b1, W2, b2):
    return W1 + W2, b1 + b2


@wrong(
    "Views the weight as flat memory",
    hint="`view` needs the numbers to lie in memory in the order of the rows, and a transposed or sliced weight "
    "doesn't. Plain matrix products work for both.",
    fails="collapse_weight",
)
def flat_view(W1, b1, W2, b2):
    hidden, size_in = W1.shape
    size_out = W2.shape[0]
    W = (W2.view(-1).reshape(size_out, hidden, 1) * W1.view(-1).reshape(1, hidden, size_in)).sum(1)
    return W, W2 @ b1 + b2


@wrong(
    "Forgets the first bias",
    hint="Only `b2` is left. What do the two layers give for `x = 0`? The first one gives `b1`, and the second one "
    "does not ignore it.",
    fails="collapse_bias",
)
def forgets_the_first_bias(W1, b1, W2, b2):
    return W2 @ W1, b2


@wrong(
    "Forgets the second bias",
    hint="You sent `b1` through the second weight. The second layer also adds a bias of its own.",
    fails="collapse_bias",
)
def forgets_the_second_bias(W1, b1, W2, b2):
    return W2 @ W1, W2 @ b1


@wrong(
    "Sends the first bias through both layers",
    hint="`b1` has been added when the first layer is behind it, and it has H numbers. Which of the two layers does it still go through?",
    fails=("collapse_weight", "collapse_bias"),
)
def bias_through_both(W1, b1, W2, b2):
    W = W2 @ W1
    return W, W @ b1 + b2


@wrong(
    "Adds the two biases",
    hint="`b1` has `H` numbers and `b2` has `out`; they only fit if those are equal. `b1` is added before the "
    "second layer, so it goes through its weight.",
    fails="collapse_bias",
)
def adds_the_biases(W1, b1, W2, b2):
    return W2 @ W1, b1 + b2


@wrong(
    "Adds the second bias twice",
    hint="`b2` gets into your sum in two places: a layer that is given its bias adds it already, for one. Once is enough.",
    fails=("collapse_bias", "collapse_gradients"),
)
def second_bias_twice(W1, b1, W2, b2):
    return W2 @ W1, W2 @ b1 + b2 + b2


@wrong(
    "Sends the first bias through the transposed weight",
    hint="`b1 @ W2` is `(H,)` times `(out, H)`: it only fits if `out` is `H`, and then it is the wrong product. A "
    "linear layer multiplies by its weight transposed.",
    fails="collapse_bias",
)
def bias_through_the_transposed(W1, b1, W2, b2):
    return W2 @ W1, b1 @ W2 + b2


@wrong(
    "Adds the sum of `b2` to `b1`, and sends that through the second weight",
    hint="`b2` is added after the second product, so no weight touches it.",
    fails="collapse_bias",
)
def both_through_the_weight(W1, b1, W2, b2):
    return W2 @ W1, W2 @ (b1 + b2.sum())


@wrong(
    "Gives the bias as a column",
    hint="A bias is `(out,)`. You turned `b1` into a column, `(H, 1)`, and the result stayed one.",
    fails="collapse_bias",
)
def bias_as_column(W1, b1, W2, b2):
    return W2 @ W1, W2 @ b1[:, None] + b2[:, None]


@wrong(
    "Drops dimensions of size one from the bias",
    hint="Dimensions of size 1 are dropped, as by `squeeze()`, also those that belong to the answer: the bias of a layer with one output is `(1,)`.",
    fails="collapse_bias",
)
def squeezed_bias(W1, b1, W2, b2):
    return W2 @ W1, (W2 @ b1 + b2).squeeze()


@wrong(
    "Adds to the caller's b2 in place",
    hint="The second layer's own bias changes, as by `b2 += ...`: call it twice and the bias is different. `b2 + ...` makes a new tensor.",
    fails="collapse_bias",
)
def adds_in_place(W1, b1, W2, b2):
    b2 += W2 @ b1
    return W2 @ W1, b2


@wrong(
    "Gives bias and weight in the wrong order",
    hint="The weight comes first, then the bias.",
    fails=("collapse_weight", "collapse_bias"),
)
def wrong_order(W1, b1, W2, b2):
    return W2 @ b1 + b2, W2 @ W1


@wrong(
    "Gives the weight alone",
    hint="A linear layer is a weight and a bias; two values are expected.",
    fails=("collapse_weight", "collapse_bias"),
)
def weight_alone(W1, b1, W2, b2):
    return W2 @ W1


@wrong(
    "Puts an activation between the layers",
    hint="With an activation between them, the two layers are no single layer: that is what it is there for. This "
    "exercise has nothing between.",
    fails=("collapse_weight", "collapse_bias"),
)
def activation_between(W1, b1, W2, b2):
    return W2 @ F.relu(W1), W2 @ F.relu(b1) + b2


@wrong(
    "Gives a float32 weight whatever came in",
    hint="The result must have the dtype of the weights, and `torch.eye` and `torch.zeros` are float32 unless told otherwise. What you send through the layers is where it starts.",
    fails="collapse_weight",
)
def float32_unit_vectors(W1, b1, W2, b2):
    unit = torch.eye(W1.shape[1])
    columns = (unit @ W1.float().T) @ W2.float().T
    return columns.T, W2 @ b1 + b2


@wrong(
    "Works in float32 and turns the result back",
    hint="The result has the right dtype but only float32's seven digits; converting back does not restore the others.",
    fails="collapse_weight",
)
def through_float32(W1, b1, W2, b2):
    W = W2.float() @ W1.float()
    b = W2.float() @ b1.float() + b2.float()
    return W.to(W1.dtype), b.to(b1.dtype)


@wrong(
    "Computes without recording a graph",
    hint="Under `torch.no_grad()`, or with `.detach()` or `.data`, the result has lost its history: no gradient "
    "reaches the two layers.",
    fails="collapse_gradients",
)
def no_graph(W1, b1, W2, b2):
    with torch.no_grad():
        return W2 @ W1, W2 @ b1 + b2


@wrong(
    "Lets no gradient of the bias reach the first layer",
    hint="The bias is cut off somewhere between `b1` and the result, as by `detach()`. All four arguments take part in the result, and all need a gradient.",
    fails="collapse_gradients",
)
def detached_bias(W1, b1, W2, b2):
    return W2 @ W1, W2 @ b1.detach() + b2


@wrong(
    "Sends the first bias through the first weight",
    hint="`b1` is added after the first weight has done its work, so `W1` never touches it. What comes next on its way out?",
    fails="collapse_bias",
)
def bias_through_the_first_weight(W1, b1, W2, b2):
    return W2 @ W1, W1.T @ b1 + b2


@wrong(
    "Adds a row to a column, which makes a matrix of the bias",
    hint="`W2 @ b1[:, None]` is a column, `(out, 1)`. Added to `b2`, which is `(out,)`, it is broadcast to `(out, out)`. A matrix times a vector needs no column: leave `b1` as it is.",
    fails="collapse_bias",
)
def column_plus_row(W1, b1, W2, b2):
    return W2 @ W1, W2 @ b1[:, None] + b2


@wrong(
    "Multiplies the first bias entry by entry",
    hint="`W2 * b1` scales the columns of `W2`, but adds nothing up. A layer's product has a sum in it: each output sums over all of `H`.",
    fails="collapse_bias",
)
def bias_entry_by_entry(W1, b1, W2, b2):
    return W2 @ W1, W2 * b1 + b2


@wrong(
    "Sends the first weight through the second layer as it stands",
    hint="`linear`, like `W1 @ W2.T`, takes the rows of `W1` for inputs of size `H`. Those are of size `in`; it's the columns that have size `H`. Turn it round before, and the result after.",
    fails="collapse_weight",
)
def rows_through_the_layer(W1, b1, W2, b2):
    return W1 @ W2.T, W2 @ b1 + b2


@wrong(
    "Takes a first bias of zeros for none",
    hint="A bias of zeros changes no number, but it's there: it is where most layers begin to learn, and it needs its gradient.",
    fails="collapse_gradients",
)
def zeros_are_no_bias(W1, b1, W2, b2):
    return W2 @ W1, W2 @ b1 + b2 if b1.any() else b2


@wrong(
    "Leaves the second bias out where it is zeros",
    hint="A bias of zeros changes no number, but it's there, and it needs its gradient. Add it all the same.",
    fails="collapse_gradients",
)
def second_zeros_are_no_bias(W1, b1, W2, b2):
    b = W2 @ b1
    return W2 @ W1, b + b2 if b2.any() else b


@wrong(
    "Takes a first bias whose sum is zero for none",
    hint="The numbers of a bias may well cancel in their sum, and each of them still goes through the second weight.",
    fails="collapse_bias",
)
def sum_of_zero_is_no_bias(W1, b1, W2, b2):
    return W2 @ W1, b2 if b1.sum() == 0 else W2 @ b1 + b2


@wrong(
    "Leaves the second bias out where its sum is zero",
    hint="The numbers of a bias may well cancel in their sum, and each of them still counts.",
    fails="collapse_bias",
)
def second_sum_of_zero(W1, b1, W2, b2):
    b = W2 @ b1
    return W2 @ W1, b if b2.sum() == 0 else b + b2


@wrong(
    "Adds up a fixed number of hidden numbers only",
    hint="A loop or slice of yours has a fixed end. The hidden layer has as many numbers as W1 has rows, and each of them counts.",
    fails=("collapse_weight", "collapse_bias"),
)
def hidden_64(W1, b1, W2, b2):
    return W2[:, :64] @ W1[:64], W2[:, :64] @ b1[:64] + b2


@wrong(
    "Fills a fixed number of outputs only",
    hint="A loop or slice of yours ends after a fixed number of outputs. There are as many as W2 has rows.",
    fails="collapse_weight",
)
def outputs_16(W1, b1, W2, b2):
    W = torch.zeros(W2.shape[0], W1.shape[1], dtype=W1.dtype)
    for o in range(min(16, len(W2))):
        W[o] = (W2[o][:, None] * W1).sum(0)
    return W, W2 @ b1 + b2


@wrong(
    "Remembers the product of the weights",
    hint="Your cache asks whether the weights are the same objects. Their numbers change at every training step, in place. Multiply anew in each call.",
    fails=("collapse_weight",),
)
def remembers_the_weight(W1, b1, W2, b2, seen={}):
    if (W1, W2) not in seen:
        seen[W1, W2] = W2 @ W1
    return seen[W1, W2], W2 @ b1 + b2


@wrong(
    "Remembers the layer by the tensors that it was given",
    hint="Your cache asks whether weights and biases are the same objects. Their numbers change at every training step, in place. Compute anew in each call.",
    fails=("collapse_weight", "collapse_bias"),
)
def remembers_the_layer(W1, b1, W2, b2, seen={}):
    key = tuple(map(id, (W1, b1, W2, b2)))
    if key not in seen:
        seen[key] = (W2 @ W1, W2 @ b1 + b2), W1, b1, W2, b2
    return seen[key][0]


@wrong(
    "Takes products from squares of sums",
    hint="((a + b)² - (a - b)²) / 4 is a times b on paper only. Where one number is much larger than the other, the two squares are nearly equal, and their difference has lost its digits. `@` multiplies.",
    fails="collapse_weight",
)
def from_squares_of_sums(W1, b1, W2, b2):
    a, b = W2[:, :, None], W1[None]
    return (((a + b) ** 2 - (a - b) ** 2) / 4).sum(1), W2 @ b1 + b2


@wrong(
    "Takes the bias from squares of sums",
    hint="((a + b)² - (a - b)²) / 4 is a times b on paper only. Where one number is much larger than the other, the two squares are nearly equal, and their difference has lost its digits. `@` multiplies.",
    fails="collapse_bias",
)
def bias_from_squares_of_sums(W1, b1, W2, b2):
    return W2 @ W1, ((W2 + b1).square().sum(1) - (W2 - b1).square().sum(1)) / 4 + b2


@wrong(
    "Cuts large numbers off",
    hint="You clamp the result. The weight of two layers may be as large as it likes.",
    fails=("collapse_weight", "collapse_bias"),
)
def clamped(W1, b1, W2, b2):
    return (W2 @ W1).clamp(-1000, 1000), (W2 @ b1 + b2).clamp(-1000, 1000)


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Where a weight is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` copies with the history; or compute with the weight as it is.",
    fails="collapse_gradients",
)
def copies_without_history(W1, b1, W2, b2):
    W1, W2 = (t if t.is_contiguous() else torch.empty(t.shape, dtype=t.dtype).copy_(t.detach()) for t in (W1, W2))
    return W2 @ W1, W2 @ b1 + b2


@wrong(
    "Remembers the bias of the two layers",
    hint="Your cache asks whether the biases are the same objects. Their numbers change at every training step, in place, and so do the weight's. Compute anew in each call.",
    fails="collapse_bias",
)
def remembers_the_bias(W1, b1, W2, b2, seen={}):
    if (b1, b2) not in seen:
        seen[b1, b2] = W2 @ b1 + b2
    return W2 @ W1, seen[b1, b2]


@wrong(
    "Adds the bias in place to a product that it keeps",
    hint="What you keep for the next call is changed by it, as by `b += b2`: there `b2` is in it twice. `+` makes a new tensor. Better keep nothing.",
    fails="collapse_bias",
)
def adds_to_what_it_keeps(W1, b1, W2, b2, kept={}):
    b = W2 @ b1
    if not b1.requires_grad:
        b = kept.setdefault((tuple(W2.flatten().tolist()), tuple(b1.tolist()), b.dtype), b)
    b += b2
    return W2 @ W1, b


@wrong(
    "Remembers the weight by the second layer alone",
    hint="You keep the product of the weights and give it again where `W2` has the same numbers. It depends on `W1` as well. Multiply anew in each call.",
    fails="collapse_weight",
)
def remembers_without_the_first(W1, b1, W2, b2, seen={}):
    key = tuple(W2.flatten().tolist()), W1.dtype, W1.shape
    if W1.requires_grad or key not in seen:
        seen[key] = W2 @ W1
    return seen[key], W2 @ b1 + b2


@wrong(
    "Applies relu to the first bias",
    hint="The negative numbers of `b1` are lost on the way, as by `relu` or a `clamp`. There is no activation between these two layers: that is why they are a single one.",
    fails=("collapse_bias", "collapse_gradients"),
)
def relu_of_the_first_bias(W1, b1, W2, b2):
    return W2 @ W1, W2 @ F.relu(b1) + b2


@wrong(
    "Gives a layer instead of its weight and bias",
    hint="Two tensors are asked for, the weight and the bias, and an `nn.Linear` is a module. Copied into a new layer, they would also be cut off from `W1`, `b1`, `W2` and `b2`.",
    fails=("collapse_weight", "collapse_bias", "collapse_gradients"),
)
def a_new_layer(W1, b1, W2, b2):
    layer = torch.nn.Linear(W1.shape[1], W2.shape[0])
    layer.weight.data = W2 @ W1
    layer.bias.data = W2 @ b1 + b2
    return layer


@wrong(
    "Sends the first bias through the transposed weight wherever that fits",
    hint="Where `out` is `H`, `b1 @ W2` has the right shape as well, and is another product: the sizes don't tell you which is meant. By what does a linear layer multiply its input?",
    fails="collapse_bias",
)
def bias_through_the_transposed_where_square(W1, b1, W2, b2):
    out, hidden = W2.shape
    return W2 @ W1, (W2.T if out == hidden else W2) @ b1 + b2


@wrong(
    "Adds up what the second weight makes of b1 over all outputs",
    hint="`sum()` without a dimension makes a single number of `W2 * b1`, and every output gets it. Each output has a sum of its own, over the `H` numbers of `b1`.",
    fails="collapse_bias",
)
def one_sum_for_all_outputs(W1, b1, W2, b2):
    return W2 @ W1, (W2 * b1).sum() + b2


@wrong(
    "Takes what the layers make of the unit vectors for the weight, with the bias still in it",
    hint="The two layers make of a unit vector a column of `W`, and the bias on top. `linear` adds the bias once more. What must come off each column?",
    fails="collapse_weight",
)
def unit_vectors_with_the_bias(W1, b1, W2, b2):
    unit = torch.eye(W1.shape[1], dtype=W1.dtype)
    return ((unit @ W1.T + b1) @ W2.T + b2).T, W2 @ b1 + b2


@wrong(
    "Adds the sum of b1 to b2",
    hint="`b1` is what the first layer adds, so it goes through the second layer, too: by `W2`. A sum weighs all hidden numbers the same.",
    fails=("collapse_bias", "collapse_gradients"),
)
def sum_of_b1(W1, b1, W2, b2):
    return (W2 @ W1, b1.sum() + b2)
