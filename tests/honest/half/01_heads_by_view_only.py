# assignment: 01-vectors
# what: split_heads only views the numbers in another shape; embed is right in its own way
# loses: split_heads

# %% solution embed
def embed(token_ids, table):
    flat = table.index_select(0, token_ids.flatten())
    return flat.reshape(*token_ids.shape, table.shape[1])

# %% solution split_heads
def split_heads(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D % n_heads")
    return x.reshape(B, n_heads, T, D // n_heads)
