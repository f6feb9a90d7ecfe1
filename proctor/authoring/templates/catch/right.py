"""Other examples that catch what counts."""

import torch

from proctor.answers import right


@right
def larger():
    return [{"x": torch.tensor([[3.0, 4.0], [5.0, 6.0]])}]
