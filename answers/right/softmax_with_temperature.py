"""Right answers to `softmax_with_temperature(logits, temperature)`, written otherwise."""

import math

import torch

from proctor.answers import right


@right
def in_one_go(logits, temperature):
    """Without the earlier softmax; shifts first, then divides."""
    if not temperature > 0:
        raise ValueError(f"{temperature=} is not above 0")
    exps = torch.exp((logits - logits.amax(-1, keepdim=True)) / temperature)
    return exps / exps.sum(-1, keepdim=True)


@right
def inverse_temperature(logits, temperature):
    """Multiplies by 1 / temperature."""
    if temperature <= 0:
        raise ValueError
    return softmax(logits * (1.0 / temperature), logits.dim() - 1)


@right
def through_logsumexp(logits, temperature):
    """Subtracts the logarithm of the sum."""
    if temperature <= 0:
        raise ValueError("too cold")
    divided = torch.div(logits, temperature)
    return (divided - divided.logsumexp(-1, keepdim=True)).exp()


@right
def temperature_as_tensor(logits, temperature):
    """The temperature becomes a 0-d tensor first."""
    temperature = torch.tensor(temperature, dtype=logits.dtype)
    if bool(temperature <= 0):
        raise ValueError("temperature must be above 0")
    return softmax(logits / temperature, dim=-1)


@right
def row_by_row(logits, temperature):
    """A loop over rows."""
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    rows = [softmax(row / temperature, dim=0) for row in logits.reshape(-1, logits.shape[-1])]
    return torch.stack(rows).reshape(logits.shape)


@right
def in_place_on_a_copy(logits, temperature):
    """Divides its own copy in place."""
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    divided = logits.clone()
    divided /= temperature
    return softmax(x=divided, dim=-1)


@right
def error_class_of_its_own(logits, temperature):
    """A subclass of ValueError is a ValueError."""

    class BadTemperature(ValueError):
        pass

    if temperature <= 0:
        raise BadTemperature(temperature)
    return softmax(logits / temperature, dim=-1)


@right
def powers_of_another_base(logits, temperature):
    """exp(x / T) is (e ** (1 / T)) ** x; shifted first, as a power of 2."""
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    powers = torch.exp2((logits - logits.amax(-1, keepdim=True)) * (math.log2(math.e) / temperature))
    return powers / powers.sum(-1, keepdim=True)


@right
def in_float64(logits, temperature):
    """Works in float64 and comes back."""
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits.double() / temperature, dim=-1).to(logits.dtype)


@right
def divided_twice(logits, temperature):
    """Divides by the root of the temperature, twice."""
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    root = math.sqrt(temperature)
    return softmax(logits / root / root, dim=-1)


@right
def gradient_of_logsumexp(logits, temperature):
    """The gradient of logsumexp with respect to the divided logits."""
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return torch.func.grad(lambda z: torch.logsumexp(z, -1).sum())(logits / temperature)


@right
def log_probabilities_first(logits, temperature):
    """Divides the logarithms of the probabilities by the temperature."""
    if not temperature > 0:
        raise ValueError("temperature must be above 0")
    logs = logits - logits.logsumexp(-1, keepdim=True)
    return softmax(logs / temperature, dim=-1)
