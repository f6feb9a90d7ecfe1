# assignment: 04-cross-entropy
# what: writes an nn.Module of their own that happens to be called CrossEntropyLoss, and uses that

# %% solution cross_entropy
class CrossEntropyLoss(nn.Module):
    """mean(logsumexp - right logit); nothing of torch.nn's loss in here"""

    def forward(self, logits, targets):
        V = logits.size(-1)
        flat, ids = logits.reshape(-1, V), targets.reshape(-1)
        rows = torch.arange(ids.numel(), device=ids.device)
        return (flat.logsumexp(1) - flat[rows, ids]).mean()


criterion = CrossEntropyLoss()


def cross_entropy(logits, targets):
    return criterion(logits, targets)

# %% after cross_entropy_values
theirs = nn.CrossEntropyLoss()
a, b = torch.randn(6, 4), torch.randint(4, (6,))
print(criterion(a, b), theirs(a, b))
assert torch.allclose(criterion(a, b), theirs(a, b))
