# assignment: 03-softmax
# what: long docstrings, type aliases, overloads and asserts on shapes, as from an engineer

# %% first
from __future__ import annotations
from typing import TypeAlias, Final

Logits: TypeAlias = "torch.Tensor"
MINUS_INFINITY: Final = float("-inf")

# %% solution softmax
def softmax(x: Logits, dim: int) -> torch.Tensor:
    """Normalise logits into a probability distribution.

    Args:
        x: Logits of any shape.
        dim: The competing dimension, positive or negative.

    Returns:
        Tensor of ``x.shape`` with slices along ``dim`` summing to one.
    """
    assert isinstance(x, torch.Tensor), type(x)
    assert -x.ndim <= dim < x.ndim, f"dim {dim} out of range"
    shifted: torch.Tensor = x - x.amax(dim=dim, keepdim=True)
    exponentials: torch.Tensor = shifted.exp()
    probabilities = exponentials / exponentials.sum(dim=dim, keepdim=True)
    assert probabilities.shape == x.shape
    return probabilities

# %% solution causal_attention_weights
def causal_attention_weights(scores: torch.Tensor) -> torch.Tensor:
    size: int = scores.shape[-1]
    assert scores.shape[-2] == size, "scores must be square"
    past = torch.ones(size, size, dtype=torch.bool, device=scores.device).tril_()
    return softmax(torch.where(past, scores, MINUS_INFINITY), dim=-1)
