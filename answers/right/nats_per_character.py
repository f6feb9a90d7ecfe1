"""Right answers to `nats_per_character(loss, tokens, characters)`, written otherwise."""

import torch

from proctor.answers import right


@right
def with_float(loss, tokens, characters):
    """Makes a float of the loss first."""
    if tokens < 1 or characters < 1:
        raise ValueError("positive numbers, please")
    return float(loss) * tokens / characters


@right
def with_item(loss, tokens, characters):
    """Takes the number out of a tensor at the end."""
    if min(tokens, characters) <= 0:
        raise ValueError(f"{tokens} tokens, {characters} characters")
    result = loss * tokens / characters
    return result.item() if isinstance(result, torch.Tensor) else result


@right
def shares_first(loss, tokens, characters):
    """Multiplies by the tokens that one character takes."""
    if not (tokens > 0 and characters > 0):
        raise ValueError("no text")
    return float(loss * (tokens / characters))


@right
def divides_twice(loss, tokens, characters):
    """Divides by the characters that one token takes."""
    for number in (tokens, characters):
        if number <= 0:
            raise ValueError("not positive")
    return float(loss) / (characters / tokens)


@right
def with_a_tensor(loss, tokens, characters):
    """Computes in float64 tensors."""
    if any(each <= 0 for each in (tokens, characters)):
        raise ValueError("not positive")
    total = torch.as_tensor(loss, dtype=torch.float64) * tokens
    return (total / characters).item()


@right
def with_fractions(loss, tokens, characters):
    """Computes with fractions."""
    from fractions import Fraction

    if tokens <= 0:
        raise ValueError("no tokens")
    if characters <= 0:
        raise ValueError("no characters")
    return float(Fraction(float(loss)) * Fraction(tokens, characters))
