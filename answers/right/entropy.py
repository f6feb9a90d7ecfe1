"""Right answers to `entropy(p)`, written otherwise."""

import torch

from proctor.answers import right


@right
def by_cross_entropy_between(p):
    return cross_entropy_between(p, p)


@right
def by_xlogy(p):
    return -torch.xlogy(p, p).sum(dim=-1)


@right
def by_entr(p):
    return torch.special.entr(p).sum(-1)
