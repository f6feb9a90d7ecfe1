# assignment: 05-gradients
# what: empties the given cells and writes each answer in a cell of their own just behind it

# %% solution gradient_of
# my version is in the next cell

# %% after gradient_of
def gradient_of(f, x):
    t = x.detach().clone().requires_grad_(True)
    out = f(t)
    if out.grad_fn is None and out is not t:
        return torch.zeros_like(t, requires_grad=False)
    g, = torch.autograd.grad(out, [t], allow_unused=True)
    return torch.zeros_like(t, requires_grad=False) if g is None else g.detach()

# %% solution sgd_step
# my version is in the next cell

# %% after sgd_step
def sgd_step(parameters, lr):
    with torch.no_grad():
        for p in filter(lambda p: p.grad is not None, parameters):
            p.sub_(p.grad, alpha=lr)

# %% markdown after sgd_step
I always write into a **new** cell so that I can still read the question.
