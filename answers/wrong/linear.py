"""Wrong answers to `linear(x, W, b=None)`."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Does not transpose the weight",
    hint="`W` is `(out, in)`: one row for each output number. In `x @ W` the last size of `x`, `in`, meets `out`. "
    "It only works for a square `W`, and even then the numbers are wrong.",
    fails="linear_values",
)
def not_transposed(x, W, b=None):
    y = x @ W
    return y if b is None else y + b


@wrong(
    "Reshapes the weight instead of transposing it",
    hint="`reshape` and `view` keep the numbers in their order and only break the lines elsewhere. The shape fits "
    "now, but the rows are torn apart. Turning rows into columns is another operation.",
    fails="linear_values",
)
def reshaped_weight(x, W, b=None):
    y = x @ W.reshape(W.shape[1], W.shape[0])
    return y if b is None else y + b


@wrong(
    "Guesses from the sizes whether to transpose",
    hint="Where `W` is square, both orders fit, and your test picks the wrong one. `W` is always `(out, in)`: "
    "there is nothing to guess.",
    fails="linear_values",
)
def guesses_the_order(x, W, b=None):
    y = x @ W if x.shape[-1] == W.shape[0] else x @ W.T
    return y if b is None else y + b


@wrong(
    "Ignores the bias",
    hint="Your result is the same with and without `b`. Where is `b` added?",
    fails="linear_values",
)
def ignores_the_bias(x, W, b=None):
    return x @ W.T


@wrong(
    "Needs a bias",
    hint="Without a bias, `b` is `None`, and nothing can be added to that. What should happen then?",
    fails="linear_values",
)
def needs_a_bias(x, W, b=None):
    return x @ W.T + b


@wrong(
    "Adds ones where there is no bias",
    hint="Without a bias the product is the whole answer, and yours is 1 too large everywhere. If you put something in the place of `None`: which number changes nothing when it is added?",
    fails=("linear_values", "linear_leading"),
)
def ones_for_no_bias(x, W, b=None):
    return x @ W.T + (1 if b is None else b)


@wrong(
    "Asks whether the bias is true",
    hint="`if b` asks a tensor to be true or false. For more than one number that is an error, and a bias of one "
    "number is false when it is 0. The question is whether there is a bias: compare with `None`.",
    fails="linear_values",
)
def truth_of_a_tensor(x, W, b=None):
    y = x @ W.T
    if b:
        y = y + b
    return y


@wrong(
    "Subtracts the bias",
    hint="The weights are right; look at the sign of the bias.",
    fails="linear_values",
)
def subtracts_the_bias(x, W, b=None):
    y = x @ W.T
    return y if b is None else y - b


@wrong(
    "Adds the bias to the input",
    hint="The bias has one number for each output. You add it before the product, where the numbers are still "
    "inputs; it only fits if both sizes agree, and then the weight mixes it.",
    fails="linear_values",
)
def bias_first(x, W, b=None):
    if b is not None:
        x = x + b
    return x @ W.T


@wrong(
    "Adds the bias along the rows",
    hint="Each row of the batch gets one number of the bias, as from a column, `b[:, None]`. The bias belongs to the outputs, which are the last dimension.",
    fails="linear_values",
)
def bias_as_column(x, W, b=None):
    y = x @ W.T
    return y if b is None else y + b[:, None]


@wrong(
    "Drops dimensions of size one",
    hint="Every dimension of size 1 is dropped, as by `squeeze()`, also those that belong to the answer: a layer with one output gives `(..., 1)`.",
    fails="linear_values",
)
def squeezes(x, W, b=None):
    y = x @ W.T
    return (y if b is None else y + b).squeeze()


@wrong(
    "Gives float32 whatever came in",
    hint="float64 in, float64 out. Somewhere the numbers pass through float32, by `.float()` or a tensor made "
    "without a dtype.",
    fails="linear_values",
)
def always_float32(x, W, b=None):
    y = x.float() @ W.float().T
    return y if b is None else y + b.float()


@wrong(
    "Works in float32 and turns the result back",
    hint="The result has the right dtype but only float32's seven digits; converting back does not restore the others.",
    fails="linear_values",
)
def through_float32(x, W, b=None):
    if b is None:
        b = torch.zeros(W.shape[0])
    return (x.float() @ W.float().T + b.float()).to(x.dtype)


@wrong(
    "Transposes the caller's W in place",
    hint="The next call finds another `W`: `t_()`, or another method with an underscore, changes the tensor that the caller handed you. Use the method without the underscore.",
    fails="linear_values",
)
def transposes_in_place(x, W, b=None):
    y = x @ W.t_()
    return y if b is None else y + b


@wrong(
    "Adds onto the caller's bias",
    hint="`b += ...` and `b.add_(...)` write into the caller's bias, which besides is too small for a batch. "
    "`+` makes a new tensor.",
    fails="linear_values",
)
def adds_onto_the_bias(x, W, b=None):
    y = x @ W.T
    return y if b is None else b.add_(y)


@wrong(
    "Multiplies from the left, as W @ x.T does",
    hint="`W @ x.T` wants columns, so you turn `x` round and turn the result back. `.T` reverses all dimensions, "
    "which is not the same once there are more than two. Which order needs no turning of `x`?",
    fails="linear_leading",
)
def weight_from_the_left(x, W, b=None):
    y = (W @ x.T).T
    return y if b is None else y + b


@wrong(
    "Takes only two dimensions",
    hint="Yours multiplies two matrices and nothing else, as `torch.mm` does. `x` may be one vector, a batch of sequences, or more. `@` takes them all.",
    fails="linear_leading",
)
def only_matrices(x, W, b=None):
    y = torch.mm(x, W.T)
    return y if b is None else y + b


@wrong(
    "Takes only batches of sequences beside matrices",
    hint="Yours takes up to three dimensions and no more, for instance where `B, T, D` are unpacked. The leading dimensions may be any; you need only know the last one.",
    fails="linear_leading",
)
def at_most_three_dimensions(x, W, b=None):
    if x.dim() == 3:
        B, T, D = x.shape
        y = (x.reshape(B * T, D) @ W.T).reshape(B, T, -1)
    elif x.dim() == 2:
        y = torch.mm(x, W.T)
    else:
        y = torch.mv(W, x)
    return y if b is None else y + b


@wrong(
    "Turns a vector into a matrix and leaves it so",
    hint="For one vector of shape `(in,)` the result must be `(out,)`. You add a dimension in front to be able to "
    "multiply; take it away again, or ask whether it was needed.",
    fails="linear_leading",
)
def vector_becomes_matrix(x, W, b=None):
    if x.dim() == 1:
        x = x.unsqueeze(0)
    y = x @ W.T
    return y if b is None else y + b


@wrong(
    "Flattens the leading dimensions and leaves them so",
    hint="One row a token is a good way to compute it. But the caller gave `(B, T, in)` and expects `(B, T, out)`: "
    "shape it back.",
    fails="linear_leading",
)
def stays_flat(x, W, b=None):
    y = x.reshape(-1, x.shape[-1]) @ W.T
    y = y if b is None else y + b
    return y[0] if x.dim() == 1 else y


@wrong(
    "Flattens with view",
    hint="`view` needs the numbers to lie in memory in the order of the rows. A transposed or sliced input "
    "doesn't, for example one that attention has split into heads. `reshape` copies where it has to.",
    fails="linear_leading",
)
def flattens_with_view(x, W, b=None):
    y = x.view(-1, x.shape[-1]) @ W.T
    y = y if b is None else y + b
    return y.view(*x.shape[:-1], W.shape[0])


@wrong(
    "Lets no gradient reach the weight",
    hint="`.data` and `.detach()` give the numbers without their history: no gradient reaches the weight, so the "
    "layer would never learn.",
    fails="linear_gradients",
)
def data_of_the_weight(x, W, b=None):
    y = x @ W.data.T
    return y if b is None else y + b


@wrong(
    "Lets no gradient reach the bias",
    hint="The bias is a parameter and must learn as well. `tolist()`, `item()`, `.data` or `torch.tensor(b)` take "
    "it out of the graph.",
    fails="linear_gradients",
)
def copied_bias(x, W, b=None):
    y = x @ W.T
    return y if b is None else y + torch.tensor(b.tolist(), dtype=b.dtype)


@wrong(
    "Computes without recording a graph",
    hint="No gradient reaches anything: under `torch.no_grad()`, or after `detach()` or `.data`, nothing is recorded. Leave it out.",
    fails="linear_gradients",
)
def no_graph(x, W, b=None):
    with torch.no_grad():
        y = x @ W.T
        return y if b is None else y + b


@wrong(
    "Makes an nn.Linear and copies the weights into it",
    hint="That is the layer you are asked to write, and its parameters are new ones: no gradient reaches the `W` "
    "and `b` of the caller.",
    fails=("linear_values", "linear_leading", "linear_gradients"),
)
def new_layer(x, W, b=None):
    layer = nn.Linear(W.shape[1], W.shape[0], bias=b is not None, dtype=W.dtype)
    with torch.no_grad():
        layer.weight.copy_(W)
        if b is not None:
            layer.bias.copy_(b)
    return layer(x)


@wrong(
    "Makes a fresh nn.Linear with random weights",
    hint="A new `nn.Linear` begins with random weights of its own; yours are never used. Write the product and the "
    "sum yourself.",
    fails=("linear_values", "linear_leading", "linear_gradients"),
)
def random_layer(x, W, b=None):
    return nn.Linear(W.shape[1], W.shape[0])(x)


@wrong(
    "Uses F.linear",
    hint="`F.linear` is the exercise itself. It is one product and one sum.",
    fails=("linear_values", "linear_leading", "linear_gradients"),
)
def with_f_linear(x, W, b=None):
    return F.linear(x, W, b)


@wrong(
    "Adds the bias along the batch where the sizes allow it",
    hint="You look at which dimension has the bias's size. With as many rows as outputs both have it. The bias always belongs to the last dimension.",
    fails="linear_values",
)
def bias_by_size(x, W, b=None):
    y = x @ W.T
    if b is None:
        return y
    if y.dim() == 2 and y.shape[0] == b.shape[0]:
        return y + b[:, None]
    return y + b


@wrong(
    "Multiplies from the left, as W @ x does",
    hint="`W @ x` fits one vector. In a batch each row of `x` is an input, so the inputs' size comes last, and it has to meet the `in` of `W`, which is `(out, in)`. Which factor goes first, and which is transposed?",
    fails="linear_values",
)
def weight_first(x, W, b=None):
    y = W @ x
    return y if b is None else y + b


@wrong(
    "Expects a batch of sequences",
    hint="Yours takes exactly three dimensions, as `B, T, D = x.shape` does. `x` may also be one vector or a batch of them. Which of the sizes do you need at all?",
    fails="linear_leading",
)
def three_dimensions_only(x, W, b=None):
    B, T, D = x.shape
    y = (x.reshape(B * T, D) @ W.T).reshape(B, T, -1)
    return y if b is None else y + b


@wrong(
    "Applies relu to the result",
    hint="A linear layer gives negative numbers too. The activation comes after it, as a step of its own.",
    fails="linear_values",
)
def with_relu(x, W, b=None):
    y = x @ W.T
    return torch.relu(y if b is None else y + b)


@wrong(
    "Divides by the square root of the input size",
    hint="The scaling by a square root belongs to attention scores. A linear layer is one product and one sum.",
    fails="linear_values",
)
def scaled(x, W, b=None):
    y = x @ W.T / W.shape[1] ** 0.5
    return y if b is None else y + b


@wrong(
    "Takes a bias of zeros for no bias",
    hint="A bias of zeros changes no number, but it's there: it is where most layers begin to learn, and it needs its gradient. Ask `b is None`.",
    fails="linear_gradients",
)
def zeros_are_no_bias(x, W, b=None):
    y = x @ W.T
    return y + b if b is not None and b.any() else y


@wrong(
    "Takes a bias whose sum is zero for no bias",
    hint="The numbers of a bias may well cancel, and each of them still counts. Ask `b is None`.",
    fails="linear_values",
)
def sum_of_zero_is_no_bias(x, W, b=None):
    y = x @ W.T
    return y if b is None or b.sum() == 0 else y + b


@wrong(
    "Adds a bias and takes it off again",
    hint="y + c - c is y on paper only: the sum keeps the digits of the larger number, and what a small y had beyond them is lost. Add nothing that you don't want.",
    fails="linear_values",
)
def bias_on_and_off(x, W, b=None):
    ones = torch.ones(W.shape[0], dtype=x.dtype)
    y = x @ W.T + ones
    return y - ones if b is None else y + (b - ones)


@wrong(
    "Shifts the input by a constant and takes its share off again",
    hint="(x + c) times W, less c times the sums of W, is the product on paper only. Where c is large, the small digits are gone. Leave c out.",
    fails="linear_values",
)
def shifted(x, W, b=None):
    y = (x + 1) @ W.T - W.sum(1)
    return y if b is None else y + b


@wrong(
    "Takes products from squares of sums",
    hint="((a + b)² - (a - b)²) / 4 is a times b on paper only. Where one number is much larger than the other, the two squares are nearly equal, and their difference has lost its digits. `*` and `@` multiply.",
    fails="linear_values",
)
def from_squares_of_sums(x, W, b=None):
    x = x[..., None, :]
    y = (((x + W) ** 2 - (x - W) ** 2) / 4).sum(-1)
    return y if b is None else y + b


@wrong(
    "Takes products from the squared distance of input and row",
    hint="(|x|² + |w|² - |x - w|²) / 2 is x times w on paper only. Where their numbers differ much in size, the digits cancel. `@` multiplies.",
    fails="linear_values",
)
def from_the_distance(x, W, b=None):
    squares = x.square().sum(-1)[..., None] + W.square().sum(1)
    y = (squares - (x[..., None, :] - W).square().sum(-1)) / 2
    return y if b is None else y + b


@wrong(
    "Gives a fixed number of outputs only",
    hint="A loop or slice of yours ends after a fixed number of outputs. There are as many as rows in W.",
    fails="linear_values",
)
def outputs_64(x, W, b=None):
    outputs = torch.zeros(*x.shape[:-1], len(W), dtype=x.dtype)
    for o in range(min(64, len(W))):
        outputs[..., o] = (x * W[o]).sum(-1)
    return outputs if b is None else outputs + b


@wrong(
    "Reads a fixed number of inputs only",
    hint="A loop or slice of yours has a fixed end. There are as many inputs as columns in W, and each of them counts.",
    fails="linear_values",
)
def inputs_100(x, W, b=None):
    y = x[..., :100] @ W[:, :100].T
    return y if b is None else y + b


@wrong(
    "Remembers the transposed weight",
    hint="You keep a copy of the weight from an earlier call and take the same tensor for the same numbers. Training changes a weight in place: it is the same tensor with other numbers in it. Transpose anew in each call; it costs nothing.",
    fails="linear_values",
)
def remembers_the_weight(x, W, b=None, seen={}):
    if W not in seen:
        seen[W] = W.T.contiguous()
    y = x @ seen[W]
    return y if b is None else y + b


@wrong(
    "Remembers the result by the tensors that it was given",
    hint="Your cache asks whether input and weight are the same objects. Their numbers may have changed since, as a weight's do at every training step. Multiply anew in each call.",
    fails="linear_values",
)
def remembers_the_result(x, W, b=None, seen={}):
    key = id(x), id(W), id(b)
    if key not in seen:
        y = x @ W.T
        seen[key] = (y if b is None else y + b), x, W, b
    return seen[key][0]


@wrong(
    "Cuts large numbers off",
    hint="You clamp the result. What comes out of a linear layer may be as large as it likes.",
    fails="linear_values",
)
def clamped(x, W, b=None):
    y = x @ W.T
    return (y if b is None else y + b).clamp(-1000, 1000)


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Where a tensor is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` copies with the history; or compute with the tensor as it is.",
    fails="linear_gradients",
)
def copies_without_history(x, W, b=None):
    x, W = (t if t.is_contiguous() else torch.empty(t.shape, dtype=t.dtype).copy_(t.detach()) for t in (x, W))
    y = x @ W.T
    return y if b is None else y + b


@wrong(
    "Uses `or` on a bias of one number",
    hint="`b or 0` asks whether the bias is true. A single 0 isn't, so it's replaced by a plain number and gets no gradient; of several numbers PyTorch can't say. Ask `b is None`.",
    fails="linear_gradients",
)
def bias_or_zero(x, W, b=None):
    return x @ W.T + (0 if b is None else (b or 0) if b.numel() == 1 else b)


@wrong(
    "Gives new zeros where the weight is zero",
    hint="Zeros of your own know nothing of `x` and `W`, so no gradient gets back, and a layer that begins at zero stays there. Multiply, whatever the numbers are.",
    fails="linear_gradients",
)
def new_zeros(x, W, b=None):
    y = x @ W.T if W.any() else torch.zeros(*x.shape[:-1], len(W), dtype=x.dtype)
    return y if b is None else y + b


@wrong(
    "Adds the bias in place to a product that it keeps",
    hint="What you keep for the next call is changed by it, as by `y += b`: there the bias is in it twice. `y + b` makes a new tensor. Better keep nothing.",
    fails="linear_values",
)
def adds_to_what_it_keeps(x, W, b=None, kept={}):
    y = x @ W.T
    if not x.requires_grad:
        key = tuple(x.flatten().tolist()), tuple(W.flatten().tolist()), x.shape, x.dtype
        y = kept.setdefault(key, y)
    if b is not None:
        y += b
    return y


@wrong(
    "Remembers the result by input and weight alone",
    hint="You keep a result and give it again where `x` and `W` have the same numbers. It depends on the bias as well. Compute anew in each call.",
    fails="linear_values",
)
def remembers_without_the_bias(x, W, b=None, seen={}):
    key = tuple(x.flatten().tolist()), tuple(W.flatten().tolist()), x.shape, x.dtype
    if x.requires_grad or key not in seen:
        seen[key] = x @ W.T if b is None else x @ W.T + b
    return seen[key]


@wrong(
    "Takes a default of 0 for None",
    hint="`b=0` is of use where nobody gives a bias. Who gives `b=None` says so, and None can't be added: ask `b is None`.",
    fails="linear_values",
)
def default_of_zero(x, W, b=0):
    return x @ W.T + b


@wrong(
    "Changes the caller's bias in place",
    hint="The bias that you were given is written into, as by `b *= …`, and autograd refuses that where it is a parameter. Make a new tensor.",
    fails="linear_gradients",
)
def multiplies_the_bias_in_place(x, W, b=None):
    if b is None:
        return x @ W.T
    b *= 1.0
    return x @ W.T + b


@wrong(
    "Adds the bias twice",
    hint="You add `b` in two places. Once is enough.",
    fails=("linear_values", "linear_leading", "linear_gradients"),
)
def bias_twice(x, W, b=None):
    out = x @ W.T
    return out if b is None else out + b + b


@wrong(
    "Gathers more than two dimensions in a float32 tensor",
    hint="With several dimensions in front the result is float32 whatever `x` is, since `torch.zeros` makes float32. What goes in as float64 comes out as float64; and `@` takes any number of dimensions in front by itself.",
    fails="linear_leading",
)
def gathered_in_float32(x, W, b=None):
    if x.dim() <= 2:
        y = x @ W.T
        return y if b is None else y + b
    out = torch.zeros(*x.shape[:-1], W.shape[0])
    for i in range(len(x)):
        out[i] = gathered_in_float32(x[i], W, b)
    return out


@wrong(
    "Multiplies matrices only where there is no bias",
    hint="Without a bias, a vector `x`, or one with several dimensions in front, raises an error: `torch.mm` takes two matrices. `@` takes all of them.",
    fails="linear_leading",
)
def mm_without_bias(x, W, b=None):
    if b is None:
        return torch.mm(x, W.T)
    return x @ W.T + b


@wrong(
    "Cuts off the gradient where there is more than one dimension in front",
    hint="With several dimensions in front no gradient reaches `x`, `W` and `b`: `.data`, `.detach()` or `torch.tensor` leaves the graph. `@` takes any number of dimensions in front by itself.",
    fails="linear_gradients",
)
def detached_in_several(x, W, b=None):
    y = x @ W.T if x.dim() <= 2 else torch.stack([each @ W.T for each in x]).detach()
    return y if b is None else y + b


@wrong(
    "Gives a row for a vector where there is no bias",
    hint="Without a bias a vector comes back as a matrix of one row, of shape `(1, out)`. `x @ W.T` takes a vector as it is.",
    fails="linear_leading",
)
def row_without_bias(x, W, b=None):
    if b is None:
        return torch.atleast_2d(x) @ W.T
    return x @ W.T + b


@wrong(
    "Stands in for the missing bias in float64",
    hint="Without `b` you add zeros in float64, as NumPy makes them, and the sum becomes float64 with them. Where there is no bias, nothing needs to be added.",
    fails=("linear_values", "linear_leading"),
)
def zeros_in_float64(x, W, b=None):
    if b is None:
        b = torch.zeros(W.shape[0], dtype=torch.float64)
    return x @ W.T + b


@wrong(
    "Adds the whole bias to each of the outputs",
    hint="Output `i` gets one number, `b[i]`. `y[..., i] += b` adds the numbers of the bias along another dimension.",
    fails=("linear_values", "linear_leading", "linear_gradients"),
)
def whole_bias_each(x, W, b=None):
    y = x @ W.T
    for i in range(W.shape[0]):
        if b is not None:
            y[..., i] += b
    return y
