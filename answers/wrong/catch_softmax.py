"""Examples that don't catch enough wrong softmaxes, or aren't fair."""

import math

import torch

from proctor.answers import wrong


@wrong(
    "One example only",
    hint="Which rules does your example never touch? Another `dim`, huge logits, `-inf`, float64: each is a mistake that somebody made.",
    fails=("catch_softmax_many", "catch_softmax_most"),
)
def one_example():
    return [{"x": torch.arange(24.0).reshape(2, 3, 4), "dim": 1}]


@wrong(
    "No logits that are large",
    hint="The exponential of 1000 overflows, and that of -1000 is 0: what does a plain formula make of it?",
    fails=("catch_softmax_many", "catch_softmax_most"),
)
def small_logits():
    return [
        {"x": torch.tensor([[2.0, 1.0, 0.1], [0.0, -3.0, 1.0]]), "dim": 0},
        {"x": torch.tensor([[2.0, -1.0, 0.1], [0.0, 3.0, 1.0]], dtype=torch.float64), "dim": 1},
    ]


@wrong(
    "Examples in which a whole slice is -inf",
    hint="With nothing to share out even a right answer gives nan, so that such an example says nothing. Leave each slice a finite entry.",
    fails=("catch_softmax_fair", "catch_softmax_many", "catch_softmax_most"),
)
def a_slice_of_infinities():
    return [{"x": torch.tensor([[1.0, 2.0], [-math.inf, -math.inf]]), "dim": 1}]


@wrong(
    "A dim that the tensor doesn't have",
    hint="There even a right answer raises an error. `dim` goes from `-x.dim()` to `x.dim() - 1`.",
    fails=("catch_softmax_fair", "catch_softmax_many", "catch_softmax_most"),
)
def no_such_dim():
    return [{"x": torch.tensor([1.0, 2.0]), "dim": 1}]


@wrong(
    "Gives the arguments other names",
    hint="The keys of an example are the names of the arguments, `x` and `dim`.",
    fails=("catch_softmax_fair", "catch_softmax_many", "catch_softmax_most"),
)
def other_names():
    return [{"logits": torch.tensor([1.0, 2.0]), "dim": 0}]


@wrong(
    "Catches most, but leaves out what is rare",
    hint="Nearly. Look for what only an entry of `-inf`, or one slice far above another, would show.",
    fails="catch_softmax_most",
)
def nothing_rare():
    return [
        {"x": torch.tensor([[2.0, 1.0, 0.1], [0.0, -3.0, 1.0]]), "dim": 0},
        {"x": torch.tensor([[2.0, -1.0, 0.1], [0.0, 3.0, 1.0]], dtype=torch.float64), "dim": 1},
        {"x": torch.tensor([[1000.0, 999.0, 0.0], [-1000.0, -1001.0, -1002.0]]), "dim": -1},
        {"x": torch.tensor([[0.0, 0.0, 0.0, 0.0]]), "dim": 0},
    ]


@wrong(
    "More than eight examples",
    hint="Each of eight can do a lot: give it several rows that go wrong in different ways.",
    fails=("catch_softmax_fair", "catch_softmax_many", "catch_softmax_most"),
)
def nine():
    return [{"x": torch.tensor([1.0, float(n)]), "dim": 0} for n in range(9)]


@wrong(
    "One example with a number above 10,000",
    hint="Outside the rules a right answer may return anything, so that such an example catches nothing. The visible check names it.",
    fails="catch_softmax_fair",
)
def one_too_large():
    return [
        {"x": torch.tensor([[2.0, 1.0, 0.1], [0.0, -3.0, 1.0]]), "dim": 0},
        {"x": torch.tensor([[[1.0, 2.0, 0.1], [3.0, -5.0, 0.0]]], dtype=torch.float64).mT, "dim": 1},
        {"x": torch.tensor([[1000.0, 999.0, -1000.0], [-1000.0, -1001.0, -math.inf]]), "dim": -1},
        {"x": torch.tensor([[9000.0, 0.0], [3.0, 2.0], [-9000.0, -9001.0]]), "dim": 1},
        {"x": torch.zeros(1, 4), "dim": 0},
        {"x": torch.arange(24.0).reshape(2, 3, 4) % 7, "dim": -2},
        {"x": torch.tensor([1e5, 0.0]), "dim": 0},
    ]
