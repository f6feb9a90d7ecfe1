# assignment: 08-stories
# what: counts with Counter and zip, gives pairs as lists, looks merges up in a dict, and prints what they spell

# %% solution most_frequent_pair
def most_frequent_pair(ids):
    l = ids.tolist()
    if len(l) == 1: raise ValueError("nothing to pair")
    c = Counter(zip(l, l[1:]))
    top = max(c.values())
    return list(min(p for p in c if c[p] == top))

# %% solution merge_pair
def merge_pair(ids, pair, new_id):
    out = []
    for x in ids.tolist():
        if out and out[-1] is not None and (out[-1], x) == tuple(pair):
            out[-1] = new_id
            out.append(None)  # a wall: what is merged isn't merged again
        else:
            out.append(x)
    return torch.tensor([x for x in out if x is not None])

# %% after merge_pair_overlap
merge_pair(torch.tensor([1, 1, 1, 1, 1]), (1, 1), 9)

# %% solution apply_merges
def apply_merges(ids, merges, vocab_size):
    new = {tuple(p): vocab_size + i for i, p in enumerate(merges)}
    for p in new:
        ids = merge_pair(ids, p, new[p])
    return ids

# %% after undo_merges_values
print([pieces[i] for i in range(V, len(pieces))] if "pieces" in globals() else "not yet")
