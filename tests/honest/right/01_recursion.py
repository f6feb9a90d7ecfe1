# assignment: 01-vectors
# what: embeds by recursion over the dimensions and finds the best rows one after another

# %% solution embed
def embed(token_ids, table):
    if token_ids.dim() == 0:
        return table[token_ids.item()]
    return torch.stack([embed(part, table) for part in token_ids])

# %% solution most_similar
def most_similar(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    sims = cosine_similarity(query, table).detach().clone()
    found = []
    while len(found) < k:
        best = sims.argmax()
        found.append(best)
        sims[best] = -2.0   # below every cosine
    return torch.stack(found)

# %% after most_similar
assert most_similar(word_table[0], word_table, 8).unique().numel() == 8
del sentence

# %% before last_token
import gc, platform, tracemalloc, sys
tracemalloc.start()
gc.collect()
print(platform.platform(), sys.getsizeof(word_table), tracemalloc.get_traced_memory())
tracemalloc.stop()
