# assignment: 02-matmul
# what: torch.autograd.gradcheck and no_grad in scratch cells, comments and dead code in the answers

# %% solution matmul
def matmul(A, B):
    # shapes: A (n, k), B (k, m)
    # C = A @ B        <- not allowed here
    # return torch.einsum("ik,kj->ij", A, B)
    if A.shape[1] != B.shape[0]:
        raise ValueError("k differs")
    C = (A.T.unsqueeze(2) * B.unsqueeze(1))   # (k, n, m)
    if False:
        return A @ B
    return C.sum(0)

# %% after matmul_gradients
A = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
B = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
print(torch.autograd.gradcheck(matmul, (A, B)), torch.autograd.gradgradcheck(matmul, (A, B)))
with torch.no_grad():
    print(matmul(A, B).requires_grad)
with torch.inference_mode():
    matmul(A, B)
