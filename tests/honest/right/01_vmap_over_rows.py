# assignment: 01-vectors
# what: writes the functions for one vector and lifts them with torch.vmap

# %% solution embed
def embed(token_ids, table):
    pick = lambda i: table.index_select(0, i.reshape(1))[0]
    rows = torch.vmap(pick)(token_ids.reshape(-1))
    return rows.reshape(*token_ids.shape, table.shape[-1])

# %% solution cosine_similarity
def _one_pair(u, v):
    n = u.norm() * v.norm()
    return (u * v).sum() / torch.where(n == 0, 1, n)

def cosine_similarity(a, b):
    a, b = torch.broadcast_tensors(a, b)
    shape, D = a.shape[:-1], a.shape[-1]
    return torch.vmap(_one_pair)(a.reshape(-1, D), b.reshape(-1, D)).reshape(shape)
