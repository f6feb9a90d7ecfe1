# assignment: 03-softmax
# what: writes the core of softmax to a module with %%writefile, and calls it from the answer

# %% before softmax
%%writefile core.py
import torch

def shifted_exp(x, dim):
    return torch.exp(x - x.amax(dim, keepdim=True))

# %% solution softmax
from core import shifted_exp

def softmax(x, dim):
    e = shifted_exp(x, dim)
    return e / e.sum(dim, keepdim=True)

# %% after softmax
!head -3 core.py
%pycat core.py
