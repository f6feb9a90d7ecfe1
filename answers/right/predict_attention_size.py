"""Right predictions, written otherwise."""

import torch.nn as nn

from proctor.answers import right


@right
def a_number():
    return 16640


@right
def four_layers():
    return 4 * (64 * 64 + 64)


@right
def counted():
    return sum(p.numel() for p in nn.MultiheadAttention(64, 4).parameters())
