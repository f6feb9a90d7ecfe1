# assignment: 02-matmul
# what: linear multiplies by W as it is; collapse calls linear and is right given a right one
# loses: linear

# %% solution linear
def linear(x, W, b=None):
    y = x @ W
    return y + b if b is not None else y

# %% solution collapse
def collapse(W1, b1, W2, b2):
    return W2 @ W1, linear(b1, W2, b2)

# %% after linear_values
%timeit -n 1 -r 1 linear(torch.ones(2), torch.ones(2, 2))
