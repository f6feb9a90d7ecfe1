# assignment: 02-matmul
# what: the while loop of matmul never moves on; scratch cells call it in try
# loses: matmul

# %% solution matmul
def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("sizes")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    p = 0
    while p < A.shape[1]:
        C = C + torch.outer(A[:, p], B[p])
    return C

# %% solution linear
def linear(x, W, b=None):
    y = torch.einsum("...i,oi->...o", x, W)
    return y if b is None else y + b
