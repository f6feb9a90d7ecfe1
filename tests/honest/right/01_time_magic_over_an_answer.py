# assignment: 01-vectors
# what: the solution cells themselves begin with %%time and %%capture

# %% solution embed
%%time
def embed(token_ids, table):
    return torch.take_along_dim(table, token_ids.reshape(-1, 1), dim=0).reshape(*token_ids.shape, -1)

# %% solution most_similar
%%capture out
def most_similar(query, table, k):
    if not 0 < k <= table.shape[0]:
        raise ValueError("k")
    return torch.topk(cosine_similarity(table, query), k)[1]
print(most_similar(torch.ones(4), word_table, 3))

# %% after most_similar
out.show()

# %% solution split_heads
%%time
def split_heads(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError
    return x.reshape(B, T, n_heads, D // n_heads).permute(0, 2, 1, 3)
