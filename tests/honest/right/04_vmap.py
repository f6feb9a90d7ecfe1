# assignment: 04-cross-entropy
# what: writes the loss of one token and vmaps it over the batch; tries torch.compile in a scratch cell

# %% solution cross_entropy
def one_token(row, t):
    return torch.logsumexp(row, 0) - row.gather(0, t[None])[0]


def cross_entropy(logits, targets):
    rows = logits.reshape(-1, logits.shape[-1])
    return torch.vmap(one_token)(rows, targets.reshape(-1)).mean()

# %% after cross_entropy_shapes
try:
    fast = torch.compile(one_token, backend="eager")
    print(fast(torch.randn(5), torch.tensor(2)))
except Exception as e:
    print("no compiler here:", type(e).__name__)
