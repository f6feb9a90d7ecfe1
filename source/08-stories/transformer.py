"""The model of notebook 07, written out: use it, or bring your own.

A model of your own works in its place if its attention keeps `W_q` and `W_k`: what attends to what is found by these.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class SelfAttention(nn.Module):
    """Causal attention of a sequence to itself, in `n_heads` heads: (B, T, D) -> (B, T, D)."""

    def __init__(self, d_model: int, n_heads: int):
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"{n_heads} heads can't share {d_model} numbers evenly")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, D = x.shape

        def heads(rows: torch.Tensor) -> torch.Tensor:
            return rows.view(B, T, self.n_heads, D // self.n_heads).transpose(1, 2)

        q = heads(self.W_q(x))
        k = heads(self.W_k(x))
        v = heads(self.W_v(x))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.W_o(mixed.transpose(1, 2).reshape(B, T, D))


class Block(nn.Module):
    """Attention, then a small network, each added to the stream and each behind a norm."""

    def __init__(self, d_model: int, n_heads: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(
            nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class TinyTransformer(nn.Module):
    """A language model that looks back: (B, T) ids -> (B, T, V) logits.

    One thing differs from notebook 07's: the last layer is the table of the tokens once more, as in GPT-2.
    """

    def __init__(self, vocab_size: int, d_model: int, n_heads: int, n_layers: int, max_len: int):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList([Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        T = ids.shape[1]
        if self.max_len < T:
            raise ValueError(f"{T} tokens, but only {self.max_len} positions")
        x = self.tokens(ids) + self.positions(torch.arange(T, device=ids.device))
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.tokens.weight)
