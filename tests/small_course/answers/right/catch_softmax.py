"""Other examples that catch what counts."""

import math

import torch

from proctor.answers import right


@right
def drawn_at_random():
    torch.manual_seed(3)
    return [
        {"x": torch.randn(2, 3, 4), "dim": 0},
        {"x": 3 * torch.randn(2, 3, 4, dtype=torch.float64), "dim": 1},
        {"x": torch.randn(2, 3, 4), "dim": -1},
        {"x": torch.cat([torch.randn(3, 4) + 9000, torch.randn(3, 4) - 9000]), "dim": 1},
        {"x": torch.cat([torch.randn(2, 4) + 1000, torch.randn(2, 4) - 1000]).T, "dim": 0},
        {"x": torch.tensor([[1.0, -math.inf, 2.0], [-9000.0, -9001.0, -math.inf]]), "dim": 1},
        {"x": torch.zeros(1, 4), "dim": 0},
    ]


# by a reader of the hints


@right
def an_example_a_hint():
    return [
        {"x": torch.tensor([2.0, 1.0, 0.1]), "dim": 0},
        {"x": torch.tensor([[1.0, 2.0, 0.0], [1.0, 5.0, 2.0]]), "dim": 0},
        {"x": torch.tensor([[1.0, 2.0, 3.0], [1.0, 5.0, 2.0]]), "dim": -1},
        {"x": torch.tensor([9000.0, 8999.0, 8998.0]), "dim": 0},
        {"x": torch.tensor([[9000.0, 8999.0], [-9000.0, -9001.0]]), "dim": 1},
        {"x": torch.tensor([1.0, -math.inf, 2.0]), "dim": 0},
        {"x": torch.tensor([[0.1, 0.2, 0.3], [0.5, 0.7, 0.1]], dtype=torch.float64), "dim": 1},
        {"x": torch.arange(24.0).reshape(2, 3, 4) % 7, "dim": 1},
    ]
