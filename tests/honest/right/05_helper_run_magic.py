# assignment: 05-gradients
# what: keeps helpers in calculus.py beside the notebook, loads them by %run and by import, with a __main__ block

# %% file calculus.py
import torch


def leaf_of(x):
    return x.detach().clone().requires_grad_()


def slope(f, x, e):
    return (f(x + e) - f(x - e)).detach()


if __name__ == "__main__":
    print("calculus ready", torch.__version__)

# %% after setup
%run calculus.py
import sys; sys.path.append('..')
import calculus as calc

# %% solution gradient_of
def gradient_of(f, x):
    leaf = leaf_of(x)
    y = f(leaf)
    if not y.requires_grad:
        return torch.zeros_like(leaf).detach()
    (g,) = torch.autograd.grad(y, (leaf,), allow_unused=True)
    return torch.zeros_like(x).detach() if g is None else g

# %% solution numerical_gradient
def numerical_gradient(f, x, eps=1e-6):
    x = x.detach()
    result = torch.zeros_like(x, memory_format=torch.contiguous_format)
    for i in range(x.numel()):
        e = torch.zeros_like(result)
        e.view(-1)[i] = eps
        result.view(-1)[i] = calc.slope(f, x, e) / (2 * eps)
    return result
