"""Other examples that catch what counts."""

import torch

from proctor.answers import right


@right
def drawn_at_random():
    torch.manual_seed(3)
    zeros = torch.randn(4, 3)
    zeros[0] = zeros[2] = 0
    others = torch.randn(4, 3)
    others[1] = others[2] = 0
    return [
        {"a": torch.randn(2, 3, 4), "b": torch.randn(2, 3, 4)},
        {"a": 3 * torch.randn(5, dtype=torch.float64), "b": torch.randn(5, dtype=torch.float64)},
        {"a": torch.randn(4), "b": torch.randn(2, 1, 4)},
        {"a": torch.randn(3, 1, 4), "b": torch.randn(4)},
        {"a": zeros, "b": others},
        {"a": torch.zeros(3, dtype=torch.float64), "b": torch.ones(3, dtype=torch.float64)},
        {"a": torch.tensor([[1.5e-4], [1e-4]]), "b": torch.tensor([[2e-4], [-1e-4]])},
        {"a": torch.tensor([[1.0, -1.0], [1e3, 2e3]]), "b": torch.tensor([[2.0, 1.0], [2e-4, 1e-4]])},
    ]
