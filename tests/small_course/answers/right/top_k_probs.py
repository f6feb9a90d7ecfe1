"""Right answers to `top_k_probs(logits, k)`, written otherwise."""

import math

import torch

from proctor.answers import right


@right
def by_threshold(logits, k):
    if k < 1 or k > logits.shape[-1]:
        raise ValueError("k is out of range")
    return softmax(logits.masked_fill(logits < logits.topk(k, -1).values[..., -1:], -math.inf), -1)


@right
def scattered(logits, k):
    if not 0 < k <= logits.size(-1):
        raise ValueError("k is out of range")
    values, indices = logits.topk(k, dim=-1)
    return torch.zeros_like(logits).scatter(-1, indices, softmax(values, -1))


@right
def by_sorting(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k is out of range")
    rank = logits.argsort(-1, descending=True).argsort(-1)
    return softmax(torch.where(rank < k, logits, torch.full_like(logits, -math.inf)), -1)
