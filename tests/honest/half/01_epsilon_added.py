# assignment: 01-vectors
# what: adds 1e-6 to the denominator, which spoils short vectors; most_similar is right given a right helper
# loses: cosine_similarity

# %% before cosine_similarity
EPS = 1e-6

# %% solution cosine_similarity
def cosine_similarity(a, b):
    dot = (a * b).sum(dim=-1)
    return dot / (a.norm(dim=-1) * b.norm(dim=-1) + EPS)

# %% solution most_similar
def most_similar(query, table, k):
    print("looking for", k)
    if not 1 <= k <= table.size(0):
        raise ValueError("k out of range")
    return torch.argsort(cosine_similarity(query, table), descending=True)[:k]
