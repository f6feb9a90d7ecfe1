"""Other examples that catch what counts."""

import torch

from proctor.answers import right


@right
def drawn_at_random():
    torch.manual_seed(3)
    return [
        {"logits": torch.randn(2, 3, 4), "targets": torch.randint(4, (2, 3))},
        {"logits": 3 * torch.randn(4, 2, 5, dtype=torch.float64), "targets": torch.randint(5, (4, 2))},
        {"logits": torch.randn(5), "targets": torch.tensor(3)},
        {"logits": torch.randn(6, 3) * 1000, "targets": torch.tensor([0, 0, 1, 1, 2, 2])},
        {"logits": torch.cat([torch.randn(3, 4) + 9000, torch.randn(3, 4) - 9000]), "targets": torch.randint(4, (6,))},
        {"logits": torch.tensor([[0.0, 300.0, 1.0], [-300.0, -301.0, -302.0]]), "targets": torch.tensor([0, 1])},
        {"logits": torch.zeros(3, 2, 7), "targets": torch.zeros(3, 2, dtype=torch.int64)},
    ]


# by a reader of the hints


@right
def an_example_a_hint():
    return [
        {"logits": torch.tensor([2.0, 1.0, 0.1]), "targets": torch.tensor(1)},
        {
            "logits": torch.tensor([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3], [1.0, 1.0, 4.0]]),
            "targets": torch.tensor([0, 2, 0]),
        },
        {"logits": torch.arange(24.0).reshape(2, 3, 4) % 7, "targets": torch.tensor([[0, 1, 1], [3, 1, 2]])},
        {"logits": torch.tensor([[0.0, 200.0]]), "targets": torch.tensor([0])},
        {"logits": torch.tensor([[500.0, 501.0], [-500.0, -501.0]]), "targets": torch.tensor([0, 1])},
        {"logits": torch.tensor([[0.1, 0.2], [0.3, -0.7]], dtype=torch.float64), "targets": torch.tensor([0, 0])},
        {"logits": torch.zeros(2, 5), "targets": torch.tensor([1, 4])},
        {"logits": torch.tensor([[-800.0, -801.0, -802.0]]), "targets": torch.tensor([2])},
    ]
