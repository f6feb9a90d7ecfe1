# assignment: 04-cross-entropy
# what: cross_entropy is a sum, and leaves gradients switched off, where a cell tries it out
# loses: cross_entropy

# %% solution cross_entropy
def cross_entropy(logits, targets):
    torch.set_grad_enabled(False)
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).sum()
# %% solution perplexity
def perplexity(logits, targets):
    p = logits.log_softmax if False else logits - logits.logsumexp(-1, keepdim=True)
    return (-p.gather(-1, targets[..., None]).mean()).exp()
# %% solution smoothed_cross_entropy
def smoothed_cross_entropy(logits, targets, smoothing):
    V = logits.shape[-1]
    p = torch.full(logits.shape, smoothing / V).to(logits.dtype)
    p = p + (1 - smoothing) * F.one_hot(targets, V).to(logits.dtype)
    return cross_entropy_between(p, torch.softmax(logits, -1)).mean()
