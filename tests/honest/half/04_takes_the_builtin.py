# assignment: 04-cross-entropy
# what: calls F.cross_entropy in cross_entropy although it says not to; perplexity calls that and is right itself
# loses: cross_entropy

# %% solution cross_entropy
def cross_entropy(logits, targets):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))

# %% solution perplexity
def perplexity(logits, targets):
    return torch.exp(cross_entropy(logits, targets))

# %% after perplexity
for _ in range(3):
    print(F.cross_entropy(torch.randn(2, 5), torch.tensor([0, 1])))
