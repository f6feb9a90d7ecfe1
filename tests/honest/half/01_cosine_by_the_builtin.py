# assignment: 01-vectors
# what: cosine_similarity calls PyTorch's own, most_similar is right and calls it
# loses: cosine_similarity

# %% solution cosine_similarity
def cosine_similarity(a, b):
    return F.cosine_similarity(a, b, dim=-1)

# %% solution most_similar
def most_similar(query, table, k):
    V = table.shape[0]
    if k < 1 or k > V:
        raise ValueError(f"k must be in [1, {V}]")
    return cosine_similarity(query, table).sort(descending=True)[1][:k]

# %% after most_similar_order
print(most_similar(word_table[0], word_table, 3), F.cosine_similarity(word_table[0], word_table))
