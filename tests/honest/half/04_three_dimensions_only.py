# assignment: 04-cross-entropy
# what: insists on logits of three dimensions by an assert, and raises for everything else
# loses: cross_entropy

# %% solution cross_entropy
def cross_entropy(logits, targets):
    assert logits.ndim == 3, "I want (B, T, V)"
    B, T, V = logits.shape
    flat = logits.reshape(B * T, V)
    return (flat.logsumexp(1) - flat[torch.arange(B * T), targets.reshape(-1)]).mean()

# %% after cross_entropy
%time cross_entropy(torch.randn(2, 3, 4), torch.zeros(2, 3, dtype=torch.int64))
