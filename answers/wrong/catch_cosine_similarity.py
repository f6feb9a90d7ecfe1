"""Examples that don't catch enough wrong cosine similarities, or aren't fair."""

import torch

from proctor.answers import wrong


@wrong(
    "One example only, a batch of ordinary pairs",
    hint="Which rules does your example never touch? A zero vector on either side, very short vectors, one against many, float64: each is a mistake that somebody made.",
    fails=("catch_cosine_similarity_many", "catch_cosine_similarity_most"),
)
def one_example():
    return [{"a": torch.tensor([[3.0, 4.0], [1.0, 2.0]]), "b": torch.tensor([[4.0, 0.0], [-2.0, -4.0]])}]


@wrong(
    "No zero vectors",
    hint="A plain formula divides 0 by 0 there, and there are many ways to mend that wrongly. Put a zero vector into `a`, into `b`, into both, in a batch and alone.",
    fails="catch_cosine_similarity_most",
)
def no_zero_vectors():
    return [
        {"a": torch.tensor([[3.0, 4.0], [1.0, 2.0]]), "b": torch.tensor([[4.0, 0.0], [-2.0, 1.0]])},
        {"a": torch.tensor([3.0, 4.0], dtype=torch.float64), "b": torch.tensor([-1.0, 7.0], dtype=torch.float64)},
        {"a": torch.tensor([[1e-4, 2e-4]]), "b": torch.tensor([[3e-4, -1e-4]])},
        {"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([[1.0, 2.0], [-5.0, 1.0]])},
    ]


@wrong(
    "Shapes that don't broadcast",
    hint="There even a right answer raises an error. Line the shapes up from the right: in each dimension they agree, or one of them is 1.",
    fails=("catch_cosine_similarity_fair", "catch_cosine_similarity_many", "catch_cosine_similarity_most"),
)
def shapes_that_do_not_fit():
    return [{"a": torch.ones(2, 3), "b": torch.ones(3, 2)}]


@wrong(
    "Vectors that are shorter than the rules allow",
    hint="Entries are zero, or 0.0001 at least. Below that right answers differ in what they take for zero.",
    fails=("catch_cosine_similarity_fair", "catch_cosine_similarity_many", "catch_cosine_similarity_most"),
)
def far_too_short():
    return [{"a": torch.tensor([3e-9, 4e-9]), "b": torch.tensor([1e-9, 0.0])}]


@wrong(
    "Two tensors of different dtypes",
    hint="No rule says which of the two dtypes the result has, so right answers differ. Give both the same.",
    fails=("catch_cosine_similarity_fair", "catch_cosine_similarity_many", "catch_cosine_similarity_most"),
)
def two_dtypes():
    return [{"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([1.0, 2.0], dtype=torch.float64)}]


@wrong(
    "Gives the arguments other names",
    hint="The keys of an example are the names of the arguments, `a` and `b`.",
    fails=("catch_cosine_similarity_fair", "catch_cosine_similarity_many", "catch_cosine_similarity_most"),
)
def other_names():
    return [{"x": torch.tensor([3.0, 4.0]), "y": torch.tensor([1.0, 2.0])}]


@wrong(
    "Catches most, but leaves out what is rare",
    hint="Nearly. Look for what only short vectors, or a zero vector that is alone, would show.",
    fails="catch_cosine_similarity_most",
)
def nothing_rare():
    return [
        {"a": torch.tensor([[3.0, 4.0], [1.0, -1.0]]), "b": torch.tensor([[4.0, 0.0], [3.0, 1.0]])},
        {"a": torch.tensor([3.0, 4.0], dtype=torch.float64), "b": torch.tensor([-1.0, 7.0], dtype=torch.float64)},
        {"a": torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]), "b": torch.tensor([[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]])},
        {"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([[[0.0, 0.0], [1.0, 2.0], [-5.0, 1.0]]])},
        {"a": torch.tensor([[3.0, 4.0], [1.0, 2.0]]), "b": torch.tensor([1.0, -2.0])},
    ]


@wrong(
    "More than eight examples",
    hint="Each of eight can do a lot: give it several rows that go wrong in different ways.",
    fails=("catch_cosine_similarity_fair", "catch_cosine_similarity_many", "catch_cosine_similarity_most"),
)
def nine():
    return [{"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([1.0, float(n)])} for n in range(9)]


@wrong(
    "One example with a number above 10,000",
    hint="Outside the rules a right answer may return anything, so that such an example catches nothing. The visible check names it.",
    fails="catch_cosine_similarity_fair",
)
def one_too_large():
    square = torch.tensor([[3.0, 4.0, 1.0], [1.0, -1.0, 0.0], [-2.0, 0.5, 1.0]])
    zeros = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0], [1.0, 2.0]])
    return [
        {"a": square, "b": torch.tensor([[4.0, 0.0, 2.0], [3.0, 1.0, 0.0], [2.0, -0.5, -1.0]])},
        {"a": torch.tensor([3.0, 4.0], dtype=torch.float64), "b": torch.tensor([-1.0, 7.0], dtype=torch.float64)},
        {"a": zeros, "b": torch.tensor([[1.0, 2.0]])},
        {"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([[[0.0, 0.0], [1.0, 2.0], [-5.0, 1.0]]])},
        {"a": torch.tensor([[1e-4, 2e-4], [3e3, 0.0]]), "b": torch.tensor([[3e-4, -1e-4], [1e-4, 1e-4]])},
        {"a": torch.zeros(2, dtype=torch.float64), "b": torch.zeros(2, dtype=torch.float64)},
        {"a": torch.tensor([1e5, 0.0]), "b": torch.tensor([3.0, 4.0])},
    ]
