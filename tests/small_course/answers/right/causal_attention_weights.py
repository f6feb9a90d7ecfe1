"""Right answers to `causal_attention_weights(scores)`, written otherwise."""

import math

import torch

from proctor.answers import right


@right
def row_by_row(scores):
    """Softmax over a growing slice, padded with zeros."""
    T = scores.shape[-1]
    rows = []
    for t in range(T):
        weights = softmax(scores[..., t, : t + 1], dim=-1)
        rows.append(torch.cat([weights, torch.zeros_like(scores[..., t, t + 1 :])], dim=-1))
    return torch.stack(rows, dim=-2)


@right
def written_into_zeros(scores):
    """Assigns each row's slice in a tensor of zeros."""
    weights = torch.zeros_like(scores)
    for t in range(scores.shape[-1]):
        weights[..., t, : t + 1] = softmax(scores[..., t, : t + 1], dim=-1)
    return weights


@right
def mask_from_positions(scores):
    """Compares positions by broadcasting and chooses with where."""
    positions = torch.arange(scores.size(-1))
    allowed = positions[None, :] <= positions[:, None]
    return softmax(torch.where(allowed, scores, -torch.inf), dim=-1)


@right
def filled_with_minus_1e9(scores):
    """-1e9 is below every score by enough to give exactly 0."""
    T = scores.shape[-1]
    mask = torch.tril(torch.ones(T, T))
    return softmax(scores.masked_fill(mask == 0, -1e9), dim=-1)


@right
def adds_minus_1e9(scores):
    """An additive mask of zeros and -1e9."""
    T = scores.shape[-1]
    return softmax(scores + torch.full((T, T), -1e9, dtype=scores.dtype).triu(1), dim=-1)


@right
def adds_minus_infinity(scores):
    """An additive mask of zeros and -inf."""
    T = scores.shape[-1]
    return softmax(scores + torch.full((T, T), -math.inf, dtype=scores.dtype).triu(diagonal=1), dim=-1)


@right
def smallest_finite_number(scores):
    """The smallest number of the dtype in place of -inf."""
    T = scores.shape[-1]
    future = torch.triu(torch.ones(T, T, dtype=torch.bool), diagonal=1)
    return softmax(scores.masked_fill(future, torch.finfo(scores.dtype).min), dim=-1)


@right
def from_scratch(scores):
    """Without the earlier exercises: the maximum over what is allowed, and the mask before exp."""
    T = scores.shape[-1]
    future = torch.ones(T, T).triu(1).bool()
    masked = scores.masked_fill(future, -math.inf)
    exps = (masked - masked.amax(-1, keepdim=True)).exp()
    return exps / exps.sum(-1, keepdim=True)


@right
def through_logsumexp(scores):
    """Log weights by cumulative logsumexp along each row: the diagonal of it is each row's own sum."""
    T = scores.shape[-1]
    past = scores.masked_fill(torch.ones(T, T, dtype=torch.bool).triu(1), -math.inf)
    return torch.exp(past - torch.logsumexp(past, dim=-1, keepdim=True))


@right
def masked_twice(scores):
    """Zeroes the future once more after the softmax, which changes nothing."""
    T = scores.shape[-1]
    allowed = torch.ones(T, T, dtype=scores.dtype).tril()
    weights = softmax(scores.masked_fill(allowed == 0, -math.inf), dim=-1) * allowed
    return weights / weights.sum(dim=-1, keepdim=True)


@right
def in_place_on_a_copy(scores):
    """Index assignment on its own copy."""
    masked = scores.clone()
    rows, columns = torch.triu_indices(scores.shape[-1], scores.shape[-1], offset=1)
    masked[..., rows, columns] = float("-inf")
    return softmax(masked, dim=-1)


@right
def columns_transposed(scores):
    """Works on the transposed tensor and turns it back."""
    turned = scores.transpose(-2, -1)
    future = torch.ones_like(turned, dtype=torch.bool).tril(-1)
    return softmax(turned.masked_fill(future, -torch.inf), dim=-2).transpose(-2, -1)


@right
def one_matrix_mapped(scores):
    """Written for one (T, T) tensor, mapped over the leading dimensions."""
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)

    def one(matrix):
        return softmax(matrix.masked_fill(future, -math.inf), 1)

    return torch.func.vmap(one)(scores.reshape(-1, T, T)).reshape(scores.shape)


@right
def held_exponent(scores):
    """The future is held at 0 before exp and multiplied away after it."""
    T = scores.shape[-1]
    allowed = torch.ones(T, T, dtype=scores.dtype).tril()
    largest = scores.masked_fill(allowed == 0, -math.inf).amax(-1, keepdim=True).detach()
    exps = torch.exp((scores - largest).masked_fill(allowed == 0, 0)) * allowed
    return exps / exps.sum(-1, keepdim=True)


@right
def in_float64(scores):
    """Works in float64 and comes back."""
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return softmax(scores.double().masked_fill(future, -math.inf), dim=-1).to(scores.dtype)


@right
def position_by_position(scores):
    """Adds position after position to a running maximum and a sum that is scaled anew when that grows."""
    T = scores.shape[-1]
    columns = scores.unbind(-1)
    largest = columns[0].detach()
    total = torch.exp(columns[0] - largest)
    for s in range(1, T):
        sees = torch.arange(T) >= s
        larger = torch.where(sees, torch.maximum(largest, columns[s].detach()), largest)
        added = torch.exp(torch.where(sees, columns[s] - larger, -math.inf))
        total = total * torch.exp(largest - larger) + added
        largest = larger
    past = torch.ones(T, T, dtype=torch.bool).tril()
    exps = torch.exp((scores - largest[..., None]).masked_fill(~past, -math.inf))
    return exps / total[..., None]


@right
def rows_of_growing_length(scores):
    """Pads the softmax of each row's own past with zeros."""
    T = scores.shape[-1]
    rows = [softmax(scores[..., t, : t + 1], -1) for t in range(T)]
    return torch.stack([torch.nn.functional.pad(row, (0, T - row.shape[-1])) for row in rows], -2)


@right
def keeps_the_largest_mask(scores, kept=[torch.zeros(0, 0, dtype=torch.bool)]):
    """Keeps a mask of True and False that grows, and cuts out the corner that it needs."""
    T = scores.shape[-1]
    if len(kept[0]) < T:
        kept[0] = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(kept[0][:T, :T], -torch.inf), dim=-1)


@right
def keeps_a_mask_by_size_and_dtype(scores, kept={}):
    """Keeps what depends on nothing but its key."""
    key = scores.shape[-1], scores.dtype
    if key not in kept:
        kept[key] = torch.full((key[0], key[0]), -torch.inf, dtype=scores.dtype).triu(1)
    return softmax(scores + kept[key], dim=-1)
