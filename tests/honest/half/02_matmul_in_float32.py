# assignment: 02-matmul
# what: matmul collects its entries in float32, cut off from the arguments; no ValueError either
# loses: matmul

# %% solution matmul
def matmul(A, B):
    C = torch.zeros(A.shape[0], B.shape[1])
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            C[i, j] = (A[i] * B[:, j]).sum().item()
    return C

# %% after matmul_values
assert torch.allclose(matmul(torch.eye(2), torch.eye(2)), torch.eye(2) @ torch.eye(2))

# %% solution collapse
def collapse(W1, b1, W2, b2):
    return W2 @ W1, (W2 @ b1[:, None]).squeeze(1) + b2
