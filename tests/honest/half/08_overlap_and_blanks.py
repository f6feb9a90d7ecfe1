# assignment: 08-stories
# what: merges pairs that overlap, leaves undo_merges blank, and turns the measure round
# loses: merge_pair undo_merges nats_per_character

# %% solution merge_pair
def merge_pair(ids, pair, new_id):
    keep, skip = [], False
    l = ids.tolist()
    for i, x in enumerate(l):
        if i + 1 < len(l) and (x, l[i + 1]) == pair:
            keep.append(new_id)
        elif i and (l[i - 1], x) == pair:
            pass
        else:
            keep.append(x)
    return torch.tensor(keep)

# %% solution undo_merges
def undo_merges(ids, merges, vocab_size):
    raise NotImplementedError

# %% solution nats_per_character
def nats_per_character(loss, tokens, characters):
    if tokens <= 0 or characters <= 0:
        raise ValueError
    return float(loss * characters / tokens)
