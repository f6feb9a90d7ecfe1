"""Right answers to `adam_step(p, m, v, step, lr)`, written otherwise."""

import math

import torch

from proctor.answers import right


@right
def by_lerp(p, m, v, step, lr):
    """Lets lerp_ and addcmul_ keep the means, and addcdiv_ step."""
    with torch.no_grad():
        m.lerp_(p.grad, 0.1)
        v.mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
        root = v.sqrt() / math.sqrt(1 - 0.999**step)
        p.addcdiv_(m, root.add_(1e-8), value=-lr / (1 - 0.9**step))


@right
def by_data(p, m, v, step, lr):
    """Copies the new means into the old ones, and steps through .data."""
    g = p.grad.detach()
    m.copy_(0.9 * m + 0.1 * g)
    v.copy_(0.999 * v + 0.001 * g * g)
    mean, square = m / (1 - 0.9**step), v / (1 - 0.999**step)
    p.data -= lr * mean / (torch.sqrt(square) + 1e-8)


@right
def in_float64(p, m, v, step, lr):
    """Computes in float64 and puts the results back."""
    with torch.no_grad():
        g = p.grad.double()
        mean, square = m.double() + 0.1 * (g - m), v.double() + 0.001 * (g.square() - v)
        move = lr * mean / (1 - 0.9**step) / ((square / (1 - 0.999**step)) ** 0.5 + 1e-8)
        for kept, new in ((m, mean), (v, square), (p, p.double() - move)):
            kept[...] = new.to(kept.dtype)


@right
def slice_assignment(p, m, v, step, lr):
    """Assigns to all entries at once."""
    with torch.no_grad():
        m[...] = m * 0.9 + p.grad * (1 - 0.9)
        v[...] = v * 0.999 + p.grad**2 * (1 - 0.999)
        p[...] = p - m.div(1 - 0.9**step).mul(lr) / v.div(1 - 0.999**step).sqrt().add(1e-8)
