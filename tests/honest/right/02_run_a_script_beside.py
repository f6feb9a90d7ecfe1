# assignment: 02-matmul
# what: %run of a script beside the notebook, whose function the answer uses

# %% file warmup.py
import torch

def swap_last_two(t):
    """(..., a, b) -> (..., b, a)"""
    dims = list(range(t.dim()))
    dims[-1], dims[-2] = dims[-2], dims[-1]
    return t.permute(dims)

print("warmed up:", swap_last_two(torch.zeros(2, 3)).shape)

# %% before attention_scores
%run warmup.py

# %% solution attention_scores
def attention_scores(q, k):
    return (q @ swap_last_two(k)) / math.sqrt(q.shape[-1])

# %% after attention_scores
%pwd
%time attention_scores(torch.ones(2, 3), torch.ones(2, 3))
%history -n 1-3
