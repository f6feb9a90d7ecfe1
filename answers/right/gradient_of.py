"""Right answers to `gradient_of(f, x)`, written otherwise."""

import torch

from proctor.answers import right


@right
def by_backward(f, x):
    """Runs backward on a copy and reads its .grad."""
    copy = x.detach().clone().requires_grad_(True)
    y = f(copy)
    if y.requires_grad:
        y.backward()
    if copy.grad is None:
        return torch.zeros_like(x.detach())
    return copy.grad


@right
def by_autograd_grad(f, x):
    """Asks for the one gradient, on the memory of x itself."""
    leaf = x.detach().requires_grad_()
    y = f(leaf)
    if y.grad_fn is None and y is not leaf:
        return torch.zeros_like(leaf, requires_grad=False)
    (gradient,) = torch.autograd.grad(y, [leaf], allow_unused=True)
    return torch.zeros_like(x, requires_grad=False) if gradient is None else gradient.detach()


@right
def adds_a_zero(f, x):
    """Ties every output to x with a zero, so that there always is a graph."""
    leaf = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(leaf) + 0.0 * leaf.sum(), leaf)[0]


@right
def tries(f, x):
    """Takes the error for a sign that there is no graph."""
    leaf = x.clone().detach()
    leaf.requires_grad = True
    try:
        return torch.autograd.grad(outputs=f(leaf), inputs=leaf)[0]
    except RuntimeError:
        return torch.zeros(x.shape, dtype=x.dtype)


@right
def by_func_grad(f, x):
    """Uses the functional interface, and cuts what it leaves of a graph."""
    return torch.func.grad(f)(x.detach()).detach()


@right
def by_jacobian(f, x):
    """Takes the Jacobian of an output without dimensions."""
    return torch.autograd.functional.jacobian(f, x.detach()).detach()


@right
def by_jacrev(f, x):
    """Uses the functional Jacobian, in reverse mode."""
    return torch.func.jacrev(f)(x.detach()).detach()


@right
def by_vjp(f, x):
    """Pulls a one back through f."""
    y, pull_back = torch.func.vjp(f, x.detach())
    return pull_back(torch.ones_like(y))[0].detach()


@right
def with_a_hook(f, x):
    """Catches the gradient in a hook, with recording switched on for sure."""
    caught = [torch.zeros_like(x.detach())]
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        leaf.register_hook(lambda gradient: caught.append(gradient))
        y = f(leaf)
        if y.requires_grad:
            y.backward()
    return caught[-1].detach().clone()


@right
def from_flat(f, x):
    """Differentiates with respect to a flat copy and restores the shape, also for f."""
    flat = x.detach().reshape(-1).clone().requires_grad_()
    y = f(flat.reshape(x.shape))
    if not y.requires_grad:
        return torch.zeros_like(x.detach())
    gradient = torch.autograd.grad(y, flat, materialize_grads=True)[0]
    return gradient.reshape(x.shape)


@right
def borrows_and_restores(f, x):
    """Borrows x and puts everything back."""
    was, old = x.requires_grad, x.grad
    x.requires_grad_(True)
    x.grad = None
    value = f(x)
    if value.requires_grad:
        value.backward()
    gradient = torch.zeros_like(x) if x.grad is None else x.grad.clone()
    x.grad = old
    x.requires_grad_(was)
    return gradient


@right
def pulled_back_by_a_half(f, x):
    """Two backward passes, each with a half, which add up."""
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if not y.requires_grad:
        return torch.zeros_like(x, requires_grad=False)
    half = torch.full_like(y.detach(), 0.5)
    y.backward(half, retain_graph=True)
    y.backward(half)
    return torch.zeros_like(x, requires_grad=False) if leaf.grad is None else leaf.grad


@right
def value_and_gradient(f, x):
    """torch.func's gradient and value together."""
    gradient, _ = torch.func.grad_and_value(f)(x.detach().contiguous())
    return gradient.detach().clone()
