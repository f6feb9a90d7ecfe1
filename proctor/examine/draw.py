"""The random inputs of the hidden checks, and the seed that they come from."""

import hashlib
import random

import torch


def fresh_seed() -> int:
    """A seed for the checks' inputs that nobody can foresee."""
    return random.SystemRandom().randrange(2**31)


def seed_of(seed: int, check: str, purpose: str = "") -> int:
    """The seed of one check, for one purpose."""
    digest = hashlib.sha256(f"{seed} {check}{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


class Draw:
    """Random inputs for one check, from a seed; entries are never smaller than 1e-4 in size."""

    def __init__(self, seed: int):
        self._generator = torch.Generator().manual_seed(seed % 2**63)

    def normal(self, *shape: int, dtype: torch.dtype = torch.float32, scale: float = 1.0) -> torch.Tensor:
        """Normal with standard deviation `scale`."""
        x = torch.randn(shape, generator=self._generator, dtype=torch.float64) * scale
        return torch.where(x < 0, x.clamp(max=-1e-4), x.clamp(min=1e-4)).to(dtype)

    def uniform(self, low: float, high: float, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Uniform between `low` and `high`."""
        x = torch.rand(shape, generator=self._generator, dtype=torch.float64) * (high - low) + low
        return torch.where(x.abs() < 1e-4, 1e-4, x).to(dtype)

    def integers(self, low: int, high: int, *shape: int) -> torch.Tensor:
        """int64, `low` included, `high` not."""
        return torch.randint(low, high, shape, generator=self._generator)

    def randint(self, low: int, high: int) -> int:
        """A Python int, `low` included, `high` not."""
        return int(self.integers(low, high))

    def probs(self, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Rows that sum to 1, every entry at least 1e-3."""
        x = torch.rand(shape, generator=self._generator, dtype=torch.float64) + 1e-2
        x = x / x.sum(-1, keepdim=True)
        x = x.clamp(min=1e-3 * 1.1)
        return (x / x.sum(-1, keepdim=True)).to(dtype)

    def generator(self) -> torch.Generator:
        """A generator with a fresh seed."""
        return torch.Generator().manual_seed(self.randint(0, 2**31))
