"""How near a value must come to the right one: the contract's tolerances, by dtype."""

import torch

RTOL = {torch.float32: 1e-4, torch.float64: 1e-7}
# a sum of a few numbers near 1 may lose so much where they cancel
ROUNDING = {torch.float32: 5e-7, torch.float64: 5e-13}
