# assignment: 01-vectors
# what: left scratch cells that raise a NameError and a TypeError, and one with a syntax error

# %% before embed
print(undefined_name)

# %% after embed
for i in range(3)
    print(embed(torch.tensor(i), word_table))

# %% solution last_token
def last_token(hidden):
    last = hidden.shape[1] - 1
    return torch.index_select(hidden, 1, torch.tensor([last])).squeeze(1)

# %% after last_token
for i in range(3): pass
last_token(

# %% before most_similar
"3" + 4

# %% solution most_similar
def most_similar(query, table, k):
    if k > table.shape[0] or k < 1:
        raise ValueError()
    return cosine_similarity(query, table).topk(k, largest=True, sorted=True).indices

# %% last
most_similar(word_table[0], word_table, 99)
