# assignment: 03-softmax
# what: from torch import * at the top, then the Python names that it hides are brought back

# %% first
from torch import *
from builtins import *   # torch has a sum, a range and a round of its own
import torch

# %% solution softmax
def softmax(x, dim):
    e = exp(x - amax(x, dim, keepdim=True))
    return div(e, torch.sum(e, dim, keepdim=True))

# %% solution causal_attention_weights
def causal_attention_weights(scores):
    T = scores.shape[-1]
    mask = ones(T, T, dtype=torch.bool, device=scores.device).triu(1)
    return softmax(where(mask, -inf, scores), dim=-1)

# %% after causal_attention_weights
print(sum([1, 2]), allclose(softmax(zeros(2), 0), tensor([0.5, 0.5])), Tensor)
