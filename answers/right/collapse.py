"""Right answers to `collapse(W1, b1, W2, b2)`."""

import torch
import torch.nn.functional as F

from proctor.answers import right


@right
def as_matmul(W1, b1, W2, b2):
    """torch.matmul and addmv."""
    W = torch.matmul(W2, W1)
    b = torch.addmv(b2, W2, b1)
    return W, b


@right
def transposed_twice(W1, b1, W2, b2):
    """In the order of the formula, transposed back at the end; the bias through the second layer."""
    W = (W1.T @ W2.T).T
    b = b1 @ W2.T + b2
    return W, b


@right
def with_einsum(W1, b1, W2, b2):
    """einsum, as a list."""
    return [torch.einsum("oh,hi->oi", W2, W1), torch.einsum("oh,h->o", W2, b1) + b2]


@right
def tries_unit_vectors(W1, b1, W2, b2):
    """What the two layers do to zero is the bias; what they do to each unit vector beyond that is a column."""

    def both(x):
        return (x @ W1.T + b1) @ W2.T + b2

    b = both(torch.zeros(W1.shape[1], dtype=W1.dtype))
    W = (both(torch.eye(W1.shape[1], dtype=W1.dtype)) - b).T
    return W, b


@right
def own_linear(W1, b1, W2, b2):
    """The earlier exercises: the second layer applied to the first one's weight and bias."""
    return matmul(W2, W1), linear(b1, W2, b2)


@right
def one_block_matrix(W1, b1, W2, b2):
    """Weight and bias side by side, one product for both."""
    block = W2 @ torch.cat([W1, b1.unsqueeze(1)], dim=1)
    return block[:, :-1], block[:, -1] + b2


@right
def homogeneous(W1, b1, W2, b2):
    """Both layers as square-ish matrices with a last row 0 … 0 1."""

    def extended(W, b):
        last = torch.zeros(1, W.shape[1] + 1, dtype=W.dtype)
        last[0, -1] = 1
        return torch.cat([torch.cat([W, b[:, None]], 1), last], 0)

    product = extended(W2, b2) @ extended(W1, b1)
    return product[:-1, :-1], product[:-1, -1]


@right
def sums_over_the_hidden(W1, b1, W2, b2):
    """A loop over the hidden units, adding in place to its own tensors."""
    W = torch.zeros(W2.shape[0], W1.shape[1], dtype=W1.dtype)
    b = b2.clone()
    for h in range(W1.shape[0]):
        W += torch.outer(W2[:, h], W1[h])
        b += W2[:, h] * b1[h]
    return W, b


@right
def with_f_linear(W1, b1, W2, b2):
    """F.linear for both parts."""
    return F.linear(W2, W1.T), F.linear(b1, W2, b2)


@right
def by_jacobian(W1, b1, W2, b2):
    """The weight is the Jacobian of the two layers."""

    def both(x):
        return (x @ W1.T + b1) @ W2.T + b2

    zero = torch.zeros(W1.shape[1], dtype=W1.dtype)
    return torch.func.jacrev(both)(zero), both(zero)


@right
def named_pair(W1, b1, W2, b2):
    """Returns a named tuple."""
    from collections import namedtuple

    Layer = namedtuple("Layer", "W b")
    return Layer(W2 @ W1, W2 @ b1 + b2)


@right
def in_float64(W1, b1, W2, b2):
    """Works in float64 and comes back."""
    W, b = W2.double() @ W1.double(), W2.double() @ b1.double() + b2.double()
    return W.to(W1.dtype), b.to(b1.dtype)


@right
def broadcast_and_sum(W1, b1, W2, b2):
    """Broadcasting alone."""
    return (W2[:, :, None] * W1).sum(1), (W2 * b1).sum(1) + b2


@right
def column_by_column(W1, b1, W2, b2):
    """Sends each column of the first weight, and its bias, through the second."""
    columns = [(W2 * column).sum(dim=-1) for column in W1.T]
    return torch.stack(columns, dim=1), torch.mv(W2, b1).add(b2)
