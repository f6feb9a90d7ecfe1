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
