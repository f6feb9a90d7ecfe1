# assignment: 05-gradients
# what: takes the gradient as a Jacobian of one row

# %% solution gradient_of
from torch.autograd.functional import jacobian, hessian

def gradient_of(f, x):
    return jacobian(f, x.detach().clone())

# %% after gradient_of_values
hessian(lambda v: (v**3).sum(), torch.tensor([1.0, 2.0]))

# %% solution sgd_step
def sgd_step(parameters, lr):
    for p in parameters:
        if p.grad is None:
            continue
        p.data.add_(p.grad.data, alpha=-lr)
