# assignment: 03-softmax
# what: writes the naive softmax below the checks, just to see it overflow

# %% after softmax_stability
def softmax(x, dim):
    e = torch.exp(x)
    return e / e.sum(dim)

softmax(torch.tensor([1000.0, 0.0]), 0)
