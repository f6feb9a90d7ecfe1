# assignment: 02-matmul
# what: two loops fill a tensor of zeros entry by entry, and a scratch cell times it with timeit and globals()

# %% solution matmul
def matmul(A, B):
    n, k = A.shape
    kk, m = B.shape
    if kk != k:
        raise ValueError("cannot multiply")
    C = A.new_zeros((n, m))
    for i in range(n):
        for j in range(m):
            C[i, j] = torch.sum(A[i] * B[:, j])
    return C

# %% after matmul_errors
import timeit
A, B = torch.randn(6, 7), torch.randn(7, 8)
mine = timeit.timeit("matmul(A, B)", globals=globals(), number=5)
theirs = timeit.timeit("A @ B", globals=globals(), number=5)
print(f"{mine / theirs:.0f} times slower")
%timeit -n 3 -r 1 matmul(A, B)
