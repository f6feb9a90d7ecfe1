# assignment: 01-vectors
# what: embeds by one-hot vectors times the table, and takes the last token by a mask

# %% solution embed
def embed(token_ids, table):
    V = table.shape[0]
    onehot = F.one_hot(token_ids, num_classes=V).to(table.dtype)
    # (..., V) @ (V, D)
    return onehot @ table

# %% solution last_token
def last_token(hidden):
    T = hidden.shape[1]
    mask = (torch.arange(T) == T - 1).to(hidden.dtype)
    return torch.einsum("btd,t->bd", hidden, mask)

# %% after embed_values
ids = torch.randint(0, 8, (3, 2))
print((embed(ids, word_table) == F.embedding(ids, word_table)).all())
