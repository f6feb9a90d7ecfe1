# assignment: 07-tiny-llm
# what: the modules stand in a file of one's own beside the notebook, and are imported

# %% file my_model.py
import math

import torch
from torch import nn


class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        heads = lambda y: y.reshape(B, T, self.n_heads, -1).permute(0, 2, 1, 3)
        q, k, v = heads(self.W_q(x)), heads(self.W_k(x)), heads(self.W_v(x))
        scores = q @ k.mT / math.sqrt(D // self.n_heads)
        scores = scores.masked_fill(torch.triu(torch.ones_like(scores), 1).bool(), -torch.inf)
        return self.W_o((scores.softmax(-1) @ v).permute(0, 2, 1, 3).reshape(B, T, D))

# %% solution SelfAttention
from my_model import SelfAttention

# %% last
import my_model

help(my_model.SelfAttention)
