"""Right answers to `TwoCharLM(vocab_size, d_model)`, written in different ways."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
class Convolution(nn.Module):
    """A convolution of width 2, with zeros in front."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.two = nn.Conv1d(d_model, 4 * d_model, kernel_size=2)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        x = F.pad(self.embedding(ids).transpose(1, 2), (1, 0))
        return self.head(F.gelu(self.two(x)).transpose(1, 2))


@right
class TwoTables(nn.Module):
    """A table for each of the two places, and an entry of its own for the beginning."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.start = vocab_size
        self.now = nn.Embedding(vocab_size, 4 * d_model)
        self.then = nn.Embedding(vocab_size + 1, 4 * d_model)
        self.net = nn.Sequential(nn.GELU(), nn.Linear(4 * d_model, 4 * d_model), nn.ReLU(), nn.Linear(4 * d_model, vocab_size))

    def forward(self, ids):
        before = F.pad(ids[:, :-1], (1, 0), value=self.start)
        return self.net(self.now(ids) + self.then(before))


@right
class FirstTwice(nn.Module):
    """Position 0 sees its own token twice."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.wte = nn.Embedding(vocab_size, d_model)
        self.mlp = nn.Sequential(nn.Linear(2 * d_model, 64), nn.GELU(), nn.Linear(64, vocab_size))

    def forward(self, ids):
        before = torch.cat([ids[:, :1], ids[:, :-1]], dim=1)
        return self.mlp(self.wte(torch.stack([before, ids], dim=-1)).flatten(-2))
