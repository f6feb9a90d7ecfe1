"""Right answers to `negative_log_likelihood(probs, target)`, written otherwise."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def log_first(probs, target):
    """All the logarithms, then the one that counts."""
    return -probs.log()[target]


@right
def log_of_the_inverse(probs, target):
    """The log of one over the probability."""
    return torch.log(1 / probs[target])


@right
def selected(probs, target):
    """Picks with index_select and takes the dimension away."""
    return -torch.index_select(probs, 0, torch.tensor([target])).log().squeeze(0)


@right
def one_hot_sum(probs, target):
    """A one-hot mask takes the probability out before the log."""
    one_hot = F.one_hot(torch.tensor(target), probs.shape[0]).to(probs.dtype)
    return -(one_hot * probs).sum().log()


@right
def one_hot_dot(probs, target):
    """A dot product of the one-hot target with the probabilities, then the log."""
    one_hot = torch.zeros_like(probs)
    one_hot[target] = 1
    return -torch.dot(one_hot, probs).log()


@right
def where_then_sum(probs, target):
    """Puts 1 in the place of all other probabilities, whose log is 0."""
    return -torch.where(torch.arange(len(probs)) == target, probs, 1.0).log().sum()


@right
def masked_select(probs, target):
    """A mask of one entry, and the dimension taken away by a sum."""
    return -probs[torch.arange(probs.numel()).eq(target)].log().sum()


@right
def in_float64(probs, target):
    """More digits inside, the caller's dtype outside."""
    return probs.double()[target].reciprocal().log().to(probs.dtype)


@right
def in_bits_and_back(probs, target):
    """Another base, converted."""
    return -torch.log2(probs[target]) * math.log(2)


@right
def gathered(probs, target):
    """gather with a 0-d index."""
    return -probs.gather(0, torch.tensor(target)).log()


@right
def on_a_clone(probs, target):
    """In place, on a copy."""
    return probs.clone()[target].log_().neg_()


@right
def through_xlogy(probs, target):
    """Minus one times the log, in one function."""
    return torch.xlogy(-1.0, probs[target])
