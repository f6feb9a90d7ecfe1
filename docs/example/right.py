"""Right answers to `distance(a, b)`."""

import torch

from proctor.answers import right


@right
def pythagoras(a, b):
    return ((a - b) ** 2).sum(dim=-1) ** 0.5


@right
def norm(a, b):
    return torch.linalg.vector_norm(a - b, dim=-1)


@right
def method(a, b):
    return (b - a).norm(dim=-1)


@right
def dot_product(a, b):
    difference = a - b
    return torch.sqrt((difference * difference).sum(-1))


@right
def one_by_one(a, b):
    if a.dim() == 1:
        return sum((x - y) ** 2 for x, y in zip(a, b)).sqrt()
    return torch.stack([one_by_one(x, y) for x, y in zip(a, b)])
