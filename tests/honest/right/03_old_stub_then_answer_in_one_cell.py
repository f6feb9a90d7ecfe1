# assignment: 03-softmax
# what: kept the stub in the solution cell and put the answer under it, with a help() and a doctest call

# %% solution softmax
def softmax(x, dim):
    # YOUR CODE HERE
    raise NotImplementedError()

# -- my version --
def softmax(x, dim):
    """
    >>> softmax(torch.zeros(2), 0).tolist()
    [0.5, 0.5]
    """
    top = x.max(dim=dim, keepdim=True).values
    top = torch.where(top == -math.inf, torch.zeros_like(top), top)
    e = (x - top).exp()
    return e / e.sum(dim=dim, keepdim=True)

# %% after softmax
import doctest
help(softmax)
print(doctest.testmod(verbose=False))
%pinfo softmax
softmax?
