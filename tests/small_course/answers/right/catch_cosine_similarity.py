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


# three sets by readers of the hints


@right
def an_example_a_hint():
    return [
        {"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([4.0, 3.0])},
        {"a": torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), "b": torch.tensor([[7.0, 8.0, 9.0], [-1.0, 0.0, 2.0]])},
        {"a": torch.tensor([1.0, 2.0, 3.0]), "b": torch.tensor([[7.0, 8.0, 9.0], [-1.0, 0.0, 2.0]])},
        {
            "a": torch.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]),
            "b": torch.tensor([[1.0, 2.0], [0.0, 0.0], [1.0, 0.0]]),
        },
        {"a": torch.zeros(3), "b": torch.zeros(3)},
        {"a": torch.zeros(3, dtype=torch.float64), "b": torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)},
        {"a": torch.tensor([1.0, -1.0]), "b": torch.tensor([2.0, 1.0])},
        {"a": torch.tensor([0.0001]), "b": torch.tensor([0.0001])},
    ]


@right
def several_rows_in_one():
    return [
        {
            "a": torch.tensor([[1.0, -1.0], [2.0, 1.0], [0.0, 0.0], [0.0, 0.0]]),
            "b": torch.tensor([[3.0, 1.0], [-4.0, 1.0], [1.0, 2.0], [0.0, 0.0]]),
        },
        {"a": torch.arange(24.0).reshape(2, 3, 4) % 7, "b": torch.tensor([1.0, -2.0, 0.5, 3.0])},
        {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([[[2.0, 1.0], [0.0, 0.0]], [[-1.0, 1.0], [5.0, 2.0]]])},
        {"a": torch.zeros(2, dtype=torch.float64), "b": torch.zeros(2, dtype=torch.float64)},
        {"a": torch.tensor([[1e-4], [1e-4]]), "b": torch.tensor([[-1e-4], [5000.0]])},
    ]


@right
def drawn_but_for_what_is_rare():
    torch.manual_seed(5)
    return [
        {"a": torch.randn(3, 5), "b": torch.randn(3, 5)},
        {"a": torch.randn(5), "b": torch.randn(4, 5)},
        {"a": torch.randn(4, 1, 5), "b": torch.randn(3, 5)},
        {"a": torch.zeros(4), "b": torch.ones(4)},
        {"a": torch.ones(2, 4), "b": torch.stack([torch.zeros(4), torch.arange(4.0)])},
        {"a": torch.zeros(1, 2, dtype=torch.float64), "b": torch.zeros(1, 2, dtype=torch.float64)},
        {"a": torch.tensor([[5.0, -3.0, -2.0]]), "b": torch.tensor([[1.0, 2.0, 4.0]])},
        {"a": torch.tensor([1e-4]), "b": torch.tensor([1e-4])},
    ]
