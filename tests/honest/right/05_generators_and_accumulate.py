# assignment: 05-gradients
# what: a functional programmer: the path is a generator cut by islice, the slopes come from map

# %% solution numerical_gradient
from itertools import accumulate, islice, repeat
from operator import sub, truediv

def numerical_gradient(f, x, eps=1e-6):
    x = x.detach()
    unit = lambda i: torch.zeros(x.numel(), dtype=x.dtype).index_fill(0, torch.tensor(i), eps).reshape(x.shape)
    rise = lambda e: sub(f(x + e), f(x - e)).detach()
    slopes = map(lambda i: truediv(rise(unit(i)), 2 * eps), range(x.numel()))
    return torch.stack([*slopes]).reshape(x.shape)

# %% solution gradient_descent
def walk(f, x, lr):
    while True:
        yield x
        x = x - lr * gradient_of(f, x)


def gradient_descent(f, start, lr, steps):
    return torch.stack(list(islice(walk(f, start.detach().clone(), lr), steps + 1)))

# %% after gradient_descent_path
also = list(accumulate(repeat(0.25, 3), lambda x, lr: x - lr * 2 * x, initial=torch.tensor([1.0, -2.0])))
print(torch.stack(also))
