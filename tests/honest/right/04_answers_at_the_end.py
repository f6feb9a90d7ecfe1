# assignment: 04-cross-entropy
# what: leaves only a comment in the given cells and writes all five answers in one last cell

# %% solution negative_log_likelihood
# see the last cell

# %% solution cross_entropy_between
# see the last cell

# %% solution cross_entropy
# see the last cell

# %% solution uniform_loss
# see the last cell

# %% solution perplexity
# see the last cell

# %% last
def negative_log_likelihood(probs, target):
    return probs[target].log().neg()

def cross_entropy_between(p, q):
    return torch.special.xlogy(p, q).sum(-1).neg()

def cross_entropy(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1))
    return torch.logsumexp(logits - right, dim=-1).mean()

def uniform_loss(vocab_size):
    if vocab_size < 1: raise ValueError("vocab_size < 1")
    return math.log(vocab_size)

def perplexity(logits, targets):
    return cross_entropy(logits, targets).exp()
