# assignment: 05-gradients
# what: uses torch.autograd.functional.vjp, and checks it against gradcheck and autograd.grad in scratch cells

# %% solution gradient_of
def gradient_of(f, x: torch.Tensor) -> torch.Tensor:
    value, grad = torch.autograd.functional.vjp(f, x.detach().clone())
    assert value.dim() == 0
    return grad

# %% after gradient_of_values
from torch.autograd import grad, gradcheck

z = torch.randn(3, dtype=torch.float64, requires_grad=True)
print(gradcheck(lambda v: v.sin().sum(), (z,)))
print(grad(z.sin().sum(), z)[0], gradient_of(lambda v: v.sin().sum(), z))

# %% solution numerical_gradient
import itertools

def numerical_gradient(f, x, eps=1e-6):
    with torch.no_grad():
        out = torch.empty(x.shape, dtype=x.dtype)
        for index in itertools.product(*map(range, x.shape)):
            up, down = x.clone(), x.clone()
            up[index] += eps
            down[index] -= eps
            out[index] = (f(up) - f(down)) / (2 * eps)
    return out
