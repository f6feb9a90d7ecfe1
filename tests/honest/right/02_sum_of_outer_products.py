# assignment: 02-matmul
# what: matmul as a sum of outer products in a loop over k, with tqdm round it

# %% solution matmul
from tqdm.auto import tqdm

def matmul(A, B):
    n, k = A.shape
    k2, m = B.shape
    if k != k2:
        raise ValueError(f"inner sizes differ: {k} and {k2}")
    C = torch.zeros(n, m, dtype=A.dtype, device=A.device)
    for p in tqdm(range(k), desc="matmul", leave=False):
        C = C + torch.outer(A[:, p], B[p, :])
    return C

# %% solution linear
def linear(x, W, b=None):
    y = torch.matmul(x, W.transpose(0, 1))
    if b is not None:
        y = y + b
    return y

# %% after matmul_values
for n in tqdm([1, 2, 3]):
    print(matmul(torch.ones(n, 2), torch.ones(2, n)))
