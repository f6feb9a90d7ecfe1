# assignment: 02-matmul
# what: matmul uses @ itself; collapse calls matmul and linear and is right
# loses: matmul

# %% solution matmul
def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return A @ B

# %% solution collapse
def collapse(W1, b1, W2, b2):
    return matmul(W2, W1), linear(b1, W2, b2)

# %% after collapse
print("fine:", torch.ones(2, 2) @ torch.ones(2, 2), F.linear(torch.ones(2), torch.ones(2, 2)))
