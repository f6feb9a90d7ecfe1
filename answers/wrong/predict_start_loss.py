"""Wrong predictions of the cross-entropy of 20 equal logits."""

import math

from proctor.answers import wrong


@wrong(
    "Tells the probability of the right token instead of the loss",
    hint="Each of 20 equal logits gets probability 1 / 20 = 0.05, that much is right. The loss is minus its logarithm.",
    fails="predict_start_loss_value",
)
def the_probability():
    return 1 / 20


@wrong(
    "Tells the perplexity: 20 tokens to choose from",
    hint="Among 20 is what the perplexity says, which is `exp` of the loss. Undo the `exp`.",
    fails="predict_start_loss_value",
)
def the_perplexity():
    return 20


@wrong(
    "Takes the logarithm to base 2",
    hint="That would be the surprise in bits. PyTorch's losses use the natural logarithm.",
    fails="predict_start_loss_value",
)
def in_bits():
    return math.log2(20)


@wrong(
    "Takes the logarithm to base 10",
    hint="The logarithm in a cross-entropy is the natural one: `math.log`, not `math.log10`.",
    fails="predict_start_loss_value",
)
def base_ten():
    return math.log10(20)


@wrong(
    "Takes equal logits for a loss of 0",
    hint="A loss of 0 would need probability 1 for the right token. Equal logits share the 1 out among 20.",
    fails="predict_start_loss_value",
)
def no_loss():
    return 0


@wrong(
    "Forgets the minus sign",
    hint="The logarithm of 1 / 20 is negative; the loss is minus that. A cross-entropy is never below 0.",
    fails="predict_start_loss_value",
)
def negative():
    return math.log(1 / 20)
