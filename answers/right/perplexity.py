"""Right answers to `perplexity(logits, targets)`, written otherwise."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def power_of_e(logits, targets):
    """The loss as an exponent."""
    return math.e ** cross_entropy(logits, targets)


@right
def by_keywords(logits, targets):
    """Calls its own loss by keyword, and the method exp."""
    return cross_entropy(logits=logits, targets=targets).exp()


@right
def from_scratch(logits, targets):
    """Without the earlier exercise."""
    logs = logits - logits.logsumexp(dim=-1, keepdim=True)
    return (-logs.gather(-1, targets.unsqueeze(-1)).mean()).exp()


@right
def geometric_mean(logits, targets):
    """The product of the tokens' inverse probabilities, each to the power of 1 / N."""
    right_logs = logits.gather(-1, targets[..., None]).squeeze(-1) - logits.logsumexp(-1)
    return torch.prod(torch.exp(-right_logs.reshape(-1) / targets.numel()), dim=0)


@right
def in_bits(logits, targets):
    """2 to the power of a loss in bits."""
    return 2 ** (cross_entropy(logits, targets) / math.log(2))


@right
def one_over(logits, targets):
    """One over the geometric mean of the probabilities."""
    return 1 / torch.exp(-cross_entropy(logits, targets))


@right
def categorical(logits, targets):
    """Log-probabilities of torch's categorical distribution."""
    logs = torch.distributions.Categorical(logits=logits).log_prob(targets)
    return torch.exp(-logs.mean())


@right
def token_by_token(logits, targets):
    """A Python loop over tokens that calls its own loss on each."""
    rows, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return torch.stack([cross_entropy(row, i) for row, i in zip(rows, ids)]).mean().exp()


@right
def running_product(logits, targets):
    """Multiplies one token's root after the other, in the logits' dtype."""
    rows, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1).tolist()
    result = torch.ones((), dtype=logits.dtype)
    for row, i in zip(rows, ids):
        result = result * ((row.logsumexp(0) - row[i]) / len(ids)).exp()
    return result


@right
def expm1_and_one(logits, targets):
    """One more than expm1."""
    return torch.expm1(cross_entropy(logits, targets)) + 1
