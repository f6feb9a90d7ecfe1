"""Right answers to `cross_entropy(logits, targets)`, written otherwise."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def flattened(logits, targets):
    """As PyTorch wants it: two dimensions, then an index pair."""
    rows, ids = logits.reshape(-1, logits.size(-1)), targets.reshape(-1)
    picked = rows[torch.arange(ids.numel()), ids]
    return torch.mean(rows.logsumexp(dim=1) - picked)


@right
def shifted_by_the_maximum(logits, targets):
    """Its own logsumexp, with the maximum detached."""
    shifted = logits - logits.max(dim=-1, keepdim=True).values.detach()
    logs = shifted - shifted.exp().sum(dim=-1, keepdim=True).log()
    return -logs.gather(-1, targets[..., None]).mean()


@right
def maximum_added_back(logits, targets):
    """Its own logsumexp, with the maximum in the graph and added back at the end."""
    largest = logits.amax(dim=-1)
    total = largest + torch.log(torch.exp(logits - largest.unsqueeze(-1)).sum(-1))
    return torch.mean(total - torch.take_along_dim(logits, targets.unsqueeze(-1), dim=-1).squeeze(-1))


@right
def one_hot_product(logits, targets):
    """A one-hot mask, summed over the vocabulary."""
    wanted = F.one_hot(targets, num_classes=logits.shape[-1]).to(logits.dtype)
    logs = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    return -(wanted * logs).sum(dim=-1).mean()


@right
def one_hot_einsum(logits, targets):
    """einsum takes the target's logit out."""
    wanted = torch.eye(logits.shape[-1], dtype=logits.dtype)[targets]
    return (logits.logsumexp(-1) - torch.einsum("...v,...v->...", logits, wanted)).mean()


@right
def difference_of_means(logits, targets):
    """Averages the two parts apart and subtracts once."""
    return torch.logsumexp(logits, -1).mean() - logits.gather(-1, targets.unsqueeze(-1)).mean()


@right
def gaps_first(logits, targets):
    """The logsumexp of every token's lead over the right one."""
    return torch.logsumexp(logits - logits.gather(-1, targets.unsqueeze(-1)), dim=-1).mean()


@right
def token_by_token(logits, targets):
    """A Python loop over tokens, stacked."""
    rows, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1).tolist()
    return torch.stack([torch.logsumexp(row, dim=0) - row[i] for row, i in zip(rows, ids)]).mean()


@right
def running_total(logits, targets):
    """A Python loop that adds up and divides at the end."""
    rows, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    total = 0.0
    for row, i in zip(rows, ids):
        shifted = row - row.max()
        total = total + shifted.exp().sum().log() - shifted[i]
    return total / ids.numel()


@right
def pairwise_logaddexp(logits, targets):
    """logaddexp over the vocabulary, one entry after the other."""
    total = logits[..., 0]
    for i in range(1, logits.shape[-1]):
        total = torch.logaddexp(total, logits[..., i])
    return (total - logits.gather(-1, targets[..., None])[..., 0]).mean()


@right
def cumulative(logits, targets):
    """The last entry of logcumsumexp."""
    total = torch.logcumsumexp(logits, dim=-1)[..., -1]
    return (total - logits.gather(-1, targets[..., None]).squeeze(-1)).mean()


@right
def categorical(logits, targets):
    """The log-probability of torch's own categorical distribution."""
    return -torch.distributions.Categorical(logits=logits).log_prob(targets).mean()


@right
def mapped(logits, targets):
    """One token's loss, mapped over all of them."""

    def one(row, i):
        return torch.logsumexp(row, dim=-1) - row.gather(0, i.reshape(1)).squeeze(0)

    return torch.vmap(one)(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)).mean()


@right
def on_a_clone(logits, targets):
    """In place, on a copy of its own."""
    rows = logits.clone().reshape(-1, logits.shape[-1])
    rows -= rows.amax(dim=1, keepdim=True).detach()
    rows = rows - rows.exp().sum(dim=1, keepdim=True).log_()
    return rows.index_select(1, targets.reshape(-1)).diagonal().mean().neg()


@right
def selected_by_mask(logits, targets):
    """A boolean mask picks the right tokens' logits."""
    rows, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    mask = torch.arange(rows.shape[1]) == ids[:, None]
    return rows.logsumexp(1).mean() - rows[mask].mean()


@right
def in_float64(logits, targets):
    """More digits inside, the caller's dtype outside."""
    wide = logits.to(torch.float64)
    losses = torch.logsumexp(wide, dim=-1) - wide.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return losses.mean().to(logits.dtype)


@right
def softplus_of_the_rivals(logits, targets):
    """The right token against the logsumexp of all the others."""
    index = targets.unsqueeze(-1)
    rivals = logits.scatter(-1, index, -math.inf).logsumexp(dim=-1)
    lead = logits.gather(-1, index).squeeze(-1) - rivals
    return torch.logaddexp(torch.zeros_like(lead), -lead).mean()


@right
def means_of_equal_groups(logits, targets):
    """The mean over time, then over the batch: the same, since all sequences are equally long."""
    losses = torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets[..., None]).squeeze(-1)
    while losses.dim() > 0:
        losses = losses.mean(dim=-1)
    return losses


@right
def as_a_sum_over_a_count(logits, targets):
    """Sum over count, spelled out with keywords."""
    picked = torch.gather(input=logits, dim=-1, index=targets.unsqueeze(dim=-1)).squeeze(dim=-1)
    return torch.sum(torch.logsumexp(input=logits, dim=-1) - picked) / targets.numel()


@right
def shifted_by_the_target(logits, targets):
    """Twice shifted: by the target's logit, then by the largest that is left."""
    gaps = logits - logits.gather(-1, targets.unsqueeze(-1))
    top = gaps.amax(dim=-1, keepdim=True)
    return (top.squeeze(-1) + (gaps - top).exp().sum(dim=-1).log()).mean()


@right
def sorted_first(logits, targets):
    """Sums the exponentials from the smallest to the largest."""
    rows = logits.sort(dim=-1).values
    top = rows[..., -1:]
    total = (rows - top).exp().cumsum(dim=-1)[..., -1].log() + top.squeeze(-1)
    return (total - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


@right
def averaged_as_it_goes(logits, targets):
    """A running mean over tokens, in the logits' dtype."""
    rows, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1).tolist()
    mean = torch.zeros((), dtype=logits.dtype)
    for count, (row, i) in enumerate(zip(rows, ids), start=1):
        mean = mean + (row.logsumexp(0) - row[i] - mean) / count
    return mean


@right
def keeps_the_row_numbers(logits, targets, kept={}):
    """Keeps the numbers of the rows, which depend on nothing but how many there are."""
    flat = logits.reshape(-1, logits.shape[-1])
    rows = kept.setdefault(len(flat), torch.arange(len(flat)))
    return (flat.logsumexp(-1) - flat[rows, targets.reshape(-1)]).mean()
