# assignment: 04-cross-entropy
# what: halves the vocabulary recursively instead of calling logsumexp

# %% before cross_entropy
def lse(x):
    n = x.shape[-1]
    if n == 1:
        return x[..., 0]
    if n == 2:
        return torch.logaddexp(x[..., 0], x[..., 1])
    return torch.logaddexp(lse(x[..., : n // 2]), lse(x[..., n // 2 :]))

# %% solution cross_entropy
def cross_entropy(logits, targets):
    if targets.ndim == 0:
        return lse(logits) - logits[targets]
    return torch.stack([cross_entropy(l, t) for l, t in zip(logits, targets)]).mean()

# %% solution cross_entropy_between
def cross_entropy_between(p, q):
    if p.ndim > 1:
        return torch.stack([cross_entropy_between(a, b) for a, b in zip(p, q)])
    return -torch.xlogy(p, q).sum()
