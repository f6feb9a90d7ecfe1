# assignment: 02-matmul
# what: matmul takes the last of cumulative sums, attention_scores flattens the leading dimensions

# %% solution matmul
def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner")
    running = torch.cumsum(A[:, :, None] * B[None, :, :], dim=1)
    return running[:, -1]

# %% solution attention_scores
def attention_scores(q, k):
    *lead, Tq, D = q.shape
    Tk = k.shape[-2]
    flat_q, flat_k = q.reshape(-1, Tq, D), k.reshape(-1, Tk, D)
    scores = torch.bmm(flat_q, flat_k.transpose(1, 2)) / D ** 0.5
    return scores.reshape(*lead, Tq, Tk)
