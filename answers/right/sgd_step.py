"""Right answers to `sgd_step(parameters, lr)`, written otherwise."""

import torch

from proctor.answers import right


@right
def by_sub(parameters, lr):
    """Subtracts with alpha, and skips with continue."""
    with torch.no_grad():
        for p in parameters:
            if p.grad is None:
                continue
            p.sub_(p.grad, alpha=lr)


@right
def by_data(parameters, lr):
    """Changes the numbers through .data."""
    for p in parameters:
        if p.grad is not None:
            p.data -= lr * p.grad.data


@right
def by_detach(parameters, lr):
    """Changes the numbers through a detached view on the same memory."""
    for p in parameters:
        if p.grad is not None:
            p.detach().add_(p.grad, alpha=-lr)


@right
def by_copy(parameters, lr):
    """Copies the new numbers into each parameter, in a decorated helper."""

    @torch.no_grad()
    def update(p):
        p.copy_(p - lr * p.grad)

    for p in list(parameters):
        if p.grad is not None:
            update(p)


@right
def all_at_once(parameters, lr):
    """Updates all tensors with one call."""
    with_grad = [p for p in parameters if p.grad is not None]
    with torch.no_grad():
        torch._foreach_add_(with_grad, [p.grad for p in with_grad], alpha=-lr)


@right
def by_index(parameters, lr):
    """Assigns through an index."""
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p[...] = p - p.grad * lr


@right
def switched_and_restored(parameters, lr):
    """Switches recording off and back on by hand."""
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        for p in parameters:
            if p.grad is not None:
                p -= p.grad.mul(lr)
    finally:
        torch.set_grad_enabled(before)


@right
def new_data(parameters, lr):
    """Puts a new tensor behind the parameter, which stays the same leaf."""
    for p in parameters:
        if p.grad is not None:
            p.data = p.data - lr * p.grad


@right
def addcmul(parameters, lr):
    """Adds a product, with minus lr as a tensor."""
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p.addcmul_(p.grad, torch.full_like(p, -lr))


@right
def all_read_first(parameters, lr):
    """Reads all gradients before it changes anything."""
    steps = [(p, lr * p.grad.detach().clone()) for p in parameters if isinstance(p.grad, torch.Tensor)]
    for p, step in steps:
        p.data.sub_(step)


@right
def recording_off_and_on(parameters, lr):
    """Switches the recording off, and on again at its end."""
    torch.set_grad_enabled(False)
    for p in parameters:
        if p.grad is not None:
            p -= lr * p.grad
    torch.set_grad_enabled(True)
