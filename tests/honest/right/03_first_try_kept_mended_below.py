# assignment: 03-softmax
# what: a first try stays above the checks, and is mended further down, where the notebook was run again

# %% solution softmax
def softmax(x, dim):
    e = torch.exp(x)
    return e / e.sum()

# %% before softmax_with_temperature
# second try: shift by the largest, and keep the dimension
def softmax(x, dim):
    e = torch.exp(x - x.max(dim, keepdim=True).values)
    return e / e.sum(dim, keepdim=True)
