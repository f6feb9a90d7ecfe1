# assignment: 02-matmul
# what: ends cells with if __name__ == "__main__" blocks that run small demonstrations

# %% solution matmul
def dot_product(u, v):
    return (u * v).sum(dim=-1)

def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("A: %s, B: %s" % (list(A.shape), list(B.shape)))
    return dot_product(A[:, None, :], B.t()[None, :, :])

def main():
    C = matmul(torch.eye(2), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    print(C)

if __name__ == "__main__":
    main()

# %% solution collapse
def collapse(W1, b1, W2, b2):
    return matmul(W2, W1), matmul(W2, b1[:, None])[:, 0] + b2

if __name__ == "__main__":
    print([t.shape for t in collapse(torch.ones(5, 3), torch.ones(5), torch.ones(2, 5), torch.ones(2))])
