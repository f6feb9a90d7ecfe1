"""Wrong answers to `distance(a, b)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Leaves out the square root",
    hint="Those are squares. How far is it from 0 to 3 on a line?",
    fails="distance_values",
)
def squared(a, b):
    return (a - b).square().sum(-1)


@wrong(
    "Adds up the differences' sizes",
    hint="So a taxi drives, along the axes. The straight line is shorter.",
    fails="distance_values",
)
def taxi(a, b):
    return (a - b).abs().sum(-1)


@wrong(
    "Takes the largest difference",
    hint="Only one axis counts in your distance. All of them should.",
    fails="distance_values",
)
def largest(a, b):
    return (a - b).abs().amax(-1)


@wrong(
    "Gives one number for the whole batch",
    hint="`norm` without `dim` takes the tensor for one long vector. Which axis holds the numbers of a vector?",
    fails="distance_values",
)
def of_everything(a, b):
    return torch.linalg.vector_norm(a - b)


@wrong(
    "Sums over the first axis",
    hint="The vectors lie along the last axis, however many there are before it.",
    fails="distance_values",
)
def first_axis(a, b):
    return (a - b).square().sum(0).sqrt()


@wrong(
    "Takes axis 1 for the last",
    hint="That works for a batch of vectors, and for nothing else. Which number is the last axis, however many there are?",
    fails="distance_values",
)
def axis_1(a, b):
    return (a - b).square().sum(1).sqrt()


@wrong(
    "Averages the squares",
    hint="A mean divides by the number of axes, so that your distance depends on it. Pythagoras only adds.",
    fails="distance_values",
)
def mean_of_squares(a, b):
    return (a - b).square().mean(-1).sqrt()


@wrong(
    "Keeps the last axis",
    hint="The result has one number for each pair of vectors. What does `keepdim` do?",
    fails="distance_values",
)
def keeps_the_axis(a, b):
    return (a - b).square().sum(-1, keepdim=True).sqrt()


@wrong(
    "Compares the lengths",
    hint="Two arrows may be equally long and point apart. Subtract the vectors before you measure a length.",
    fails="distance_values",
)
def of_lengths(a, b):
    return (a.norm(dim=-1) - b.norm(dim=-1)).abs()


@wrong(
    "Cuts the result off from its arguments",
    hint="The numbers are right, but no gradient flows back through `detach()`, `.data` or `no_grad`.",
    fails="distance_gradients",
)
def detached(a, b):
    return (a - b).detach().square().sum(-1).sqrt()
