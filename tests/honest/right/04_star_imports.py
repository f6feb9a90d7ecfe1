# assignment: 04-cross-entropy
# what: star-imports torch and its functional module before everything, repairs the builtins, then writes their own answers

# %% first
from torch import *
from torch.nn.functional import *
from builtins import *   # range() broke, this brings it back
import math, torch

# %% solution negative_log_likelihood
def negative_log_likelihood(probs, target):
    return -log(probs[target])

# %% solution cross_entropy_between
def cross_entropy_between(p, q):
    return -xlogy(p, q).sum(-1)

# %% solution cross_entropy
def cross_entropy(logits, targets):
    picked = gather(logits, -1, targets.unsqueeze(-1)).squeeze(-1)
    return mean(logsumexp(logits, -1) - picked)

# %% solution perplexity
def perplexity(logits, targets):
    return exp(cross_entropy(logits, targets))
