"""Right answers to `TinyLM(vocab_size, d_model)`, written in different ways."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
class Stacked(nn.Module):
    """One nn.Sequential."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.net = nn.Sequential(
            nn.Embedding(vocab_size, d_model),
            nn.Linear(d_model, 2 * d_model),
            nn.GELU(),
            nn.Linear(2 * d_model, vocab_size),
        )

    def forward(self, ids):
        return self.net(ids)


@right
class IsSequential(nn.Sequential):
    """Is a Sequential itself, and uses the tanh form of GELU."""

    def __init__(self, vocab_size, d_model):
        super().__init__(
            nn.Embedding(vocab_size, d_model),
            nn.Linear(d_model, d_model),
            nn.GELU(approximate="tanh"),
            nn.Linear(d_model, vocab_size),
        )


@right
class NoBiases(nn.Module):
    """Linear layers without biases, and a fixed hidden width."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.wte = nn.Embedding(vocab_size, d_model)
        self.fc = nn.Linear(d_model, 48, bias=False)
        self.lm_head = nn.Linear(48, vocab_size, bias=False)

    def forward(self, ids):
        return self.lm_head(F.gelu(self.fc(self.wte(ids)), approximate="tanh"))


@right
class TiedSmall(nn.Module):
    """One matrix for the embedding and the last layer, drawn small."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.hidden = nn.Linear(d_model, d_model)
        self.head = nn.Linear(d_model, vocab_size, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@right
class OwnParameters(nn.Module):
    """Plain parameters, stored (in, out), and einsum."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        hidden = 3 * d_model
        self.E = nn.Parameter(0.1 * torch.randn(vocab_size, d_model))
        self.A = nn.Parameter(torch.randn(d_model, hidden) / math.sqrt(d_model))
        self.a = nn.Parameter(torch.zeros(1, 1, hidden))
        self.C = nn.Parameter(torch.randn(hidden, vocab_size) / math.sqrt(hidden))
        self.c = nn.Parameter(torch.zeros(1, vocab_size))

    def forward(self, ids):
        x = torch.einsum("btd,dh->bth", self.E[ids], self.A) + self.a
        x = 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
        return torch.einsum("bth,hv->btv", x, self.C) + self.c


@right
class OneHot(nn.Module):
    """The embedding as a matrix product with one-hot vectors."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.vocab_size = vocab_size
        self.embedding = nn.Linear(vocab_size, d_model, bias=False)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        x = self.embedding(F.one_hot(ids, self.vocab_size).float())
        return self.head(F.gelu(self.hidden(x)))


@right
class ModuleListLoop(nn.Module):
    """Layers in an nn.ModuleList, walked in a loop; the last layer starts at zero."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.layers = nn.ModuleList(
            [nn.Embedding(vocab_size, d_model), nn.Linear(d_model, d_model // 2), nn.GELU(), nn.Linear(d_model // 2, vocab_size)]
        )
        nn.init.zeros_(self.layers[-1].weight)
        nn.init.zeros_(self.layers[-1].bias)

    def forward(self, ids):
        x = ids
        for layer in self.layers:
            x = layer(x)
        return x


@right
class Convolutions(nn.Module):
    """Linear layers as convolutions of width 1."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Conv1d(d_model, 4 * d_model, 1)
        self.head = nn.Conv1d(4 * d_model, vocab_size, 1)

    def forward(self, ids):
        x = self.embedding(ids).transpose(1, 2)
        return self.head(F.gelu(self.hidden(x))).transpose(1, 2)


@right
class FlatInside(nn.Module):
    """Flattens inside and restores the shape; looks rows up with index_select."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.table = nn.Parameter(torch.empty(vocab_size, d_model).normal_(std=0.5))
        self.mlp = nn.Sequential(nn.Linear(d_model, 128), nn.GELU(), nn.Linear(128, vocab_size))

    def forward(self, ids):
        rows = self.table.index_select(0, ids.reshape(-1))
        return self.mlp(rows).reshape(*ids.shape, -1)


@right
class EveryToken(nn.Module):
    """Computes the logits of the whole vocabulary once, then picks."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        table = self.head(F.gelu(self.hidden(self.embedding.weight)))
        return F.embedding(ids, table)


@right
class PlainMatrices(nn.Module):
    """Other names, a wide hidden layer, a narrow start and a bias that begins away from zero."""

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.rows = nn.Parameter(torch.empty(vocab_size, d_model).uniform_(-0.3, 0.3))
        self.up = nn.Parameter(torch.empty(8 * d_model, d_model).normal_(std=0.1))
        self.shift = nn.Parameter(torch.full((8 * d_model,), 0.1))
        self.down = nn.Parameter(torch.empty(vocab_size, 8 * d_model).normal_(std=0.02))

    def forward(self, ids):
        inner = torch.baddbmm(self.shift, self.rows[ids], self.up.T.expand(len(ids), -1, -1))
        return torch.matmul(F.gelu(inner), self.down.transpose(0, 1))
