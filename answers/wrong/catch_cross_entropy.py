"""Examples that don't catch enough wrong losses, or aren't fair."""

import torch

from proctor.answers import wrong


@wrong(
    "One example only, of moderate logits",
    hint="Which rules does your example never touch? One single token, a confident wrong answer, rows of very different size, float64: each is a mistake that somebody made.",
    fails=("catch_cross_entropy_many", "catch_cross_entropy_most"),
)
def one_example():
    return [{"logits": torch.tensor([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]]), "targets": torch.tensor([0, 2])}]


@wrong(
    "No logits that are large",
    hint="A confident wrong answer costs its full gap. What does the log of a softmax, or one with 1e-9 added, make of a gap of 200?",
    fails=("catch_cross_entropy_many", "catch_cross_entropy_most"),
)
def small_logits():
    mixed = torch.tensor([[2.0, 1.0, 0.1, 0.0], [0.5, 2.5, 0.3, 1.0], [0.0, -1.0, 3.0, 0.2]])
    return [
        {"logits": torch.stack([mixed, mixed.flip(1)]), "targets": torch.tensor([[0, 2, 2], [1, 3, 2]])},
        {"logits": mixed.double(), "targets": torch.tensor([3, 1, 0])},
    ]


@wrong(
    "A target that is no id of the vocabulary",
    hint="With three logits the ids are 0, 1 and 2. For any other even a right answer raises an error.",
    fails=("catch_cross_entropy_fair", "catch_cross_entropy_many", "catch_cross_entropy_most"),
)
def no_such_id():
    return [{"logits": torch.tensor([[2.0, 1.0, 0.1]]), "targets": torch.tensor([3])}]


@wrong(
    "A negative target, which only PyTorch's own loss passes over",
    hint="-100 is how PyTorch's loss is told to ignore a position. The exercise knows nothing of it: targets are ids from 0 to V - 1.",
    fails=("catch_cross_entropy_fair", "catch_cross_entropy_many", "catch_cross_entropy_most"),
)
def ignored_target():
    return [{"logits": torch.tensor([[2.0, 1.0, 0.1], [0.0, 1.0, 0.0]]), "targets": torch.tensor([0, -100])}]


@wrong(
    "An infinite logit",
    hint="The exercise promises something for finite logits only. For the size of logits, 10000 will do.",
    fails=("catch_cross_entropy_fair", "catch_cross_entropy_many", "catch_cross_entropy_most"),
)
def infinite_logit():
    return [{"logits": torch.tensor([[2.0, float("inf"), 0.1]]), "targets": torch.tensor([0])}]


@wrong(
    "Gives the arguments other names",
    hint="The keys of an example are the names of the arguments, `logits` and `targets`.",
    fails=("catch_cross_entropy_fair", "catch_cross_entropy_many", "catch_cross_entropy_most"),
)
def other_names():
    return [{"x": torch.tensor([[2.0, 1.0, 0.1]]), "y": torch.tensor([0])}]


@wrong(
    "Catches most, but leaves out what is rare",
    hint="Nearly. Look for what only one single token, or rows of very different size, would show.",
    fails="catch_cross_entropy_most",
)
def nothing_rare():
    mixed = torch.tensor([[2.0, 1.0, 0.1, 0.0], [0.5, 2.5, 0.3, 1.0], [0.0, -1.0, 3.0, 0.2]])
    return [
        {"logits": torch.stack([mixed, mixed.flip(1)]), "targets": torch.tensor([[0, 2, 2], [1, 3, 2]])},
        {"logits": mixed.double(), "targets": torch.tensor([3, 1, 0])},
        {"logits": torch.tensor([[0.0, 200.0], [0.0, 200.0]]), "targets": torch.tensor([0, 1])},
        {"logits": torch.zeros(2, 1, 5), "targets": torch.tensor([[4], [0]])},
    ]


@wrong(
    "More than eight examples",
    hint="Each of eight can do a lot: give it several rows that go wrong in different ways.",
    fails=("catch_cross_entropy_fair", "catch_cross_entropy_many", "catch_cross_entropy_most"),
)
def nine():
    return [{"logits": torch.tensor([1.0, float(n)]), "targets": torch.tensor(0)} for n in range(9)]


@wrong(
    "One example with a number above 10,000",
    hint="Outside the rules a right answer may return anything, so that such an example catches nothing. The visible check names it.",
    fails="catch_cross_entropy_fair",
)
def one_too_large():
    mixed = torch.tensor([[2.0, 1.0, 0.1, 0.0], [0.5, 2.5, 0.3, 1.0], [0.0, -1.0, 3.0, 0.2]])
    return [
        {"logits": torch.stack([mixed, mixed.flip(1)]), "targets": torch.tensor([[0, 2, 2], [1, 3, 2]])},
        {"logits": mixed[:2].double(), "targets": torch.tensor([3, 1])},
        {"logits": mixed[0], "targets": torch.tensor(1)},
        {"logits": torch.tensor([[[0.0, 200.0], [9000.0, 0.0]]]), "targets": torch.tensor([[0, 1]])},
        {"logits": torch.tensor([[300.0, 301.0], [-300.0, -301.0]]), "targets": torch.tensor([0, 0])},
        {"logits": torch.zeros(2, 1, 5), "targets": torch.tensor([[4], [0]])},
        {"logits": torch.tensor([[2e4, 0.0]]), "targets": torch.tensor([0])},
    ]
