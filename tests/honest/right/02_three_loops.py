# assignment: 02-matmul
# what: matmul loops over all three sizes with a bar, and linear calls it in its own way

# %% solution matmul
from tqdm import tqdm

def matmul(A, B):
    n, k, m = A.shape[0], A.shape[1], B.shape[1]
    if k != B.shape[0]:
        raise ValueError("k")
    C = torch.zeros(n, m, dtype=A.dtype)
    for i in tqdm(range(n)):
        for j in range(m):
            for p in range(k):
                C[i, j] = C[i, j] + A[i, p] * B[p, j]
    return C

# %% solution linear
def linear(x, W, b=None):
    y = matmul(x.reshape(-1, x.shape[-1]), W.T).reshape(*x.shape[:-1], len(W))
    return y if b is None else y + b
