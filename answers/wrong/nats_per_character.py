"""Wrong answers to `nats_per_character(loss, tokens, characters)`."""

import math

from proctor.answers import wrong


@wrong(
    "Turns tokens and characters round",
    hint="All tokens together cost `loss * tokens`. That is shared out among the characters, of which there are more: each costs less.",
    fails="nats_per_character_values",
)
def turned_round(loss, tokens, characters):
    if tokens <= 0 or characters <= 0:
        raise ValueError("tokens and characters must be positive")
    return float(loss) * characters / tokens


@wrong(
    "Divides the mean loss by the characters",
    hint="`loss` is the mean over the tokens, not their sum. What do all tokens cost together?",
    fails="nats_per_character_values",
)
def takes_the_mean_for_the_sum(loss, tokens, characters):
    if tokens <= 0 or characters <= 0:
        raise ValueError("tokens and characters must be positive")
    return float(loss) / characters


@wrong(
    "Gives the loss of the whole text",
    hint="That is what all tokens cost together. How many characters share it?",
    fails="nats_per_character_values",
)
def of_the_whole_text(loss, tokens, characters):
    if tokens <= 0 or characters <= 0:
        raise ValueError("tokens and characters must be positive")
    return float(loss) * tokens


@wrong(
    "Gives bits",
    hint="You divide by log 2, which makes bits of nats. Nats are asked for: the loss is in nats already.",
    fails="nats_per_character_values",
)
def in_bits(loss, tokens, characters):
    if tokens <= 0 or characters <= 0:
        raise ValueError("tokens and characters must be positive")
    return float(loss) * tokens / characters / math.log(2)


@wrong(
    "Gives a tensor",
    hint="The loss may come as a tensor, and so does your result. `float()` makes a Python float of it.",
    fails="nats_per_character_values",
)
def a_tensor(loss, tokens, characters):
    if tokens <= 0 or characters <= 0:
        raise ValueError("tokens and characters must be positive")
    return loss * tokens / characters


@wrong(
    "Divides without a remainder",
    hint="`//` drops what stands behind the point.",
    fails="nats_per_character_values",
)
def without_a_remainder(loss, tokens, characters):
    if tokens <= 0 or characters <= 0:
        raise ValueError("tokens and characters must be positive")
    return float(loss) * tokens // characters


@wrong(
    "Rounds the result",
    hint="A loss is compared in its third digit and beyond. Give all that there are, and round where you print.",
    fails="nats_per_character_values",
)
def rounded(loss, tokens, characters):
    if tokens <= 0 or characters <= 0:
        raise ValueError("tokens and characters must be positive")
    return round(float(loss) * tokens / characters, 2)


@wrong(
    "Looks at the characters alone",
    hint="A text without tokens has no mean loss either: `tokens` must be positive, too.",
    fails="nats_per_character_values",
)
def no_look_at_tokens(loss, tokens, characters):
    if characters <= 0:
        raise ValueError("characters must be positive")
    return float(loss) * tokens / characters


@wrong(
    "Leaves a text without characters to Python's own error",
    hint="`ZeroDivisionError` is no `ValueError`, and a number below zero raises nothing at all. Look at both numbers first.",
    fails="nats_per_character_values",
)
def no_errors(loss, tokens, characters):
    return float(loss) * tokens / characters


@wrong(
    "Refuses only numbers below zero",
    hint="Zero is not positive: it is refused as well.",
    fails="nats_per_character_values",
)
def allows_zero(loss, tokens, characters):
    if tokens < 0 or characters < 0:
        raise ValueError("tokens and characters must be positive")
    return float(loss) * tokens / characters if characters else 0.0


@wrong(
    "Refuses only zero",
    hint="A number below zero is not positive either: it is refused as well.",
    fails="nats_per_character_values",
)
def allows_negative(loss, tokens, characters):
    if tokens == 0 or characters == 0:
        raise ValueError("tokens and characters must be positive")
    return float(loss) * tokens / characters


@wrong(
    "Looks at the product of the two",
    hint="Two negative numbers have a positive product. Look at each of them.",
    fails="nats_per_character_values",
)
def looks_at_the_product(loss, tokens, characters):
    if tokens * characters <= 0:
        raise ValueError("tokens and characters must be positive")
    return float(loss) * tokens / characters


@wrong(
    "Refuses one token",
    hint="One token is a positive number of tokens.",
    fails="nats_per_character_values",
)
def refuses_one(loss, tokens, characters):
    if tokens <= 1 or characters <= 1:
        raise ValueError("too few")
    return float(loss) * tokens / characters


@wrong(
    "Rounds the characters of a token down",
    hint="`characters // tokens` is a whole number, and the rest is lost. Multiply the loss by the tokens and divide by the characters: `loss * tokens / characters`.",
    fails="nats_per_character_values",
)
def whole_characters(loss, tokens, characters):
    if tokens <= 0 or characters <= 0:
        raise ValueError("not positive")
    return float(loss) / max(characters // tokens, 1)
