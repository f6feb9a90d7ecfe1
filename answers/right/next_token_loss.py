"""Right answers to `next_token_loss(logits, tokens)`, written otherwise."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def by_their_own(logits, tokens):
    return cross_entropy(logits[:, :-1], tokens[:, 1:])


@right
def classes_second(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:])


@right
def contiguous_first(logits, tokens):
    vocab_size = logits.size(-1)
    loss_fn = nn.CrossEntropyLoss()
    front, following = logits[:, :-1].contiguous(), tokens[:, 1:].contiguous()
    return loss_fn(front.view(-1, vocab_size), following.view(-1))


@right
def ignored_at_the_end(logits, tokens):
    """Keeps all positions, and marks the last one's target as one to ignore."""
    targets = torch.full_like(tokens, -100)
    targets[:, :-1] = tokens[:, 1:]
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


@right
def position_by_position(logits, tokens):
    losses = [F.cross_entropy(logits[:, t], tokens[:, t + 1]) for t in range(tokens.shape[1] - 1)]
    return torch.stack(losses).mean()


@right
def sequence_by_sequence(logits, tokens):
    return torch.stack([nn.CrossEntropyLoss()(row[:-1], ids[1:]) for row, ids in zip(logits, tokens)]).mean()


@right
def by_log_softmax(logits, tokens):
    logs = torch.log_softmax(logits, dim=-1)[:, :-1]
    return -logs.gather(-1, tokens[:, 1:].unsqueeze(-1)).mean()
