"""Right answers to `numerical_gradient(f, x, eps)`, written otherwise."""

import math

import torch

from proctor.answers import right


@right
def flat_copies(f, x, eps=1e-6):
    """Moves entries of flat copies."""
    flat = x.detach().reshape(-1)
    slopes = torch.empty_like(flat)
    for i in range(flat.numel()):
        ahead, behind = flat.clone(), flat.clone()
        ahead[i] += eps
        behind[i] -= eps
        slopes[i] = (f(ahead.reshape(x.shape)) - f(behind.reshape(x.shape))) / (2 * eps)
    return slopes.reshape(x.shape)


@right
def one_moving_point(f, x, eps=1e-6):
    """Moves one copy in place and puts each entry back exactly."""
    point = x.detach().clone()
    gradient = torch.zeros_like(point)
    with torch.no_grad():
        for index in torch.ones(x.shape).nonzero().tolist():
            index = tuple(index)
            old = point[index].item()
            point[index] = old + eps
            ahead = f(point).item()
            point[index] = old - eps
            behind = f(point).item()
            point[index] = old
            gradient[index] = (ahead - behind) / (2 * eps)
    return gradient


@right
def unit_steps(f, x, eps=1e-6):
    """Adds and subtracts the rows of a scaled identity matrix."""
    steps = eps * torch.eye(x.numel(), dtype=x.dtype)
    slopes = [(f(x + step.view(x.shape)) - f(x - step.view(x.shape))) / (2 * eps) for step in steps]
    return torch.stack(slopes).view(x.shape)


@right
def vectorised(f, x, eps=1e-6):
    """Evaluates all moved copies in one batch."""
    steps = eps * torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    batched = torch.func.vmap(f)
    return ((batched(x + steps) - batched(x - steps)) / (2 * eps)).reshape(x.shape)


@right
def masks(f, x, eps=1e-6):
    """Chooses the moved entry with a mask, and counts in Python numbers."""
    position = torch.arange(x.numel()).reshape(x.shape)
    slopes = []
    for i in range(math.prod(x.shape)):
        ahead = torch.where(position == i, x + eps, x)
        behind = torch.where(position == i, x - eps, x)
        slopes.append((float(f(ahead)) - float(f(behind))) / (eps + eps))
    return torch.tensor(slopes, dtype=torch.float64).reshape(x.shape)


@right
def halves(f, x, eps=1e-6):
    """Divides each value by 2 * eps before it subtracts."""
    gradient = torch.zeros(x.shape, dtype=x.dtype)
    flat = gradient.view(-1)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        flat[i] = f(x + step) / (2 * eps) - f(x - step) / (2 * eps)
    return gradient


@right
def scatters(f, x, eps=1e-6):
    """Builds the moved points with index_add."""
    flat = x.flatten()
    slopes = []
    for i in range(flat.numel()):
        at, by = torch.tensor([i]), torch.tensor([eps], dtype=x.dtype)
        values = [f(flat.index_add(0, at, by, alpha=sign).reshape(x.shape)) for sign in (1, -1)]
        slopes.append((values[0] - values[1]) / (2 * eps))
    return torch.stack(slopes).reshape(x.shape)


@right
def python_floats(f, x, eps=1e-6):
    """Moves entries of a plain list of floats."""
    numbers = x.detach().flatten().tolist()
    slopes = []
    for i, number in enumerate(numbers):
        ends = []
        for moved in (number + eps, number - eps):
            point = torch.tensor([*numbers[:i], moved, *numbers[i + 1 :]], dtype=x.dtype)
            ends.append(f(point.reshape(x.shape)).item())
        slopes.append((ends[0] - ends[1]) / eps / 2)
    return torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)


@right
def mean_of_both_sides(f, x, eps=1e-6):
    """The mean of a forward and a backward difference."""
    here = f(x.clone())
    result = torch.zeros_like(x, memory_format=torch.contiguous_format)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype).index_fill(0, torch.tensor(i), eps).reshape(x.shape)
        result.view(-1)[i] = ((f(x + step) - here) / eps + (here - f(x - step)) / eps) / 2
    return result


@right
def laid_out_like_x(f, x, eps=1e-6):
    """Lays the result out in memory just as x, which no expanded x comes to."""
    gradient = torch.empty_strided(x.shape, x.stride(), dtype=x.dtype)
    for index in torch.ones(x.shape).nonzero().tolist():
        index = tuple(index)
        up, down = x.clone(), x.clone()
        up[index] += eps
        down[index] -= eps
        gradient[index] = (f(up) - f(down)) / (2 * eps)
    return gradient
