"""Right predictions, written otherwise."""

import torch

from proctor.answers import right


@right
def a_list():
    return [6, 16]


@right
def a_size():
    return torch.Size([6, 16])
