# assignment: 08-stories
# what: never ends where one id is left, and misspells a name
# loses: learn_merges apply_merges

# %% solution learn_merges
def learn_merges(ids, vocab_size, count):
    merges = []
    while len(merges) < count:
        if len(ids) < 2:
            continue
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append(pair)
    return merges

# %% solution apply_merges
def apply_merges(ids, merges, vocab_size):
    for i, pair in enumerate(merges):
        ids = merge_pairs(ids, pair, vocab_size + i)
    return ids
