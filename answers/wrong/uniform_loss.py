"""Wrong answers to `uniform_loss(vocab_size)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Takes the logarithm to base 2",
    hint="`math.log2` counts bits. The model's loss uses the natural logarithm, `math.log`.",
    fails="uniform_loss_values",
)
def in_bits(vocab_size):
    return math.log2(vocab_size)


@wrong(
    "Takes the logarithm to base 10",
    hint="`log10` is too small by a factor of about 2.3. Which logarithm does the loss use?",
    fails="uniform_loss_values",
)
def base_ten(vocab_size):
    return math.log10(vocab_size)


@wrong(
    "Gives the log of the probability, without the minus sign",
    hint="The log of 1/V is negative, and a loss is not. What does the definition of the loss put in front of the log?",
    fails="uniform_loss_values",
)
def without_minus(vocab_size):
    if vocab_size < 1:
        raise ValueError("the vocabulary is empty")
    return math.log(1 / vocab_size)


@wrong(
    "Gives the probability of each token",
    hint="1/V is how likely the model calls every token. The loss is asked for: how surprised is the model by a token of that probability?",
    fails="uniform_loss_values",
)
def the_probability(vocab_size):
    if vocab_size < 1:
        raise ValueError("the vocabulary is empty")
    return 1 / vocab_size


@wrong(
    "Gives the perplexity, that is the size itself",
    hint="V is the *perplexity* of a model that knows nothing, e to the power of its loss. The loss is asked for.",
    fails="uniform_loss_values",
)
def the_perplexity(vocab_size):
    if vocab_size < 1:
        raise ValueError("the vocabulary is empty")
    return float(vocab_size)


@wrong(
    "Weights the loss with the probability, once",
    hint="`-1/V log(1/V)` is a single term of the average. There are V of them.",
    fails="uniform_loss_values",
)
def one_term_of_the_sum(vocab_size):
    if vocab_size < 1:
        raise ValueError("the vocabulary is empty")
    return -(1 / vocab_size) * math.log(1 / vocab_size)


@wrong(
    "Counts one token too many",
    hint="With a vocabulary of one token the loss must be 0, since that token is always right. Yours is log 2: where does the extra token come from?",
    fails="uniform_loss_values",
)
def one_too_many(vocab_size):
    if vocab_size < 1:
        raise ValueError("the vocabulary is empty")
    return math.log1p(vocab_size)


@wrong(
    "Counts one token too few",
    hint="You leave the right token out of the count. It is among the V that get 1/V each.",
    fails="uniform_loss_values",
)
def one_too_few(vocab_size):
    if vocab_size < 1:
        raise ValueError("the vocabulary is empty")
    return math.log(max(vocab_size - 1, 1))


@wrong(
    "Remembers the value for one vocabulary",
    hint="4.17 belongs to 65 tokens. Where does your code use `vocab_size`?",
    fails="uniform_loss_values",
)
def a_constant(vocab_size):
    if vocab_size < 1:
        raise ValueError("the vocabulary is empty")
    return 4.174387269895637


@wrong(
    "Gives a tensor",
    hint="A Python float is asked for. `math.log` gives one; `.item()` turns a 0-d tensor into one.",
    fails="uniform_loss_values",
)
def a_tensor(vocab_size):
    if vocab_size < 1:
        raise ValueError("the vocabulary is empty")
    return torch.log(torch.tensor(float(vocab_size)))


@wrong(
    "Rounds the result",
    hint="Rounding is for printing. Two digits are too few to tell a training run's first loss from log V.",
    fails="uniform_loss_values",
)
def rounded(vocab_size):
    return round(math.log(vocab_size), 2)


@wrong(
    "Refuses a vocabulary of one token",
    hint="Your check refuses 1 as well, as `<= 1` would. A vocabulary of a single token is dull, but legal: its loss is 0.",
    fails="uniform_loss_errors",
)
def refuses_one(vocab_size):
    if vocab_size <= 1:
        raise ValueError("the vocabulary is too small")
    return math.log(vocab_size)


@wrong(
    "Lets a vocabulary of 0 tokens through",
    hint="The log of 0 is -inf, and `torch.log` raises nothing. Who tells the caller that there is no such vocabulary? 0 has to be refused like the negative sizes.",
    fails="uniform_loss_errors",
)
def nothing_raised(vocab_size):
    return torch.log(torch.tensor(float(vocab_size))).item()


@wrong(
    "Gives 0 for an empty vocabulary",
    hint="0 is the loss of a perfect model. A vocabulary without tokens is the caller's mistake: say so, with the exception that the exercise names.",
    fails="uniform_loss_errors",
)
def zero_for_empty(vocab_size):
    if vocab_size < 1:
        return 0.0
    return math.log(vocab_size)


@wrong(
    "Raises only for negative sizes",
    hint="Which sizes does your condition let through? A vocabulary of 0 tokens has to be refused too.",
    fails="uniform_loss_errors",
    like="nothing_raised",
)
def only_negative(vocab_size):
    if vocab_size < 0:
        raise ValueError("the vocabulary can't be negative")
    return torch.tensor(float(vocab_size)).log().item()


@wrong(
    "Refuses with an assert",
    hint="`assert` raises an AssertionError, and disappears where Python runs with -O. The caller expects a ValueError.",
    fails="uniform_loss_errors",
)
def asserts(vocab_size):
    assert vocab_size >= 1, "the vocabulary is empty"
    return math.log(vocab_size)


@wrong(
    "Divides by a size of 0 instead of refusing it",
    hint="`1 / vocab_size` raises a ZeroDivisionError where the size is 0, and the caller expects a ValueError. Look at the size before you divide, and raise it yourself.",
    fails="uniform_loss_errors",
)
def divides_first(vocab_size):
    return -math.log(1 / vocab_size)


@wrong(
    "Returns an exception instead of raising it",
    hint="`return ValueError(...)` hands the exception over like a number, and nothing stops. Python has another word for it.",
    fails="uniform_loss_errors",
)
def returns_the_error(vocab_size):
    if vocab_size < 1:
        return ValueError("the vocabulary is empty")
    return math.log(vocab_size)


@wrong(
    "Hands the work to PyTorch's cross_entropy",
    hint="The idea is sound, but the built-in loss is ruled out in this notebook. One logarithm is enough.",
    fails="uniform_loss_values",
)
def built_in(vocab_size):
    if vocab_size < 1:
        raise ValueError("the vocabulary is empty")
    return F.cross_entropy(torch.zeros(1, vocab_size), torch.tensor([0])).item()


@wrong(
    "Takes large vocabularies for smaller ones",
    hint="Your code bounds the size, or the probability. There are larger vocabularies, and their models start at a higher loss.",
    fails="uniform_loss_values",
    constants=("50257", "65536", "65535", "100000"),
)
def at_most_gpt2(vocab_size):
    if vocab_size < 1:
        raise ValueError("a vocabulary has at least one token")
    return math.log(min(vocab_size, 50257))


@wrong(
    "Keeps the probability above a small number",
    hint="With more than 100000 tokens each gets less than that, and your bound takes its place. One over V is never 0: nothing needs a bound.",
    fails="uniform_loss_values",
    like="at_most_gpt2",
)
def probability_above_a_bound(vocab_size):
    if vocab_size < 1:
        raise ValueError("a vocabulary has at least one token")
    return -math.log(max(1 / vocab_size, 1e-5))


@wrong(
    "Adds a small number to the probability",
    hint="One over V is never 0, so its log is finite as it is. What you add makes the loss of a large vocabulary too small.",
    fails="uniform_loss_values",
    constants=("1e-6", "1e-5"),
)
def adds_epsilon(vocab_size):
    if vocab_size < 1:
        raise ValueError("a vocabulary has at least one token")
    return -math.log(1 / vocab_size + 1e-6)


@wrong(
    "Rounds to a few digits",
    hint="Rounding is for printing: give the number as it is, and let whoever prints it choose the digits.",
    fails="uniform_loss_values",
)
def rounded_to_four_digits(vocab_size):
    if vocab_size < 1:
        raise ValueError("a vocabulary has at least one token")
    return round(math.log(vocab_size), 4)


@wrong(
    "Adds up all tokens' losses",
    hint="Each of the V terms is log V, and each counts with its probability, 1/V: together that is log V, and not V times as much.",
    fails="uniform_loss_values",
)
def not_weighted(vocab_size):
    if vocab_size < 1:
        raise ValueError("at least one token")
    return vocab_size * math.log(vocab_size)


@wrong(
    "Refuses 0 only",
    hint="A negative number of tokens is below 1, too: ask for `vocab_size < 1`.",
    fails="uniform_loss_errors",
)
def refuses_zero_only(vocab_size):
    if vocab_size == 0:
        raise ValueError("at least one token")
    return math.log(abs(vocab_size))


@wrong(
    "Gives the share of tokens that are wrong",
    hint="`1 - 1/V` says how often such a model guesses wrong. The loss says how surprised it is by the right token: what does the definition make of the probability 1/V?",
    fails="uniform_loss_values",
)
def share_of_wrong_tokens(vocab_size):
    if vocab_size < 1:
        raise ValueError("the vocabulary is empty")
    return 1.0 - 1 / vocab_size


@wrong(
    "Gives a whole number for a vocabulary of one",
    hint="The value is right: one token is no surprise. But `return 0` gives an `int`, and the task asks for a `float`. The formula gives 0.0 by itself, without a special case.",
    fails="uniform_loss_errors",
)
def a_whole_number_for_one(vocab_size):
    if vocab_size < 1:
        raise ValueError("vocab_size must be at least 1")
    return 0 if vocab_size == 1 else math.log(vocab_size)


@wrong(
    "Divides whole numbers, so that 1 // V is 0",
    hint="`//` cuts the fraction off: `1 // 65` is 0, and 0 has no logarithm. Which operator keeps it?",
    fails=("uniform_loss_values", "uniform_loss_errors"),
)
def whole_division(vocab_size):
    if vocab_size < 1:
        raise ValueError
    return -math.log(1 // vocab_size)
