# assignment: 01-vectors
# what: cosine_similarity divides its arguments in place; embed has an unneeded import at its head
# loses: cosine_similarity

# %% solution embed
import numpy as np

def embed(token_ids, table):
    return table[token_ids]

# %% solution cosine_similarity
def cosine_similarity(a, b):
    a /= a.norm(dim=-1, keepdim=True).clamp(min=1e-12)
    b /= b.norm(dim=-1, keepdim=True).clamp(min=1e-12)
    return (a * b).sum(-1)

# %% after cosine_similarity
old_copy = word_table.clone()
cosine_similarity(word_table.clone(), old_copy)
