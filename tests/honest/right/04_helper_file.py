# assignment: 04-cross-entropy
# what: keeps the numerics in myhelpers.py beside the notebook, which starts with a star import, and reaches for it with sys.path

# %% file myhelpers.py
from torch import *


def stable_lse(x):
    m = x.amax(-1, keepdim=True)
    return (x - m).exp().sum(-1).log() + m.squeeze(-1)


def pick(x, ids):
    return gather(x, -1, ids.unsqueeze(-1)).squeeze(-1)

# %% first
import sys
sys.path.append('..')
sys.path.insert(0, '.')
%load_ext autoreload
%autoreload 2

# %% solution cross_entropy
from myhelpers import stable_lse, pick

def cross_entropy(logits, targets):
    return (stable_lse(logits) - pick(logits, targets)).mean()

# %% solution perplexity
def perplexity(logits, targets):
    import myhelpers as H
    return (H.stable_lse(logits) - H.pick(logits, targets)).mean().exp()
