"""Right answers to `gradient_descent(f, start, lr, steps)`, written otherwise."""

import torch

from proctor.answers import right


@right
def with_gradient_of(f, start, lr, steps):
    """Builds on the exercise before."""
    path = [start.detach().clone()]
    for _ in range(steps):
        path.append(path[-1] - lr * gradient_of(f, path[-1]))  # noqa: F821
    return torch.stack(path)


@right
def room_made_first(f, start, lr, steps):
    """Fills a tensor that is there from the start."""
    path = torch.empty(steps + 1, *start.shape, dtype=start.dtype)
    path[0] = start.detach()
    for k in range(steps):
        x = path[k].clone().requires_grad_()
        f(x).backward()
        path[k + 1] = path[k] - lr * x.grad
    return path


@right
def one_leaf(f, start, lr, steps):
    """Moves one leaf in place, clears its gradient, and keeps copies."""
    x = start.clone().detach().requires_grad_(True)
    path = [x.detach().clone()]
    for _ in range(steps):
        x.grad = None
        f(x).backward()
        with torch.no_grad():
            x.sub_(x.grad, alpha=lr)
        path.append(x.detach().clone())
    return torch.stack(path, dim=0)


@right
def with_an_optimizer(f, start, lr, steps):
    """Lets PyTorch's SGD take the steps."""
    x = start.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([x], lr=lr)
    path = [x.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
        path.append(x.detach().clone())
    return torch.stack(path)


@right
def accumulated(f, start, lr, steps):
    """Folds the step over the path with the standard library."""
    import itertools

    def step(x, _):
        return x - lr * torch.func.grad(f)(x)

    points = itertools.accumulate(range(steps), step, initial=start.detach().clone())
    return torch.stack(list(points)).detach()


@right
def recursive(f, start, lr, steps):
    """Takes one step and leaves the rest to itself."""
    here = start.detach().clone()
    if steps == 0:
        return here.unsqueeze(0)
    leaf = here.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(f(leaf), leaf)
    rest = recursive(f, here - gradient * lr, lr, steps - 1)
    return torch.cat([here.unsqueeze(0), rest])


@right
def cut_at_the_end(f, start, lr, steps):
    """Lets the graph grow and cuts it off at the very end."""
    x = start.detach().clone().requires_grad_()
    path = [x]
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(f(x), x, retain_graph=True)
        x = x - lr * gradient
        path.append(x)
    return torch.stack(path).detach()


@right
def by_differences(f, start, lr, steps):
    """With centred differences in float64 instead of autograd."""
    path = [start.detach().clone()]
    for _ in range(steps):
        gradient = numerical_gradient(f, path[-1].double())  # noqa: F821
        path.append(path[-1] - lr * gradient.to(start.dtype))
    return torch.stack(path)


@right
def with_sgd_step(f, start, lr, steps):
    """With the exercise after it, on a parameter that holds a row of the path."""
    path = start.detach().repeat(steps + 1, *[1] * start.dim())
    for here, there in zip(path, path[1:]):
        leaf = torch.nn.Parameter(here.clone())
        f(leaf).backward()
        with torch.no_grad():
            there.copy_(leaf - leaf.grad * lr)
    return path
