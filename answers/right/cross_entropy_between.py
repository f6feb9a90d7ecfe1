"""Right answers to `cross_entropy_between(p, q)`, written otherwise."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def where_on_the_product(p, q):
    """Drops the terms with p = 0 after multiplying."""
    return -torch.where(p > 0, p * torch.log(q), torch.zeros_like(p)).sum(-1)


@right
def where_on_q(p, q):
    """Puts 1 in the place of every q that doesn't count, whose log is 0."""
    return -(p * torch.where(p == 0, torch.ones_like(q), q).log()).sum(dim=-1)


@right
def masked_filled(p, q):
    """masked_fill makes a new tensor."""
    return (p * -q.masked_fill(p == 0, 1.0).log()).sum(dim=-1)


@right
def nan_sum(p, q):
    """nansum counts nan as 0 and keeps infinities."""
    return -torch.nansum(p * q.log(), dim=-1)


@right
def nan_to_num_with_infinities(p, q):
    """nan_to_num that is told to leave infinities alone."""
    return -torch.nan_to_num(p * q.log(), nan=0.0, posinf=math.inf, neginf=-math.inf).sum(dim=-1)


@right
def einsum_of_logs(p, q):
    """einsum over the last dimension."""
    logs = torch.where(p > 0, q, 1.0).log()
    return -torch.einsum("...v,...v->...", p, logs)


@right
def row_by_row(p, q):
    """A Python loop over rows, each of them masked."""
    rows_p, rows_q = p.reshape(-1, p.shape[-1]), q.reshape(-1, q.shape[-1])
    losses = []
    for a, b in zip(rows_p, rows_q):
        happens = a > 0
        losses.append(-(a[happens] * b[happens].log()).sum())
    return torch.stack(losses).reshape(p.shape[:-1])


@right
def entropy_plus_divergence(p, q):
    """The entropy of p and what the wrong belief costs on top."""
    entropy = torch.special.entr(p).sum(dim=-1)
    divergence = torch.where(p > 0, p * (p / q).log(), 0.0).sum(dim=-1)
    return entropy + divergence


@right
def matmul_of_one_row(p, q):
    """A batched row-times-column product."""
    logs = torch.where(p > 0, q, 1.0).log()
    return -(p.unsqueeze(-2) @ logs.unsqueeze(-1)).squeeze(-1).squeeze(-1)


@right
def vectorised_map(p, q):
    """One row's formula, mapped over the others."""

    def one(a, b):
        return -torch.xlogy(a, b).sum()

    if p.dim() == 1:
        return one(p, q)
    flat = torch.vmap(one)(p.reshape(-1, p.shape[-1]), q.reshape(-1, q.shape[-1]))
    return flat.reshape(p.shape[:-1])


@right
def unbound(p, q):
    """A Python sum over the outcomes, in place on a fresh tensor."""
    total = torch.zeros_like(p[..., 0])
    for a, b in zip(p.unbind(-1), q.unbind(-1)):
        total -= torch.xlogy(a, b)
    return total


@right
def from_the_end(p, q):
    """Sums a cumulative sum's last entry, from the last outcome to the first."""
    return -torch.xlogy(p, q).flip(-1).cumsum(-1)[..., -1]


@right
def in_bits_and_back(p, q):
    """Base 2, and a where on both sides of the log."""
    bits = torch.where(p > 0, p * torch.where(p > 0, q, 1.0).log2(), 0.0)
    return bits.sum(-1) * -math.log(2)


@right
def logs_of_p_first(p, q):
    """The log of the ratio and the log of p, term by term."""
    safe = torch.where(p > 0, p, 1.0)
    ratio = torch.where(p > 0, q / safe, 1.0)
    return -(p * (ratio.log() + safe.log())).sum(dim=-1)
