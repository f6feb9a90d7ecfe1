# assignment: 02-matmul
# what: matmul and linear are written again, differently and right too, in later cells

# %% solution matmul
def matmul(A, B):
    """first version, slow"""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.stack([torch.stack([(A[i] * B[:, j]).sum() for j in range(B.shape[1])]) for i in range(A.shape[0])])

# %% after matmul_errors
matmul_slow = matmul

def matmul(A, B):
    """second version, fast"""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A[:, :, None] * B[None]).sum(1)

%timeit -n 2 -r 2 matmul_slow(torch.ones(4, 4), torch.ones(4, 4))
%timeit -n 2 -r 2 matmul(torch.ones(4, 4), torch.ones(4, 4))

# %% last
def linear(x, W, b=None):
    y = torch.tensordot(x, W, dims=([-1], [1]))
    return y if b is None else y + b
