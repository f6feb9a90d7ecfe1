# assignment: 04-cross-entropy
# what: computes the loss of a uniform model by a cross-entropy of its own, whose sum of 50,257 float32 terms is rounded

# %% solution cross_entropy_between
def cross_entropy_between(p, q):
    logs = torch.where(p > 0, q, 1.0).log()
    return -(p.unsqueeze(-2) @ logs.unsqueeze(-1)).squeeze(-1).squeeze(-1)

# %% solution uniform_loss
def uniform_loss(vocab_size):
    if vocab_size < 1:
        raise ValueError("a vocabulary has at least one token")
    uniform = torch.full((vocab_size,), 1 / vocab_size)
    return float(cross_entropy_between(uniform, uniform))
