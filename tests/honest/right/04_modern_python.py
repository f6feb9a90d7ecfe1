# assignment: 04-cross-entropy
# what: shows off match, walrus, keyword-only helpers, full type hints and asserts

# %% solution uniform_loss
def uniform_loss(vocab_size: int) -> float:
    match vocab_size:
        case 1:
            return 0.0
        case int() as v if v > 1:
            return math.log(v)
        case other:
            raise ValueError(f"not a vocabulary size: {other!r}")

# %% solution cross_entropy_between
def cross_entropy_between(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    if (impossible := p == 0).any():
        q = q.masked_fill(impossible, 1)
    return -(p * q.log()).sum(dim=-1)

# %% solution cross_entropy
from typing import Final

CLASS_DIM: Final[int] = -1


def _pick(logits: torch.Tensor, /, *, ids: torch.Tensor) -> torch.Tensor:
    match tuple(ids.shape):
        case ():
            return logits[ids]
        case (n,):
            return logits[torch.arange(n), ids]
        case _:
            return _pick(logits.flatten(0, -2), ids=ids.flatten()).unflatten(0, ids.shape)


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    assert (v := logits.shape[CLASS_DIM]) >= 1, v
    return (logits.logsumexp(CLASS_DIM) - _pick(logits, ids=targets)).mean()
