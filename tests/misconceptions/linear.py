"""Wrong answers to `linear(x, W, b=None)`."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.corpus import wrong


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
    hint="`b[:, None]` is a column: it gives each row of the batch one number. The bias belongs to the outputs, "
    "which are the last dimension.",
    fails="linear_values",
)
def bias_as_column(x, W, b=None):
    y = x @ W.T
    return y if b is None else y + b[:, None]


@wrong(
    "Drops dimensions of size one",
    hint="`squeeze()` also removes dimensions that belong to the answer: a layer with one output gives `(..., 1)`.",
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
    "Adds a float32 zero bias and works in float32",
    hint="The result has the right dtype but only float32's seven digits; converting back does not restore the others.",
    fails="linear_values",
)
def through_float32(x, W, b=None):
    if b is None:
        b = torch.zeros(W.shape[0])
    return (x.float() @ W.float().T + b.float()).to(x.dtype)


@wrong(
    "Transposes the caller's W in place",
    hint="`t_()` changes the tensor that the caller handed you: the next call finds another `W`. Use the method "
    "without the underscore.",
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
    "Multiplies from the left: W @ x.T",
    hint="`W @ x.T` wants columns, so you turn `x` round and turn the result back. `.T` reverses all dimensions, "
    "which is not the same once there are more than two. Which order needs no turning of `x`?",
    fails="linear_leading",
)
def weight_from_the_left(x, W, b=None):
    y = (W @ x.T).T
    return y if b is None else y + b


@wrong(
    "Takes only two dimensions",
    hint="`torch.mm` multiplies two matrices and nothing else. `x` may be one vector, a batch of sequences, or "
    "more. `@` takes them all.",
    fails="linear_leading",
)
def only_matrices(x, W, b=None):
    y = torch.mm(x, W.T)
    return y if b is None else y + b


@wrong(
    "Takes only batches of sequences beside matrices",
    hint="You unpack exactly `B, T, D`, or two dimensions, and no other number of them. The leading dimensions may "
    "be any; you need only know the last one.",
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
    "Takes the data out of the graph",
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
    hint="Under `torch.no_grad()` nothing is recorded, so no gradient reaches anything. Leave it out.",
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
    "Multiplies from the left: W @ x",
    hint="`W @ x` fits one vector. In a batch each row of `x` is an input, so the inputs' size comes last, and it has to meet the `in` of `W`, which is `(out, in)`. Which factor goes first, and which is transposed?",
    fails="linear_values",
)
def weight_first(x, W, b=None):
    y = W @ x
    return y if b is None else y + b


@wrong(
    "Expects a batch of sequences",
    hint="`B, T, D = x.shape` allows exactly three dimensions. `x` may also be one vector or a batch of them. Which of the sizes do you need at all?",
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
