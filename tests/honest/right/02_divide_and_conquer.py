# assignment: 02-matmul
# what: matmul by recursion that halves the inner size

# %% solution matmul
def matmul(A, B):
    k = A.shape[1]
    if B.shape[0] != k:
        raise ValueError("k")
    if k == 1:
        return A * B          # (n, 1) * (1, m) broadcasts
    half = k // 2
    left = matmul(A[:, :half], B[:half])
    right = matmul(A[:, half:], B[half:])
    return left + right

# %% solution linear
def linear(x, W, b=None):
    if x.dim() == 1:
        return linear(x[None], W, b)[0]
    y = x @ W.permute(1, 0)
    return y + (0 if b is None else b)
