"""Right answers to `projection(a, b)`, written otherwise."""

import torch

from proctor.answers import right


@right
def by_a_direction(a, b):
    direction = b / torch.linalg.vector_norm(b, dim=-1, keepdim=True)
    return (a * direction).sum(-1, keepdim=True) * direction


@right
def by_einsum(a, b):
    factor = torch.einsum("...d,...d->...", a, b) / torch.einsum("...d,...d->...", b, b)
    return factor[..., None] * b


@right
def by_a_matrix(a, b):
    onto = b.unsqueeze(-1) * b.unsqueeze(-2) / b.square().sum(-1)[..., None, None]
    return (onto @ a.unsqueeze(-1)).squeeze(-1)
