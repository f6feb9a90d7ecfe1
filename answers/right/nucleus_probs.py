"""Right answers to `nucleus_probs(logits, p)`, written otherwise."""

import math

import torch
import torch.nn.functional as F

from proctor.answers import right


@right
def shifted(logits, p):
    if p <= 0 or p > 1:
        raise ValueError("p")
    probs, order = F.softmax(logits, -1).sort(-1, descending=True)
    reached = probs.cumsum(-1) >= p
    drop = torch.cat([torch.zeros_like(reached[..., :1]), reached[..., :-1]], -1)
    drop = torch.zeros_like(drop).scatter(-1, order, drop)
    return logits.masked_fill(drop, -math.inf).softmax(-1)


@right
def by_rank(logits, p):
    if not 0 < p <= 1:
        raise ValueError(f"p = {p}")
    probs = logits.softmax(-1)
    order = probs.argsort(-1, descending=True)
    sums = probs.gather(-1, order).cumsum(-1)
    many = (sums < p).sum(-1, keepdim=True) + 1
    kept = probs * (order.argsort(-1) < many)
    return kept / kept.sum(-1, keepdim=True)


@right
def row_by_row(logits, p):
    if not (p > 0 and p <= 1):
        raise ValueError
    rows = []
    for row in logits.softmax(-1).reshape(-1, logits.shape[-1]):
        keep, total = torch.zeros_like(row), 0.0
        for place in row.argsort(descending=True).tolist():
            keep[place] = 1
            total += row[place].item()
            if total >= p:
                break
        rows.append(row * keep / (row * keep).sum())
    return torch.stack(rows).reshape(logits.shape)


@right
def who_is_likelier(logits, p):
    if p > 1 or p <= 0:
        raise ValueError("0 < p <= 1")
    probs = torch.softmax(logits, dim=-1)
    likelier = (probs[..., None, :] > probs[..., :, None]).to(probs.dtype)
    before = (likelier * probs[..., None, :]).sum(-1)
    return F.normalize(torch.where(before < p, probs, 0.0), p=1, dim=-1)
