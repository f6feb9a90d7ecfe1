"""Wrong answers to `projection(a, b)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Projects b onto a instead of a onto b",
    hint="The shadow lies on `b`: your result should be a multiple of `b`, and yours is one of `a`.",
    fails=("projection_values", "projection_gradients"),
)
def onto_a(a, b):
    return (a * b).sum(-1, keepdim=True) / (a * a).sum(-1, keepdim=True) * a


@wrong(
    "Gives the length of the shadow instead of the shadow",
    hint="The dot product over the length of `b` is how long the shadow is. What points along `b`, with that length?",
    fails=("projection_values", "projection_gradients"),
)
def length_alone(a, b):
    return (a * b).sum(-1) / torch.linalg.vector_norm(b, dim=-1)


@wrong(
    "Divides by the length of b once, where its square belongs",
    hint="Take `b` twice as long: the shadow stays the same, and yours doubles. One length of `b` is in the dot product, another in `b` itself.",
    fails=("projection_values", "projection_gradients"),
)
def divides_once(a, b):
    return (a * b).sum(-1, keepdim=True) / torch.linalg.vector_norm(b, dim=-1, keepdim=True) * b


@wrong(
    "Doesn't divide by anything",
    hint="Take `b` twice as long: the shadow stays the same, and yours gets four times as long.",
    fails=("projection_values", "projection_gradients"),
)
def not_divided(a, b):
    return (a * b).sum(-1, keepdim=True) * b


@wrong(
    "Takes one dot product for the whole batch",
    hint="`.sum()` without a dimension adds up everything. Each pair of vectors has a dot product of its own, along the last dimension.",
    fails=("projection_values", "projection_gradients"),
)
def one_for_all(a, b):
    return (a * b).sum() / (b * b).sum() * b


@wrong(
    "Sums without keepdim, so that the factors meet the wrong dimension",
    hint="The factors are `(...)` and `b` is `(..., D)`. With `keepdim=True` each factor meets its own vector.",
    fails=("projection_values", "projection_gradients"),
)
def without_keepdim(a, b):
    return (a * b).sum(-1) / (b * b).sum(-1) * b


@wrong(
    "Gives what is left of a beside the shadow",
    hint="That is the part at a right angle to `b`: together with the shadow it makes `a`.",
    fails=("projection_values", "projection_gradients"),
)
def the_rest(a, b):
    return a - (a * b).sum(-1, keepdim=True) / (b * b).sum(-1, keepdim=True) * b


@wrong(
    "Handles two dimensions at most",
    hint="`...` stands for any number of dimensions. Count from the end: the last one is -1, however many there are.",
    fails="projection_values",
)
def two_dimensions_at_most(a, b):
    dim = 0 if a.dim() == 1 else 1
    return (a * b).sum(dim, keepdim=True) / (b * b).sum(dim, keepdim=True) * b


@wrong(
    "Cuts the result off from its arguments",
    hint="Leave `detach` and `no_grad` out: gradients flow from the shadow to both vectors.",
    fails="projection_gradients",
)
def detached(a, b):
    return (a.detach() * b.detach()).sum(-1, keepdim=True) / (b.detach() * b.detach()).sum(-1, keepdim=True) * b.detach()


@wrong(
    "Brings b to length 1 in place",
    hint="Afterwards the caller's `b` has length 1: `b /= ...` changes the tensor itself. `b = b / ...` makes a new one.",
    fails=("projection_values", "projection_gradients"),
)
def in_place(a, b):
    b /= torch.linalg.vector_norm(b, dim=-1, keepdim=True)
    return (a * b).sum(-1, keepdim=True) * b


@wrong(
    "Remembers the squared length of a vector that it has seen",
    hint="You keep the squared length of `b` and take the same tensor for the same numbers. Its numbers may have changed since. Compute it anew in each call.",
    fails="projection_values",
)
def remembers_the_length(a, b, seen={}):
    if b not in seen:
        seen[b] = (b * b).sum(-1, keepdim=True)
    return (a * b).sum(-1, keepdim=True) / seen[b] * b


@wrong(
    "Multiplies b by the cosine",
    hint="The cosine says nothing of how long `a` is, and your result is as long as `b` at most. Divide the dot product by the square of the length of `b`.",
    fails=("projection_values", "projection_gradients"),
)
def cosine_times_b(a, b):
    cosine = (a * b).sum(-1, keepdim=True) / (a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True))
    return torch.where(a.norm(dim=-1, keepdim=True) > 0, cosine, 0) * b


@wrong(
    "Adds something small to the square of the length of b",
    hint="`b` is never a zero vector here, and of a short one the square is as small as what you add: entries of 0.0001 have a square of 0.00000001.",
    fails="projection_values",
)
def eps_below(a, b):
    return (a * b).sum(-1, keepdim=True) / ((b * b).sum(-1, keepdim=True) + 1e-8) * b


@wrong(
    "Keeps the shadow within b",
    hint="Your factor stays between 0 and 1, so the shadow ends at the tip of `b`, and nothing is left of an `a` that points the other way. It may be any multiple of `b`: longer, or backwards.",
    fails=("projection_values", "projection_gradients"),
)
def within_b(a, b):
    factor = (a * b).sum(-1, keepdim=True) / (b * b).sum(-1, keepdim=True)
    return factor.clamp(0, 1) * b


@wrong(
    "Computes the length without a gradient",
    hint="The values are right. But the length is cut off from `b`, as by `no_grad`, `detach` or `.item()`, so it counts as a constant, and part of b's gradient is missing. A length depends on the numbers, too.",
    fails="projection_gradients",
)
def a_length_without_gradient(a, b):
    with torch.no_grad():
        length = torch.linalg.vector_norm(b, dim=-1, keepdim=True)
    direction = b / length
    return (a * direction).sum(dim=-1, keepdim=True) * direction


@wrong(
    "Gives the number that multiplies b, and not the vector",
    hint="This says how many times `b` fits into the shadow. The shadow is a vector: that number times `b`.",
    fails=("projection_values", "projection_gradients"),
)
def factor_alone(a, b):
    return (a * b).sum(-1) / (b * b).sum(-1)
