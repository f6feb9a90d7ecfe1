# assignment: 02-matmul
# what: adds imports to the locked setup cell, in an editor that allows it, and works with them

# %% solution setup
import math

import einops_or_whatever_I_have_at_home as missing
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from expect import contract, expect, prediction, that
from play import show_figure

torch.manual_seed(2)
np.random.seed(2)

# %% solution attention_scores
def attention_scores(q, k):
    return q @ k.transpose(-2, -1) / np.sqrt(q.shape[-1])

# %% solution collapse
def collapse(W1, b1, W2, b2):
    assert math.prod(b2.shape) == W2.shape[0] and isinstance(nn.Linear(1, 1), nn.Module)
    return W2 @ W1, W2 @ b1 + b2
