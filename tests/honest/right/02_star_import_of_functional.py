# assignment: 02-matmul
# what: from torch.nn.functional import * at the top, before writing functions of the same names

# %% first
from torch.nn.functional import *
from torch.nn import *
from math import *

# %% solution linear
def linear(x, W, b=None):
    y = (W * x.unsqueeze(-2)).sum(dim=-1)
    return y if b is None else y + b

# %% solution attention_scores
def attention_scores(q, k):
    return q @ k.transpose(-2, -1) / sqrt(q.shape[-1])

# %% after attention_scores
print(relu(attention_scores(torch.randn(2, 4), torch.randn(2, 4))), softmax(torch.zeros(3), 0), Linear(2, 3))
