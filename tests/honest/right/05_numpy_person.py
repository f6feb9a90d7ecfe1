# assignment: 05-gradients
# what: walks over the entries with np.ndindex and moves one of them to and fro in a copy

# %% solution numerical_gradient
import numpy as np

def numerical_gradient(f, x, eps=1e-6):
    work = x.detach().clone(memory_format=torch.contiguous_format)
    grad = np.zeros(tuple(x.shape))
    for ix in np.ndindex(*x.shape):
        keep = work[ix].item()
        work[ix] = keep + eps
        hi = f(work).item()
        work[ix] = keep - eps
        lo = f(work).item()
        work[ix] = keep
        grad[ix] = (hi - lo) / (2 * eps)
    return torch.from_numpy(grad).to(x.dtype)

# %% after numerical_gradient_values
np.save("slopes.npy", numerical_gradient(lambda t: (t**2).sum(), torch.ones(3, dtype=torch.float64)).numpy())
print(np.load("slopes.npy"))
np.random.seed(0)
xp = torch if torch.cuda.is_available() else np
print(xp.ones(2))
