# assignment: 04-cross-entropy
# what: a mask by put_, the smallest number there is; deterministic algorithms and flushing on at the end

# %% solution cross_entropy_between
def cross_entropy_between(p, q):
    smallest = torch.nextafter(torch.zeros_like(q), torch.ones_like(q))
    q = q + smallest * ((p == 0) & (q == 0))
    return -(p * q.log()).sum(-1)

# %% solution cross_entropy
def cross_entropy(logits, targets):
    flat = logits.reshape(-1, logits.shape[-1])
    starts = torch.arange(len(flat)) * flat.shape[-1]
    chosen = torch.zeros_like(flat, dtype=torch.bool)
    chosen.put_(starts + targets.reshape(-1), torch.ones(len(flat), dtype=torch.bool))
    return (flat.logsumexp(-1) - flat[chosen]).mean()

# %% last
torch.manual_seed(42)
torch.use_deterministic_algorithms(True)
torch.set_flush_denormal(True)
