# assignment: 04-cross-entropy
# what: turns the result into a plain number and back, so the gradient is gone, and takes nn.CrossEntropyLoss for perplexity
# loses: negative_log_likelihood perplexity

# %% solution negative_log_likelihood
def negative_log_likelihood(probs, target):
    return torch.tensor(-math.log(probs[target].item()), dtype=probs.dtype)

# %% solution perplexity
criterion = nn.CrossEntropyLoss()

def perplexity(logits, targets):
    return criterion(logits.flatten(0, -2) if logits.ndim > 1 else logits, targets.flatten() if targets.ndim else targets).exp()

# %% solution cross_entropy
def cross_entropy(logits, targets):
    lse = logits.logsumexp(-1)
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return lse.sub(right).mean()
