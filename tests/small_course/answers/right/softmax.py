"""Right answers to `softmax(x, dim)`, written otherwise."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def detached_maximum(x, dim):
    """The constant cancels, so it needs no gradient."""
    shifted = x - x.max(dim=dim, keepdim=True).values.detach()
    return shifted.exp().div(shifted.exp().sum(dim=dim, keepdim=True))


@right
def through_logsumexp(x, dim):
    """Subtracts the logarithm of the sum, then one exponential."""
    return torch.exp(x - torch.logsumexp(x, dim=dim, keepdim=True))


@right
def gradient_of_logsumexp(x, dim):
    """Softmax is the gradient of logsumexp."""
    with torch.enable_grad():
        z = x if x.requires_grad else x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(torch.logsumexp(z, dim).sum(), z, create_graph=True)
    return gradient if x.requires_grad else gradient.detach()


@right
def slice_by_slice(x, dim):
    """A Python loop over slices, stacked again."""
    last = x.movedim(dim, -1)
    rows = []
    for row in last.reshape(-1, last.shape[-1]):
        exps = (row - row.max()).exp()
        rows.append(exps / exps.sum())
    return torch.stack(rows).reshape(last.shape).movedim(-1, dim)


@right
def running_maximum(x, dim):
    """One pass with a running maximum and a sum that is scaled anew when the maximum grows."""
    lowest = torch.finfo(x.dtype).min
    largest, total = torch.full_like(x.select(dim, 0), lowest), torch.zeros_like(x.select(dim, 0))
    for entry in x.unbind(dim):
        larger = torch.maximum(largest, entry)
        total = total * torch.exp(largest - larger) + torch.exp(entry - larger)
        largest = larger
    return torch.stack([torch.exp(entry - largest) / total for entry in x.unbind(dim)], dim)


@right
def chained_logaddexp(x, dim):
    """The logarithm of the sum, one entry after the other."""
    entries = x.unbind(dim)
    total = entries[0]
    for entry in entries[1:]:
        total = torch.logaddexp(total, entry)
    return (x - total.unsqueeze(dim)).exp()


@right
def in_place_on_a_copy(x, dim):
    """In-place operations on its own tensor."""
    shifted = x.clone()
    shifted -= x.amax(dim, keepdim=True)
    exps = torch.exp(shifted)
    return exps * exps.sum(dim, keepdim=True).reciprocal()


@right
def with_normalize(x, dim):
    """F.normalize with p=1 divides by the sum."""
    return F.normalize(torch.exp(x - x.amax(dim, keepdim=True)), p=1, dim=dim)


@right
def powers_of_two(x, dim):
    """e**x as 2**(x / ln 2)."""
    powers = torch.exp2((x - x.amax(dim=dim, keepdim=True)) * math.log2(math.e))
    return powers / torch.sum(powers, dim=dim, keepdim=True)


@right
def in_float64(x, dim):
    """Computes in float64, shifted all the same, and converts back."""
    exps = torch.exp(x.double() - x.double().amax(dim, keepdim=True))
    return (exps / exps.sum(dim, keepdim=True)).to(x.dtype)


@right
def sum_as_matmul(x, dim):
    """The sum as a product with a vector of ones."""
    last = x.transpose(dim, -1)
    exps = torch.exp(last - last.amax(-1, keepdim=True))
    return (exps / (exps @ torch.ones(last.shape[-1], 1, dtype=x.dtype))).transpose(dim, -1)


@right
def sum_as_einsum(x, dim):
    """The sum by einsum."""
    last = torch.movedim(x, dim, -1)
    exps = (last - last.max(-1, keepdim=True)[0]).exp()
    return torch.movedim(torch.einsum("...v,...->...v", exps, 1 / torch.einsum("...v->...", exps)), -1, dim)


@right
def one_slice_mapped(x, dim):
    """Written for one vector, mapped over the others with vmap."""

    def vector(v):
        exps = torch.exp(v - torch.max(v))
        return exps / torch.sum(exps)

    last = x.movedim(dim, -1)
    return torch.func.vmap(vector)(last.reshape(-1, last.shape[-1])).reshape(last.shape).movedim(-1, dim)


@right
def maximum_by_sorting(x, dim):
    """The maximum is the last of the sorted entries."""
    largest = x.sort(dim=dim).values.narrow(dim, x.shape[dim] - 1, 1)
    exps = torch.exp(x - largest)
    return exps / exps.sum(dim, True)


@right
def without_keepdim(x, dim):
    """unsqueeze instead of keepdim."""
    exps = torch.exp(x - x.amax(dim).unsqueeze(dim))
    return exps / exps.sum(dim).unsqueeze(dim)


@right
def as_a_module(x, dim):
    """A small nn.Module around it."""

    class Shares(nn.Module):
        def forward(self, logits):
            exps = (logits - logits.amax(dim, keepdim=True)).exp()
            return exps / exps.sum(dim, keepdim=True)

    return Shares()(x)


@right
def differences_first(x, dim):
    """The shift is taken off twice, the logarithm of the sum second."""
    shifted = x - x.amax(dim, keepdim=True)
    return torch.exp(shifted - torch.log(torch.exp(shifted).sum(dim, keepdim=True)))


@right
def own_autograd_function(x, dim):
    """Forward and backward written by hand."""

    class Shares(torch.autograd.Function):
        @staticmethod
        def forward(ctx, logits):
            exps = torch.exp(logits - logits.amax(dim, keepdim=True))
            shares = exps / exps.sum(dim, keepdim=True)
            ctx.save_for_backward(shares)
            return shares

        @staticmethod
        def backward(ctx, gradient):
            (shares,) = ctx.saved_tensors
            return shares * (gradient - (gradient * shares).sum(dim, keepdim=True))

    return Shares.apply(x)


@right
def blocks_of_16(x, dim):
    """Goes through blocks of 16 entries, with a running maximum and a sum that is scaled anew when that grows."""
    largest = x.amax(dim, keepdim=True).detach() * 0 + torch.finfo(x.dtype).min
    total = torch.zeros_like(largest)
    for block in x.split(16, dim):
        larger = torch.maximum(largest, block.amax(dim, keepdim=True).detach())
        total = total * torch.exp(largest - larger) + torch.exp(block - larger).sum(dim, keepdim=True)
        largest = larger
    return torch.exp(x - largest) / total


@right
def log_odds(x, dim):
    """The sigmoid of how far each entry is ahead of all the others together."""
    last = x.movedim(dim, -1)
    itself = torch.eye(last.shape[-1], dtype=torch.bool)
    others = last.unsqueeze(-2).masked_fill(itself, torch.finfo(x.dtype).min).logsumexp(-1)
    return torch.sigmoid(last - others).movedim(-1, dim)


@right
def sorted_before_the_sum(x, dim):
    """Adds the exponentials up one by one, the smallest first."""
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    total = 0
    for entry in exps.sort(dim=dim).values.unbind(dim):
        total = total + entry
    return exps / total.unsqueeze(dim)


@right
def shared_out_twice(x, dim):
    """Shares out what has been shared out, which changes nothing."""
    exps = torch.exp(x - x.amax(dim, keepdim=True).detach())
    shares = exps / exps.sum(dim, keepdim=True)
    return shares / shares.sum(dim, keepdim=True)


@right
def halves_added_as_logarithms(x, dim):
    """The logarithm of the sum from those of two halves, and so on."""

    def log_sum(entries):
        if len(entries) == 1:
            return entries[0]
        middle = len(entries) // 2
        return torch.logaddexp(log_sum(entries[:middle]), log_sum(entries[middle:]))

    return (x - log_sum(x.unbind(dim)).unsqueeze(dim)).exp()
