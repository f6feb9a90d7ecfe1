# assignment: 02-matmul
# what: matmul from a function of two vectors, lifted twice by torch.vmap

# %% solution matmul
def _entry(row, column):
    return (row * column).sum()

def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError(f"{tuple(A.shape)} and {tuple(B.shape)} do not fit")
    over_columns = torch.vmap(_entry, in_dims=(None, 1))
    over_rows = torch.vmap(over_columns, in_dims=(0, None))
    return over_rows(A, B)

# %% solution attention_scores
def attention_scores(q, k):
    scale = math.sqrt(k.shape[-1])
    return (q / scale).matmul(k.mT)
