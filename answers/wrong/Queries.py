"""Wrong answers to `Queries(d_model, n_heads)`."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Projects, and leaves the heads together",
    hint="`(B, T, D)` is the projection. What is left is to cut the last dimension into heads and bring those in front of the positions.",
    fails="Queries_values",
)
class NotCut(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        return self.W_q(x)


@wrong(
    "Cuts into heads, and projects nothing",
    hint="The layer is made and never used. Call it: `self.W_q(x)`.",
    fails="Queries_values",
)
class NotProjected(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


@wrong(
    "Reshapes straight to the final shape",
    hint="`reshape` reads one token after another, so that a head gets parts of different tokens. Cut the last dimension first, then swap two.",
    fails="Queries_values",
)
class StraightReshape(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        return self.W_q(x).reshape(B, self.n_heads, T, D // self.n_heads)


@wrong(
    "Leaves the heads behind the positions",
    hint="Yours is `(B, T, n_heads, d)`. Heads come before positions, so that `@` makes a table of scores for each: swap dimensions 1 and 2.",
    fails="Queries_values",
)
class HeadsBehind(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        return self.W_q(x).unflatten(-1, (self.n_heads, -1))


@wrong(
    "Deals the numbers out to the heads in turn",
    hint="A head is a block of neighbours, so the heads are the slow dimension of the cut: `(n_heads, d)`, and not `(d, n_heads)`.",
    fails="Queries_values",
)
class InTurn(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        return self.W_q(x).reshape(B, T, D // self.n_heads, self.n_heads).permute(0, 3, 1, 2)


@wrong(
    "Gives the layer no bias",
    hint="`bias=False` leaves the bias out. Here it is to be learned, too, which is what `nn.Linear` does unless it is told otherwise.",
    fails="Queries_values",
)
class WithoutBias(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x):
        return self.W_q(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


@wrong(
    "Makes a new layer in every call",
    hint="A layer made in `forward` is random each time and learns nothing. Make it once, in `__init__`.",
    fails="Queries_values",
)
class AnewInEveryCall(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        layer = nn.Linear(x.shape[-1], x.shape[-1]).to(x.dtype)
        return layer(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


@wrong(
    "Multiplies by the weight without transposing it",
    hint="`nn.Linear` stores its weight as `(out, in)` and multiplies by its transpose. With a square weight the shapes don't tell. Call the layer.",
    fails="Queries_values",
)
class NotTransposed(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        q = x @ self.W_q.weight + self.W_q.bias
        return q.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


@wrong(
    "Puts an activation behind the projection",
    hint="Queries are compared by dot products and may point anywhere; without their negative numbers they can't. A projection is the linear layer alone.",
    fails="Queries_values",
)
class Activated(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        return F.relu(self.W_q(x)).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


@wrong(
    "Divides by the square root of the width already",
    hint="`attention_scores` does that, once. Here it would be done twice.",
    fails="Queries_values",
)
class Scaled(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        q = self.W_q(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
        return q / q.shape[-1] ** 0.5


@wrong(
    "Keeps no graph, so that the layer learns nothing",
    hint="Leave `no_grad` and `detach` out: gradients have to reach `W_q`.",
    fails="Queries_values",
)
class NoGraph(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        with torch.no_grad():
            return self.W_q(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


@wrong(
    "Finds out in forward that the heads don't divide",
    hint="That is late: the model is built by then. Compare in `__init__`, and `raise ValueError` there.",
    fails="Queries_values",
)
class ErrorInForward(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        if x.shape[-1] % self.n_heads:
            raise ValueError("does not divide")
        return self.W_q(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


@wrong(
    "Keeps the number of heads for all modules at once",
    hint="What stands in the class, such as a list, or in a global name belongs to all its modules: the next one that is made changes how this one splits. What belongs to one module goes on `self`, in `__init__`.",
    fails="Queries_values",
)
class HeadsOfTheClass(nn.Module):
    heads = []

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("the heads do not divide the width")
        self.heads.append(n_heads)
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        return self.W_q(x).unflatten(-1, (self.heads[-1], -1)).transpose(1, 2)


@wrong(
    "Keeps the queries of its first input",
    hint="What `forward` keeps on `self` is still there at the next call, whose input is another. Compute the queries anew in each call.",
    fails="Queries_values",
)
class FirstInput(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("the heads do not divide the width")
        self.W_q, self.n_heads, self.kept = nn.Linear(d_model, d_model), n_heads, None

    def forward(self, x):
        if self.kept is None:
            self.kept = self.W_q(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
        return self.kept


@wrong(
    "Keeps the sizes of its first input",
    hint="The next input may have another batch, or be of another length. Take the sizes from `x` in each call.",
    fails="Queries_values",
)
class FirstSizes(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("the heads do not divide the width")
        self.W_q, self.n_heads, self.sizes = nn.Linear(d_model, d_model), n_heads, None

    def forward(self, x):
        self.sizes = self.sizes or x.shape[:2]
        return self.W_q(x).reshape(*self.sizes, self.n_heads, -1).transpose(1, 2)


@wrong(
    "Makes the layer as wide as one head",
    hint="All heads together are `d_model` numbers wide, and each gets its own part of them. `nn.Linear(d_model, d_model)` makes the queries of all heads at once; cutting them into heads comes after that.",
    fails="Queries_values",
)
class OneHeadWide(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model // n_heads)

    def forward(self, x):
        return self.W_q(x).unsqueeze(1).expand(-1, self.n_heads, -1, -1)


@wrong(
    "Makes layers for keys and values, too",
    hint="This module makes queries alone: it has one layer, `self.W_q`. Parameters that nothing uses are still parameters.",
    fails="Queries_values",
)
class ThreeLayers(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        return self.W_q(x).view(B, T, self.n_heads, D // self.n_heads).transpose(1, 2)


@wrong(
    "Cuts the input off from its history",
    hint="`detach` isn't needed to leave `x` as it is: the layer makes a new tensor. It cuts off the gradient, so whatever made `x` learns nothing.",
    fails="Queries_values",
)
class InputDetached(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        return self.W_q(x.detach()).view(B, T, self.n_heads, D // self.n_heads).transpose(1, 2)
