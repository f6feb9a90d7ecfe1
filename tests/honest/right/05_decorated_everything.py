# assignment: 05-gradients
# what: decorators of their own: one copies and detaches tensor arguments, one retries, one counts the calls of f

# %% before numerical_gradient
import functools

def on_copies(fn):
    @functools.wraps(fn)
    def wrapped(f, x, *args, **kwargs):
        return fn(f, x.detach().clone(), *args, **kwargs)
    return wrapped

def counting(f):
    def g(x):
        g.calls += 1
        return f(x)
    g.calls = 0
    return g

# %% solution gradient_of
@on_copies
def gradient_of(f, x):
    f = counting(f)
    x.requires_grad_()
    y = f(x)
    assert f.calls == 1
    if not y.requires_grad:
        return torch.zeros_like(x.detach())
    g = torch.autograd.grad(y, x, allow_unused=True)[0]
    return torch.zeros_like(x.detach()) if g is None else g

# %% solution numerical_gradient
@on_copies
def numerical_gradient(f, x, eps=1e-6):
    f = counting(f)
    basis = torch.diag(torch.full((x.numel(),), eps, dtype=x.dtype)).reshape(-1, *x.shape)
    out = torch.stack([(f(x + h) - f(x - h)).detach() / (2 * eps) for h in basis]).reshape(x.shape)
    assert f.calls == 2 * x.numel(), f.calls
    return out
