# assignment: 05-gradients
# what: wraps updates in set_grad_enabled(False), works on .data, and deletes and collects what is left

# %% solution sgd_step
import gc

def sgd_step(parameters, lr):
    with torch.set_grad_enabled(False):
        for p in parameters:
            g = p.grad
            if g is None:
                continue
            p.data -= lr * g.data
            del g
    gc.collect(generation=0)

# %% solution numerical_gradient
@torch.inference_mode()
def _slopes(f, x, eps):
    eye = torch.eye(x.numel(), dtype=x.dtype) * eps
    for row in eye:
        step = row.reshape(x.shape)
        yield float(f(x + step) - f(x - step)) / (2 * eps)

def numerical_gradient(f, x, eps=1e-6):
    return torch.tensor(list(_slopes(f, x.detach(), eps)), dtype=x.dtype).reshape(x.shape)
