"""Right answers to `Queries(d_model, n_heads)`, written otherwise."""

import torch
import torch.nn as nn

from proctor.answers import right


@right
class Unflattened(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError("d_model must be a multiple of n_heads")
        self.W_q = nn.Linear(d_model, d_model)
        self.heads = n_heads

    def forward(self, x):
        return self.W_q(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)


@right
class HeadByHead(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.d, rest = divmod(d_model, n_heads)
        if rest:
            raise ValueError("heads of unequal sizes")
        self.W_q = nn.Linear(in_features=d_model, out_features=d_model)

    def forward(self, x):
        return torch.stack(self.W_q(x).split(self.d, dim=-1), dim=1)


@right
class ByTheWeight(nn.Module):
    def __init__(self, d_model, n_heads):
        if d_model // n_heads * n_heads != d_model:
            raise ValueError(f"{n_heads} heads don't fit {d_model}")
        super().__init__()
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        q = x @ self.W_q.weight.T + self.W_q.bias
        return q.view(B, T, self.n_heads, D // self.n_heads).permute(0, 2, 1, 3).contiguous()
