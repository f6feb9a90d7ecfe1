# assignment: 04-cross-entropy
# what: turns every target into a one-hot row and multiplies

# %% solution negative_log_likelihood
def negative_log_likelihood(probs, target):
    hot = F.one_hot(torch.tensor(target), num_classes=len(probs)).bool()
    return -probs[hot].squeeze().log()

# %% solution cross_entropy
def cross_entropy(logits, targets):
    hot = F.one_hot(targets, num_classes=logits.shape[-1]).to(logits.dtype)
    right = torch.linalg.vecdot(hot, logits)
    return torch.mean(torch.logsumexp(logits, -1) - right)

# %% after cross_entropy
F.one_hot(torch.tensor([0, 2, 1]))

# %% markdown after cross_entropy
**Note to self:** `one_hot` gives int64, so convert before multiplying!
