"""Right answers to `attention_scores(q, k)`."""

import math

import torch
import torch.nn.functional as F

from proctor.answers import right


@right
def width_as_power(q, k):
    """Matmul, then the power of one half."""
    return torch.matmul(q, k.transpose(-1, -2)) / q.size(-1) ** 0.5


@right
def root_of_a_tensor(q, k):
    """The root of the width in float32, whatever the dtype of the vectors."""
    d_k = q.shape[-1]
    return (q @ k.mT) / torch.sqrt(torch.tensor(d_k))


@right
def multiplies_by_the_inverse_root(q, k):
    """One over the root, from a float32 tensor."""
    scale = 1 / torch.tensor(float(k.shape[-1])).sqrt()
    return q @ k.transpose(-2, -1) * scale


@right
def scaled_queries(q, k):
    """Scales the queries before the product."""
    return (q / math.sqrt(q.shape[-1])) @ k.transpose(-2, -1)


@right
def both_scaled(q, k):
    """Half of the scaling each."""
    scale = q.shape[-1] ** -0.25
    return (q * scale) @ (k * scale).transpose(-2, -1)


@right
def with_einsum(q, k):
    """einsum with an ellipsis."""
    return torch.einsum("...qd,...kd->...qk", q, k) * q.shape[-1] ** -0.5


@right
def broadcast_and_sum(q, k):
    """Broadcasting alone."""
    return (q[..., :, None, :] * k[..., None, :, :]).sum(-1).div(math.sqrt(q.shape[-1]))


@right
def flattened_batches(q, k):
    """Flattens the leading dimensions for bmm."""
    *leading, Tq, D = q.shape
    Tk = k.shape[-2]
    flat = torch.bmm(q.reshape(-1, Tq, D), k.reshape(-1, Tk, D).permute(0, 2, 1))
    return (flat / math.sqrt(D)).reshape(*leading, Tq, Tk)


@right
def one_query_at_a_time(q, k):
    """A loop over the queries."""
    rows = [(k * q[..., t : t + 1, :]).sum(-1) for t in range(q.shape[-2])]
    return torch.stack(rows, dim=-2) / math.sqrt(q.shape[-1])


@right
def keys_first(q, k):
    """Every key against every query, then swapped; divides its own result in place."""
    scores = (k @ q.transpose(-2, -1)).swapaxes(-1, -2)
    scores /= math.sqrt(k.shape[-1])
    return scores


@right
def recursive(q, k):
    """Two dimensions are the case to know; everything else is a stack of those."""
    if q.dim() == 2:
        return torch.mm(q, k.t()) / q.shape[1] ** 0.5
    return torch.stack([recursive(one_q, one_k) for one_q, one_k in zip(q, k)])


@right
def keys_as_weights(q, k):
    """A sequence's keys as the weight of a linear layer."""
    if q.dim() > 2:
        return torch.stack([keys_as_weights(q[i], k[i]) for i in range(len(q))])
    return F.linear(q, k) / math.sqrt(q.shape[-1])


@right
def length_of_ones(q, k):
    """The root of the width as the length of a vector of ones."""
    root = torch.linalg.vector_norm(torch.ones(q.shape[-1], dtype=q.dtype))
    return q @ k.transpose(-2, -1) / root


@right
def with_vmap(q, k):
    """vmap over the leading dimensions."""

    def scores(q, k):
        return q @ k.T / math.sqrt(q.shape[-1])

    for _ in range(q.dim() - 2):
        scores = torch.vmap(scores)
    return scores(q, k)


@right
def in_float64(q, k):
    """Works in float64 and comes back."""
    return ((q.double() / math.sqrt(q.shape[-1])) @ k.double().transpose(-2, -1)).to(q.dtype)


@right
def feature_by_feature(q, k):
    """Adds up the outer products of one number of the queries and one of the keys."""
    scores = 0
    for i in range(q.shape[-1]):
        scores = scores + q[..., :, None, i] * k[..., None, :, i]
    return scores / q.shape[-1] ** 0.5


@right
def sorted_before_the_sum(q, k):
    """Adds the products of a score up in the order of their size."""
    products = q.unsqueeze(-2) * k.unsqueeze(-3)
    return products.sort(dim=-1).values.sum(-1) / math.sqrt(q.shape[-1])


@right
def keeps_the_roots(q, k, roots={}):
    """Keeps the root of each width, a number that never changes."""
    root = roots.setdefault(q.shape[-1], q.shape[-1] ** 0.5)
    return q @ k.transpose(-2, -1) / root
