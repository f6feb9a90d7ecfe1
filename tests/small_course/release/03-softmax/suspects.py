"""Broken answers for your examples to catch; each is a known wrong answer of the course."""

import torch


def over_the_last_dimension(x, dim):
    """Normalises over the last dimension, whatever dim says."""
    exps = torch.exp(x - x.amax(-1, keepdim=True))
    return exps / exps.sum(-1, keepdim=True)


def over_everything(x, dim):
    """Shares out over the whole tensor instead of along dim."""
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum()


def sum_without_keepdim(x, dim):
    """Sums without keepdim, so the sums meet the wrong dimension."""
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim)


def always_float32(x, dim):
    """Computes and returns float32, whatever went in."""
    x = x.float()
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


def global_maximum(x, dim):
    """Subtracts the maximum of the whole tensor."""
    exps = torch.exp(x - x.max())
    return exps / exps.sum(dim, keepdim=True)


def infinity_becomes_0(x, dim):
    """Takes -inf for a logit of 0."""
    x = x.masked_fill(x.isinf(), 0.0)
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


SOFTMAX = [
    over_the_last_dimension,
    over_everything,
    sum_without_keepdim,
    always_float32,
    global_maximum,
    infinity_becomes_0,
]
