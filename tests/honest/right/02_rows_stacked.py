# assignment: 02-matmul
# what: one loop over the rows of A, with print calls left in

# %% solution matmul
def matmul(A, B):
    print("A", A.shape, "B", B.shape)
    if A.shape[-1] != B.shape[0]:
        print("oh no")
        raise ValueError("shapes!")
    rows = []
    for row in A:
        rows.append((row[:, None] * B).sum(0))
    result = torch.stack(rows)
    print("->", result.shape)
    return result

# %% solution collapse
def collapse(W1, b1, W2, b2):
    W = W2.mm(W1)
    b = W2.mv(b1).add(b2)
    print(W.shape, b.shape, sep="\n", end="\n\n")
    return [W, b]
