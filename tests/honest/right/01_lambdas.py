# assignment: 01-vectors
# what: writes every answer as a lambda, the errors by a helper that raises

# %% after setup
def _fail(message):
    raise ValueError(message)

# %% solution embed
embed = lambda token_ids, table: table[token_ids]

# %% solution last_token
last_token = lambda hidden: hidden[:, -1]

# %% solution cosine_similarity
unit = lambda v: v / torch.where((v != 0).any(-1, keepdim=True), v.norm(dim=-1, keepdim=True), 1)
cosine_similarity = lambda a, b: (unit(a) * unit(b)).sum(-1)

# %% solution most_similar
most_similar = lambda query, table, k: (
    cosine_similarity(query, table).topk(k).indices if 1 <= k <= len(table) else _fail("bad k"))

# %% solution split_heads
split_heads = lambda x, n_heads: (
    x.view(*x.shape[:2], n_heads, -1).transpose(1, 2) if x.is_contiguous() and x.shape[2] % n_heads == 0
    else split_heads(x.contiguous(), n_heads) if x.shape[2] % n_heads == 0 else _fail("heads"))
