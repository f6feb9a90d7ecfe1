# assignment: 05-gradients
# what: numerical_gradient is right, and leaves the default dtype at float64
# loses:

# %% solution numerical_gradient
def numerical_gradient(f, x, eps=1e-6):
    torch.set_default_dtype(torch.float64)
    g = torch.zeros(x.numel())
    for i in range(x.numel()):
        e = torch.zeros(x.numel())
        e[i] = eps
        g[i] = (f(x + e.reshape(x.shape)) - f(x - e.reshape(x.shape))) / (2 * eps)
    return g.reshape(x.shape)
