"""Broken answers for your examples to catch; each is a known wrong answer of the course."""

import torch


def length_of_everything(a, b):
    """Takes the length of the whole tensor."""
    return (a * b).sum(-1) / (a.norm() * b.norm()).clamp(min=1e-8)


def divides_by_a_only(a, b):
    """Divides by the length of the first vector only."""
    return (a * b).sum(-1) / a.norm(dim=-1).clamp(min=1e-8)


def adds_to_the_product(a, b):
    """Adds a small number to the denominator."""
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1) + 1e-8)


def zero_in_a_only(a, b):
    """Looks only at the first vector for zeros."""
    lengths_a = a.norm(dim=-1)
    lengths_a = torch.where(lengths_a == 0, 1, lengths_a)
    return (a * b).sum(-1) / (lengths_a * b.norm(dim=-1))


def axes_of_a(a, b):
    """Counts the dimensions of the first vector only."""
    dim = a.dim() - 1
    return (a * b).sum(dim) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)


def zero_by_its_sum(a, b):
    """Takes a sum of zero for a zero vector."""
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    cosine = (a * b).sum(-1) / lengths.masked_fill(lengths == 0, 1)
    return torch.where((a.sum(-1) == 0) | (b.sum(-1) == 0), torch.zeros_like(cosine), cosine)


COSINE_SIMILARITY = [
    length_of_everything,
    divides_by_a_only,
    adds_to_the_product,
    zero_in_a_only,
    axes_of_a,
    zero_by_its_sum,
]
