# assignment: 01-vectors
# what: a colon is missing in the solution cell of embed, the other cells are fine
# loses: embed

# %% solution embed
def embed(token_ids, table)
    return table[token_ids]

# %% after embed
%time embed(torch.tensor(0), word_table)

# %% solution cosine_similarity
def cosine_similarity(a, b):
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    return (a * b).sum(-1) / lengths.clamp(min=1e-20)
