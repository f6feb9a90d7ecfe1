# assignment: 04-cross-entropy
# what: one solution cell is no Python, the scratch cell behind it neither
# loses: cross_entropy_between

# %% solution cross_entropy_between
def cross_entropy_between(p, q)
    mask = p > 0
    return -(p[mask] * q[mask].log()).sum(-1)

# %% after cross_entropy_between
cross_entropy_between(torch.tensor([1.0, 0.0]), torch.tensor([0.5 0.5]))

# %% solution cross_entropy
def cross_entropy(logits, targets):
    z = logits - logits.amax(-1, keepdim=True)
    return (z.logsumexp(-1) - z.gather(-1, targets[..., None]).squeeze(-1)).mean()
