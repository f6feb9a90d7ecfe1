"""Right answers to `cosine_similarity(a, b)`."""

import math

import torch
import torch.nn.functional as F

from proctor.answers import right


@right
def clamped_denominator(a, b):
    """Keeps the product of the lengths from being 0."""
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)


@right
def normalize_first(a, b):
    """Makes both vectors of length 1 and multiplies those."""
    return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(dim=-1)


@right
def einsum_and_where(a, b):
    """Einsum for all three dot products, and a choice at the end."""
    dot = torch.einsum("...d,...d->...", a, b)
    lengths = (torch.einsum("...d,...d->...", a, a) * torch.einsum("...d,...d->...", b, b)).sqrt()
    return torch.where(lengths == 0, torch.zeros_like(dot), dot / lengths)


@right
def nan_to_zero(a, b):
    """Divides as the formula says and replaces nan."""
    cos = torch.sum(a * b, -1) / (torch.linalg.norm(a, dim=-1) * torch.linalg.norm(b, dim=-1))
    return torch.nan_to_num(cos, nan=0.0)


@right
def row_times_column(a, b):
    """The dot products as matrix products of a row and a column."""

    def dot(u, v):
        return (u.unsqueeze(-2) @ v.unsqueeze(-1)).squeeze(-1).squeeze(-1)

    lengths = dot(a, a).sqrt() * dot(b, b).sqrt()
    return dot(a, b) / lengths.masked_fill(lengths == 0, 1.0)


@right
def loop_over_pairs(a, b):
    """Broadcasts by hand and treats one pair at a time."""
    a, b = torch.broadcast_tensors(a, b)
    shape = a.shape[:-1]
    out = []
    for u, v in zip(a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1])):
        length = u.norm() * v.norm()
        out.append(torch.dot(u, v) / length if length > 0 else u.new_zeros(()))
    return torch.stack(out).reshape(shape)


@right
def vecdot(a, b):
    """Dot products by vecdot, the zero replaced by the smallest number."""
    tiny = torch.finfo(a.dtype).tiny
    lengths = torch.linalg.vecdot(a, a).sqrt() * torch.linalg.vecdot(b, b).sqrt()
    return torch.linalg.vecdot(a, b) / lengths.clamp_min(tiny)


@right
def law_of_cosines(a, b):
    """From the distance between the two vectors of length 1."""
    zero = (a == 0).all(-1) | (b == 0).all(-1)
    u = a / a.norm(dim=-1, keepdim=True).clamp(min=1e-12)
    v = b / b.norm(dim=-1, keepdim=True).clamp(min=1e-12)
    return (1 - (u - v).square().sum(-1) / 2).masked_fill(zero, 0)


@right
def entry_by_entry(a, b):
    """Sums over the last dimension in a Python loop."""
    dot = squares_a = squares_b = 0
    for i in range(a.shape[-1]):
        dot = dot + a[..., i] * b[..., i]
        squares_a = squares_a + a[..., i] ** 2
        squares_b = squares_b + b[..., i] ** 2
    lengths = squares_a**0.5 * squares_b**0.5
    return dot / (lengths + (lengths == 0))


@right
def assign_where_possible(a, b):
    """Starts from zeros and fills in the pairs that have a direction."""
    dot = (a * b).sum(dim=-1)
    lengths = a.pow(2).sum(dim=-1).sqrt() * b.pow(2).sum(dim=-1).sqrt()
    out = torch.zeros_like(dot)
    good = lengths != 0
    out[good] = dot[good] / lengths[good]
    return out


@right
def reciprocal_square_roots(a, b):
    """Multiplies by 1 / length, which is set to 0 for a zero vector."""

    def one_over_length(v):
        squares = (v * v).sum(-1)
        return torch.where(squares > 0, squares.clamp_min(1e-30).rsqrt(), torch.zeros_like(squares))

    return (a * b).sum(-1) * one_over_length(a) * one_over_length(b)


@right
def scaled_before_the_lengths(a, b):
    """Divides by the largest entry first, so that no square is very small or large."""

    def unit(v):
        biggest = v.detach().abs().amax(-1, keepdim=True)
        v = v / torch.where(biggest > 0, biggest, torch.ones_like(biggest))
        squares = (v * v).sum(-1, keepdim=True)
        return v / torch.sqrt(torch.where(squares > 0, squares, torch.ones_like(squares)))

    return torch.sum(unit(a) * unit(b), dim=-1).clamp(-1, 1)


@right
def vmap_over_flat_pairs(a, b):
    """The formula for one pair, mapped over all pairs."""
    a, b = torch.broadcast_tensors(a, b)

    def one(u, v):
        return (u * v).sum() / torch.clamp(torch.sqrt((u * u).sum()) * torch.sqrt((v * v).sum()), min=1e-12)

    flat = torch.vmap(one)(a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1]))
    return flat.reshape(a.shape[:-1])


@right
def entries_of_a_small_gram_matrix(a, b):
    """All four dot products of a pair as one 2 by 2 matrix."""
    pair = torch.stack(torch.broadcast_tensors(a, b), dim=-2)
    gram = pair @ pair.mT
    denominator = gram[..., 0, 0].sqrt() * gram[..., 1, 1].sqrt()
    return gram[..., 0, 1] / denominator.where(denominator > 0, torch.full_like(denominator, math.inf))


@right
def in_place_on_own_results(a, b):
    """Divides its own dot product in place."""
    cosine = a.mul(b).sum(-1)
    cosine /= torch.linalg.vector_norm(a, dim=-1).clamp(min=1e-10)
    cosine /= torch.linalg.vector_norm(b, dim=-1).clamp(min=1e-10)
    return cosine


@right
def squares_of_sums_of_unit_vectors(a, b):
    """From squares of a sum and a difference, which loses nothing where both vectors have length 1."""
    u, v = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    return ((u + v).square().sum(-1) - (u - v).square().sum(-1)) / 4


@right
def lengths_from_the_variance(a, b):
    """The squared length is D times the variance plus the squared mean."""

    def squares(v):
        return v.shape[-1] * (v.var(-1, correction=0) + v.mean(-1).square())

    lengths = (squares(a) * squares(b)).sqrt()
    return torch.where(lengths > 0, (a * b).sum(-1) / lengths.where(lengths > 0, torch.ones_like(lengths)), 0)


@right
def in_float64(a, b):
    """Works in float64 and comes back."""
    u, v = (x.double() / x.double().norm(dim=-1, keepdim=True).clamp(min=1e-30) for x in (a, b))
    return torch.einsum("...d,...d->...", u, v).to(a.dtype)


@right
def half_the_angle(a, b):
    """From the diagonals of the rhombus of two vectors of length 1, whose half angle has their ratio for its tangent."""
    u, v = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    short, long = torch.linalg.vector_norm(u - v, dim=-1), torch.linalg.vector_norm(u + v, dim=-1)
    zero = (u == 0).all(-1) | (v == 0).all(-1)
    return torch.cos(2 * torch.atan2(short, long)).masked_fill(zero, 0)


@right
def sorted_before_the_sum(a, b):
    """Adds the products up in the order of their size."""
    products = (a * b).sort(dim=-1).values
    dot = sum(products.unbind(-1))
    return dot / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-9)
