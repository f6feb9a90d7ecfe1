"""Right answers to `uniform_loss(vocab_size)`, written otherwise."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def left_to_math(vocab_size):
    """math.log raises the ValueError by itself."""
    return math.log(vocab_size)


@right
def of_the_probability(vocab_size):
    """Minus the log of one over V."""
    if not vocab_size >= 1:
        raise ValueError
    return -math.log(1 / vocab_size)


@right
def through_a_tensor(vocab_size):
    """In float32, and a Python float at the end."""
    if vocab_size < 1:
        raise ValueError("vocab_size must be at least 1")
    return torch.log(torch.tensor(vocab_size, dtype=torch.float32)).item()


@right
def loss_of_equal_logits(vocab_size):
    """The notebook's own loss at logits of 0."""
    if vocab_size < 1:
        raise ValueError("vocab_size must be at least 1")
    return cross_entropy(torch.zeros(1, vocab_size), torch.tensor([0])).item()


@right
def entropy_of_the_uniform(vocab_size):
    """The cross-entropy of the uniform distribution with itself."""
    if vocab_size <= 0:
        raise ValueError("vocab_size must be at least 1")
    uniform = torch.full((vocab_size,), 1 / vocab_size)
    return float(cross_entropy_between(uniform, uniform))


@right
def from_bits(vocab_size):
    """Base 2, converted."""
    if vocab_size < 1:
        raise ValueError(f"no model has {vocab_size} tokens")
    return math.log2(vocab_size) * math.log(2)


@right
def own_kind_of_error(vocab_size):
    """A subclass of ValueError."""

    class EmptyVocabulary(ValueError):
        pass

    if vocab_size < 1:
        raise EmptyVocabulary(vocab_size)
    return torch.logsumexp(torch.zeros(vocab_size, dtype=torch.float64), 0).item()


@right
def sum_of_equal_terms(vocab_size):
    """The sum of V equal terms of float32."""
    if vocab_size < 1:
        raise ValueError("no tokens, no loss")
    probs = torch.ones(vocab_size) / vocab_size
    return -(probs * probs.log()).sum().item()


@right
def softmax_of_zeros(vocab_size):
    """The log of one entry of a softmax of zeros."""
    if vocab_size < 1:
        raise ValueError("no tokens, no loss")
    return -torch.softmax(torch.zeros(vocab_size), dim=0)[-1].log().item()
