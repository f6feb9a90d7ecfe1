# assignment: 04-cross-entropy
# what: leaves scratch cells behind that raise a NameError, are no Python, or ask for help with a question mark

# %% before cross_entropy_between
torch.xlogy?

# %% after cross_entropy_between
print(pp * qq)

# %% after cross_entropy_between_zeros
%tb

# %% before cross_entropy
logits = torch.randn(2 3, 5)
targets = 

# %% solution cross_entropy
def cross_entropy(logits, targets):
    right = logits.gather(dim=-1, index=targets[..., None])
    # softplus-like: everything relative to the right logit
    gaps = logits - right
    return gaps.logsumexp(dim=-1).mean()

# %% after cross_entropy_shapes
cross_entropy(torch.randn(2, 3), torch.tensor([0, 7]))

# %% last
1 / 0
