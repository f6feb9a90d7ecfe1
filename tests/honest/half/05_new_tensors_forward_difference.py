# assignment: 05-gradients
# what: makes a new tensor and calls it p, and looks only ahead when measuring a slope
# loses: numerical_gradient sgd_step

# %% solution numerical_gradient
def numerical_gradient(f, x, eps=1e-6):
    g = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        e = torch.zeros(x.numel(), dtype=x.dtype)
        e[i] = eps
        g[i] = (f(x + e.reshape(x.shape)) - f(x)) / eps
    return g.reshape(x.shape)

# %% solution sgd_step
def sgd_step(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p = p - lr * p.grad

# %% after sgd_step_values
%tb
