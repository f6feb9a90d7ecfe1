# assignment: 02-matmul
# what: collapse gives a NamedTuple, a frozen dataclass stands for a layer

# %% before collapse
from dataclasses import dataclass
from typing import NamedTuple

class Layer(NamedTuple):
    W: torch.Tensor
    b: torch.Tensor

@dataclass(frozen=True)
class Sizes:
    inner: int = 5
    outer: int = 2

# %% solution collapse
def collapse(W1, b1, W2, b2):
    first, second = Layer(W1, b1), Layer(W2, b2)
    return Layer(W=second.W @ first.W, b=linear(first.b, second.W, second.b))

# %% after collapse
s = Sizes()
print(collapse(torch.ones(s.inner, 3), torch.ones(s.inner), torch.ones(s.outer, s.inner), torch.ones(s.outer)).W)
