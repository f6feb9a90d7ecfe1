# assignment: 02-matmul
# what: pytest.raises, pytest.approx and torch.testing in a scratch cell, with tests written as functions

# %% solution matmul
def matmul(A, B):
    n, k, m = A.shape[0], A.shape[1], B.shape[1]
    if B.shape[0] != k:
        raise ValueError("matmul needs (n, k) and (k, m)")
    C = torch.zeros((n, m), dtype=A.dtype)
    for i in range(n):
        for j in range(m):
            C[i, j] = (A[i, :] * B[:, j]).sum()
    return C

# %% after matmul_errors
import pytest

@pytest.mark.parametrize("n", [1, 2])
def test_identity(n):
    assert matmul(torch.eye(n), torch.eye(n)).equal(torch.eye(n))

def test_raises():
    with pytest.raises(ValueError, match="needs"):
        matmul(torch.ones(2, 3), torch.ones(2, 3))

def test_close():
    A, B = torch.randn(3, 5), torch.randn(5, 2)
    torch.testing.assert_close(matmul(A, B), torch.mm(A, B))
    assert matmul(A, B)[0, 0].item() == pytest.approx((A @ B)[0, 0].item(), abs=1e-4)

test_identity(2); test_raises(); test_close()
