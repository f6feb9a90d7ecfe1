# assignment: 03-softmax
# what: the mask and the shift come from a package beside the notebook

# %% file tools/__init__.py
"""Things I use in several notebooks."""
from .masks import future_mask

VERSION = "0.1"

# %% file tools/masks.py
import torch


def future_mask(T, device=None):
    i = torch.arange(T, device=device)
    return i.unsqueeze(0) > i.unsqueeze(1)

# %% first
import sys
sys.path.append(".")
import tools
from tools import future_mask
print(tools.VERSION, tools.__file__ is not None, "tools" in sys.modules)

# %% solution causal_attention_weights
def causal_attention_weights(scores):
    mask = future_mask(scores.shape[-1], scores.device)
    return softmax(scores.masked_fill(mask, float("-inf")), dim=-1)

# %% solution next_token_probs
def next_token_probs(logits):
    from tools.masks import future_mask as _   # not needed, was for a test
    return softmax(logits[:, -1, :], dim=-1)
