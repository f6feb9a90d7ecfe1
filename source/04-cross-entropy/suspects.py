"""Broken answers for your examples to catch; each is a known wrong answer of the course."""

import torch


def softmax_before(logits, targets):
    """Applies softmax before the loss, which applies it again."""
    probs = torch.softmax(logits, dim=-1)
    right = probs.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(probs, dim=-1) - right).mean()


def over_time(logits, targets):
    """Normalises over dimension 1, which is time."""
    logs = logits - torch.logsumexp(logits, dim=1, keepdim=True)
    return -logs.gather(-1, targets.unsqueeze(-1)).mean()


def mean_of_means(logits, targets):
    """Averages first within each target id, then over the ids."""
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    losses = torch.logsumexp(logits, dim=-1) - right
    return torch.stack([losses[targets == token].mean() for token in targets.unique()]).mean()


def no_single_token(logits, targets):
    """Needs at least one leading dimension."""
    rows, ids = logits.flatten(0, -2), targets.flatten()
    return (torch.logsumexp(rows, dim=-1) - rows[torch.arange(len(ids)), ids]).mean()


def adds_epsilon(logits, targets):
    """Adds a small number to the probabilities before the log."""
    probs = torch.softmax(logits, dim=-1)
    right = probs.gather(-1, targets.unsqueeze(-1))
    return -torch.log(right + 1e-9).mean()


def maximum_of_the_batch(logits, targets):
    """Subtracts the largest logit of the whole batch."""
    shifted = logits - logits.max()
    right = shifted.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (shifted.exp().sum(dim=-1).log() - right).mean()


CROSS_ENTROPY = [
    softmax_before,
    over_time,
    mean_of_means,
    no_single_token,
    adds_epsilon,
    maximum_of_the_batch,
]
