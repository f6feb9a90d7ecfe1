"""Right answers to `next_token_probs(logits)`, written otherwise."""

import torch

from proctor.answers import right


@right
def softmax_first(logits):
    """Softmax over all positions, then the last one."""
    return softmax(logits, dim=2)[:, -1, :]


@right
def with_temperature_1(logits):
    """The function for a temperature, at 1."""
    return softmax_with_temperature(logits[:, -1], 1.0)


@right
def from_scratch(logits):
    """Without the earlier exercises; the position by its number."""
    last = logits[:, logits.size(1) - 1]
    exps = torch.exp(last - last.max(dim=1, keepdim=True).values)
    return exps / exps.sum(dim=1, keepdim=True)


@right
def with_index_select(logits):
    """The last position by index_select, then squeeze of that dimension."""
    last = logits.index_select(1, torch.tensor([logits.shape[1] - 1]))
    return softmax(last, dim=-1).squeeze(1)


@right
def with_one_hot(logits):
    """Picks the last position by a weighted sum."""
    position = torch.zeros(logits.shape[1], dtype=logits.dtype)
    position[-1] = 1
    return softmax(torch.einsum("btv,t->bv", logits, position), -1)


@right
def row_by_row(logits):
    """A loop over sequences."""
    return torch.stack([softmax(sequence[-1], dim=0) for sequence in logits])


@right
def unbound(logits):
    """The last of the unbound positions, through logsumexp."""
    *_, last = logits.unbind(dim=1)
    return (last - last.logsumexp(dim=-1, keepdim=True)).exp()


@right
def in_float64(logits):
    """Works in float64 and comes back."""
    return softmax(logits[:, -1].double(), dim=-1).to(logits.dtype)


@right
def gradient_of_logsumexp(logits):
    """The gradient of the last position's logsumexp."""
    return torch.func.grad(lambda z: torch.logsumexp(z, -1).sum())(logits.select(1, -1))


@right
def flipped(logits):
    """Turns the positions round and takes the first."""
    return softmax(logits.flip(1)[:, 0], 1)
