# assignment: 02-matmul
# what: matmul raises since it isn't finished, linear uses F.linear; the other two are right
# loses: matmul, linear

# %% solution matmul
def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes")
    raise TypeError("how do I sum over p???")

# %% solution linear
def linear(x, W, b=None):
    return F.linear(x, W, b)

# %% solution collapse
def collapse(W1, b1, W2, b2):
    W = torch.matmul(W2, W1)
    return W, torch.matmul(W2, b1) + b2
