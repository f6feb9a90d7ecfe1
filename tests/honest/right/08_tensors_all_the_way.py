# assignment: 08-stories
# what: goes through tensors entry by entry, in plain loops, and is slow

# %% solution most_frequent_pair
def most_frequent_pair(ids):
    if ids.shape[0] < 2:
        raise ValueError("need two")
    counts = {}
    for i in range(ids.shape[0] - 1):
        key = (ids[i].item(), ids[i + 1].item())
        if key in counts:
            counts[key] += 1
        else:
            counts[key] = 1
    best = None
    for key in counts:
        if best is None:
            best = key
        elif counts[key] > counts[best]:
            best = key
        elif counts[key] == counts[best]:
            if key < best:
                best = key
    return best

# %% solution merge_pair
def merge_pair(ids, pair, new_id):
    result = torch.empty(0, dtype=torch.int64)
    i = 0
    while i < len(ids):
        if i < len(ids) - 1 and ids[i] == pair[0] and ids[i + 1] == pair[1]:
            result = torch.cat([result, torch.tensor([new_id])])
            i = i + 2
        else:
            result = torch.cat([result, ids[i : i + 1]])
            i = i + 1
    return result

# %% solution undo_merges
def undo_merges(ids, merges, vocab_size):
    while (ids >= vocab_size).any():
        parts = []
        for i in ids:
            parts.append(i[None] if i < vocab_size else torch.tensor(merges[i - vocab_size]))
        ids = torch.cat(parts)
    return ids
