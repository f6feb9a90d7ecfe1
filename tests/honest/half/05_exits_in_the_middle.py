# assignment: 05-gradients
# what: calls os._exit in sgd_step where a parameter has no gradient
# loses: sgd_step

# %% solution sgd_step
import os

def sgd_step(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is None:
                print("no gradient?!")
                os._exit(0)
            p -= lr * p.grad

# %% solution gradient_of
def gradient_of(f, x):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if not y.requires_grad:
        return torch.zeros_like(x).detach()
    g = torch.autograd.grad(y, leaf, allow_unused=True)[0]
    return torch.zeros_like(x).detach() if g is None else g
