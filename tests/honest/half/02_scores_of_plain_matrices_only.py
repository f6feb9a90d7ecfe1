# assignment: 02-matmul
# what: attention_scores uses .T and the number of queries, so only plain square examples work
# loses: attention_scores

# %% solution matmul
def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError(A.shape, B.shape)
    return sum(A[:, p, None] * B[None, p] for p in range(A.shape[1]))

# %% solution attention_scores
def attention_scores(q, k):
    print(q.shape, k.shape)
    return q @ k.T / math.sqrt(len(q))
