"""Right predictions, written otherwise."""

import torch

from proctor.answers import right


@right
def a_list():
    return [2, 8, 5, 7]


@right
def a_size():
    return torch.Size([2, 8, 5, 7])
