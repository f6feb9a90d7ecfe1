"""Right answers to `linear(x, W, b=None)`."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def transposed_weight(x, W, b=None):
    """Adds the bias in place to the new tensor."""
    y = torch.matmul(x, W.transpose(0, 1))
    if b is not None:
        y += b
    return y


@right
def with_einsum(x, W, b=None):
    """einsum with an ellipsis; a missing bias is 0."""
    return torch.einsum("...i,oi->...o", x, W) + (0 if b is None else b)


@right
def one_output_at_a_time(x, W, b=None):
    """A loop over the rows of the weight."""
    outputs = []
    for o in range(W.shape[0]):
        y = (x * W[o]).sum(-1)
        outputs.append(y if b is None else y + b[o])
    return torch.stack(outputs, dim=-1)


@right
def flat_tokens(x, W, b=None):
    """Flattens the leading dimensions, addmm, and shapes back."""
    flat = x.reshape(-1, x.shape[-1])
    if b is None:
        y = torch.mm(flat, W.t())
    else:
        y = torch.addmm(b, flat, W.t())
    return y.reshape(x.shape[:-1] + (W.shape[0],))


@right
def weight_on_the_left(x, W, b=None):
    """The weight times column vectors."""
    y = (W @ x.unsqueeze(-1)).squeeze(-1)
    if b is None:
        return y
    return y + b


@right
def broadcast_and_sum(x, W, b=None):
    """Broadcasting alone, with a bias of zeros where there is none."""
    if b is None:
        b = torch.zeros(W.shape[0], dtype=x.dtype)
    return (x.unsqueeze(-2) * W).sum(dim=-1) + b


@right
def with_tensordot(x, W, b=None):
    """tensordot over the last dimensions."""
    y = torch.tensordot(x, W, dims=([-1], [1]))
    return torch.add(y, b) if b is not None else y


@right
def with_inner(x, W, b=None):
    """torch.inner contracts the last dimension of both."""
    return torch.inner(x, W) if b is None else torch.inner(x, W) + b


@right
def recursive(x, W, b=None):
    """A vector is the case to know; everything else is a stack of those."""
    if x.dim() == 1:
        y = W.mv(x)
        return y if b is None else y + b
    return torch.stack([recursive(part, W, b) for part in x])


@right
def bias_as_one_more_input(x, W, b=None):
    """The bias as one more column of the weight, for an input that is always 1."""
    if b is not None:
        x = torch.cat([x, torch.ones_like(x[..., :1])], dim=-1)
        W = torch.cat([W, b[:, None]], dim=1)
    return x @ W.T


@right
def own_module(x, W, b=None):
    """A module of one's own that multiplies with mT."""

    class Affine(nn.Module):
        def forward(self, x):
            y = x @ W.mT
            return y + b.expand_as(y) if b is not None else y

    return Affine()(x)


@right
def with_vmap(x, W, b=None):
    """vmap over the rows of the weight."""
    y = torch.vmap(lambda row: (x * row).sum(-1), out_dims=-1)(W)
    return y if b is None else y + b


@right
def with_bilinear(x, W, b=None):
    """F.bilinear with a second input that is always 1."""
    return F.bilinear(x, torch.ones_like(x[..., :1]), W.unsqueeze(-1), b)


@right
def in_float64(x, W, b=None):
    """Works in float64 and comes back."""
    y = x.double() @ W.double().T
    if b is not None:
        y = y + b.double()
    return y.to(x.dtype)


@right
def inputs_one_by_one(x, W, b=None):
    """Starts from the bias and adds what each input contributes, from the last to the first."""
    y = x.new_zeros(*x.shape[:-1], W.shape[0]) if b is None else b.expand(*x.shape[:-1], -1)
    for i in reversed(range(W.shape[1])):
        y = y + x[..., i : i + 1] * W[:, i]
    return y


@right
def as_a_convolution(x, W, b=None):
    """A convolution whose kernel is one wide."""
    flat = x.reshape(1, -1, x.shape[-1]).transpose(1, 2)
    return F.conv1d(flat, W.unsqueeze(-1), b).transpose(1, 2).reshape(*x.shape[:-1], W.shape[0])


@right
def keeps_a_history(x, W, b=None, history=[]):
    """Notes what it was given and gave, and never looks at it."""
    y = x @ W.T
    y = y if b is None else y + b
    history.append((x, W, b, y))
    return y
