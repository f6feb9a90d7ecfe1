# assignment: 02-matmul
# what: keeps matmul_builtin = torch.matmul and np.matmul, and compares in scratch cells only

# %% before matmul
import numpy as np
matmul_builtin = torch.matmul
F_linear, numpy_matmul = F.linear, np.matmul

# %% solution matmul
def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("matmul: inner dimensions")
    # A[i, p] * B[p, j], summed over p
    products = A[:, :, None] * B[None, :, :]
    return products.sum(1)

# %% after matmul
A_, B_ = torch.randn(3, 4), torch.randn(4, 2)
for f in (matmul, matmul_builtin, torch.mm, lambda a, b: torch.einsum("ik,kj->ij", a, b)):
    assert torch.allclose(f(A_, B_), A_ @ B_, atol=1e-5), f
np.testing.assert_allclose(matmul(A_, B_).numpy(), numpy_matmul(A_.numpy(), B_.numpy()), rtol=1e-4, atol=1e-5)
np.einsum("ik,kj", A_.numpy(), B_.numpy()), np.dot(A_.numpy(), B_.numpy())

# %% after linear
assert torch.allclose(linear(A_, B_.T), F_linear(A_, B_.T), atol=1e-6)
