# assignment: 01-vectors
# what: embed goes through Python lists and loses the gradient, last_token keeps the axis of the positions
# loses: embed, last_token

# %% solution embed
def embed(token_ids, table):
    rows = [table[i].tolist() for i in token_ids.flatten().tolist()]
    return torch.tensor(rows).reshape(*token_ids.shape, -1)

# %% solution last_token
def last_token(hidden):
    return hidden[:, -1:]

# %% solution split_heads
def split_heads(x, n_heads):
    D = x.shape[-1]
    if D % n_heads:
        raise ValueError(D)
    return torch.stack(torch.split(x, D // n_heads, dim=-1), dim=1)
