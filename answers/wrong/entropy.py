"""Wrong answers to `entropy(p)`."""

import math

import torch

from proctor.answers import wrong


@wrong(
    "Takes the logarithm to base 2",
    hint="That counts in bits. Everything in this notebook uses the natural logarithm, `log`.",
    fails=("entropy_values", "entropy_gradients"),
)
def in_bits(p):
    return -(p * torch.where(p > 0, p, 1).log2()).sum(-1)


@wrong(
    "Forgets the minus sign",
    hint="The logarithm of a probability is below 0 or 0. Surprise isn't.",
    fails=("entropy_values", "entropy_gradients"),
)
def without_minus(p):
    return (p * torch.where(p > 0, p, 1).log()).sum(-1)


@wrong(
    "Takes the mean over the vocabulary instead of the sum",
    hint="The weights of the mean are the probabilities, and they are in the product already. What is left is a sum.",
    fails=("entropy_values", "entropy_gradients"),
)
def a_mean(p):
    return -(p * torch.where(p > 0, p, 1).log()).mean(-1)


@wrong(
    "Adds up all the distributions into one number",
    hint="`p` is `(..., V)`, and each row is a distribution with an entropy of its own: sum along the last dimension.",
    fails=("entropy_values", "entropy_gradients"),
)
def one_for_all(p):
    return -(p * torch.where(p > 0, p, 1).log()).sum()


@wrong(
    "Gives nan where a probability is 0",
    hint="0 times minus infinity is nan in PyTorch. You have met this in `cross_entropy_between`.",
    fails="entropy_values",
)
def nan_at_zero(p):
    return -(p * p.log()).sum(-1)


@wrong(
    "Weights every token alike, as if p were uniform",
    hint="Each surprise counts as often as it happens, so it is multiplied with its own probability before they are added up.",
    fails=("entropy_values", "entropy_gradients"),
)
def unweighted(p):
    return -torch.where(p > 0, p, 1).log().mean(-1)


@wrong(
    "Raises small probabilities to a bound",
    hint="A token with probability 0.0001 has little weight and much surprise; yours makes it a hundred times as common.",
    fails="entropy_values",
)
def clamped(p):
    p = torch.where(p > 0, p.clamp(min=0.01), 1)
    return -(p * p.log()).sum(-1)


@wrong(
    "Gives the perplexity of the distribution",
    hint="`exp` turns a loss into a number of tokens. Here the loss itself is asked.",
    fails=("entropy_values", "entropy_gradients"),
)
def a_perplexity(p):
    return torch.exp(-(p * torch.where(p > 0, p, 1).log()).sum(-1))


@wrong(
    "Cuts the result off from p",
    hint="Leave `detach`, `no_grad` and `.item()` out: gradients flow to `p`.",
    fails="entropy_gradients",
)
def detached(p):
    p = p.detach()
    return -(p * torch.where(p > 0, p, 1).log()).sum(-1)


@wrong(
    "Takes 1 minus the sum of squares",
    hint="That also measures how spread out a distribution is, but not in surprise. Look for the logarithm.",
    fails=("entropy_values", "entropy_gradients"),
)
def squares(p):
    return 1 - p.square().sum(-1)


@wrong(
    "Remembers the logarithms of a distribution that it has seen",
    hint="You keep the logarithms from an earlier call and take the same tensor for the same numbers. They may have changed since. Compute anew in each call.",
    fails="entropy_values",
)
def remembers_the_logarithms(p, seen={}):
    if p not in seen:
        seen[p] = torch.where(p > 0, p, 1).log()
    return -(p * seen[p]).sum(-1)


@wrong(
    "Divides by the log of the vocabulary",
    hint="That measures the entropy in parts of the largest possible one. Asked is the sum itself.",
    fails="entropy_values",
)
def in_units_of_uniform(p):
    return -torch.xlogy(p, p).sum(-1) / math.log(p.shape[-1])


@wrong(
    "Adds a small number to the probabilities inside the logarithm",
    hint="Beside a probability of a half that is nothing. Beside a small one it isn't, and the sum comes out a little too small. Only at 0 is the logarithm in trouble: what does such a token add to the sum?",
    fails=("entropy_values", "entropy_gradients"),
    constants=("1e-4", "1e-3", "1e-5", "1e-6", "1e-7", "1e-8", "1e-9", "1e-10", "1e-12"),
)
def shifted_logarithm(p):
    return -(p * (p + 1e-4).log()).sum(-1)


@wrong(
    "Takes the probabilities for logits",
    hint="Yours is the entropy of the softmax of `p`, as `Categorical(logits=p)` gives it: even a row of 1, 0, 0, which is certain, gets some. `p` is a distribution already.",
    fails=("entropy_values", "entropy_gradients"),
)
def taken_for_logits(p):
    p = torch.softmax(p, -1)
    return -(p * p.log()).sum(-1)


@wrong(
    "Lifts probabilities of 0 to a small number",
    hint="An entry of 0 adds 0, and yours adds a little each. Beside the entropy of a row that is nearly certain that counts, and in float64 even 1e-9 does. Only inside the logarithm does a 0 need another number in its place.",
    fails="entropy_values",
    constants=("1e-4", "1e-3", "1e-5", "1e-6", "1e-7", "1e-8", "1e-9", "1e-10"),
)
def zeros_lifted(p):
    p = p.clamp(min=1e-4)
    return -(p * p.log()).sum(-1)


@wrong(
    "Counts the possible outcomes",
    hint="The logarithm of how many outcomes are possible is their entropy only where all are equally likely. Each surprise, -log p, has to be weighted by its own p.",
    fails=("entropy_values", "entropy_gradients"),
)
def how_many_are_possible(p):
    return (p > 0).sum(dim=-1).to(p.dtype).log() + 0 * p.sum(dim=-1)


@wrong(
    "Asks yes or no for each outcome by itself",
    hint="You take each outcome for a question of yes or no, with p and 1 - p, and add these up. The outcomes are one distribution: exactly one of them comes, and the sum is over $p_i \\log p_i$ alone.",
    fails=("entropy_values", "entropy_gradients"),
)
def yes_or_no_for_each(p):
    return -(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).sum(dim=-1)


@wrong(
    "Writes into the argument",
    hint="The value is right, but zeros of `p` are replaced in the tensor that you were given: whoever called your function has other numbers afterwards. Make a new one, by `torch.where` or `masked_fill`.",
    fails="entropy_values",
)
def fills_the_argument(p):
    with torch.no_grad():
        p[p == 0] = 1
    return -(p * p.log()).sum(dim=-1)


@wrong(
    "Lifts small probabilities before the logarithm",
    hint="A probability below your limit gets the surprise of the limit. Only an entry of 0 needs care, and `torch.xlogy` takes it.",
    fails="entropy_values",
    constants=("min=1e-2", "min=1e-3"),
)
def small_ones_lifted(p):
    return -(p * p.clamp(min=1e-2).log()).sum(-1)
