# assignment: 01-vectors
# what: all five answers in one cell at the very end, the solution cells empty or with a note

# %% solution embed

# %% solution last_token
pass

# %% solution cosine_similarity
# TODO moved to the end

# %% solution most_similar
"""moved to the end"""

# %% solution split_heads
...

# %% last
def embed(token_ids, table):
    return table[token_ids]

def last_token(hidden):
    return hidden[:, -1]

def cosine_similarity(a, b):
    return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(dim=-1)

def most_similar(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError(k)
    return cosine_similarity(query, table).topk(k).indices

def split_heads(x, n_heads):
    if x.shape[-1] % n_heads:
        raise ValueError("does not divide")
    return x.unflatten(-1, (n_heads, -1)).swapaxes(1, 2)
