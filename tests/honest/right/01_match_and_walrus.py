# assignment: 01-vectors
# what: match statements and walrus operators in the answers

# %% solution last_token
def last_token(hidden):
    match hidden.shape:
        case (_, 1, _):
            return hidden[:, 0]
        case (_, t, _):
            return hidden[:, t - 1]

# %% solution most_similar
def most_similar(query, table, k):
    match k:
        case int() if 1 <= k <= (V := table.shape[0]):
            return cosine_similarity(query.expand(V, -1), table).sort(descending=True).indices[:k]
        case _:
            raise ValueError(f"k should be in 1..{len(table)}, got {k}")

# %% solution split_heads
def split_heads(x, n_heads):
    if (rest := (D := x.shape[-1]) % n_heads):
        raise ValueError(f"rest {rest}")
    return x.reshape(x.shape[0], x.shape[1], n_heads, D // n_heads).transpose(-3, -2)
