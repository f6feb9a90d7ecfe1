"""Right predictions, written otherwise."""

import torch

from proctor.answers import right


@right
def a_list():
    return [4, 4]


@right
def a_size():
    return torch.Size([4, 4])
