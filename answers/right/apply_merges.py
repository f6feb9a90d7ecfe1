"""Right answers to `apply_merges(ids, merges, vocab_size)`, written otherwise."""

from itertools import pairwise

import torch

from proctor.answers import right


@right
def enumerates_new_ids(ids, merges, vocab_size):
    """Counts new ids with enumerate."""
    for new_id, pair in enumerate(merges, start=vocab_size):
        ids = merge_pair(ids, pair, new_id)
    return ids


@right
def by_rank(ids, merges, vocab_size):
    """As GPT-2 does it: merges the pair that was learned first, as long as there is one."""
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    numbers = ids.tolist()
    while True:
        found = [ranks[pair] for pair in pairwise(numbers) if pair in ranks]
        if not found:
            return torch.tensor(numbers)
        pair = merges[min(found)]
        shorter, i = [], 0
        while i < len(numbers):
            if (*numbers[i : i + 2],) == pair:
                shorter.append(vocab_size + min(found))
                i += 2
            else:
                shorter.append(numbers[i])
                i += 1
        numbers = shorter


@right
def on_a_list(ids, merges, vocab_size):
    """Deletes from one list as it goes."""
    numbers = ids.tolist()
    for k in range(len(merges)):
        i = 0
        while i + 1 < len(numbers):
            if (numbers[i], numbers[i + 1]) == merges[k]:
                numbers[i] = vocab_size + k
                del numbers[i + 1]
            i += 1
    return torch.tensor(numbers)


@right
def a_new_id_for_each_pair(ids, merges, vocab_size):
    """Looks new ids up in a dict, by the pair."""
    new_ids = {pair: vocab_size + place for place, pair in enumerate(merges)}
    text = ids.clone()
    for pair in merges:
        if len(text) > 1:
            text = merge_pair(text, pair, new_ids[pair])
    return text


@right
def recursive(ids, merges, vocab_size):
    """Applies the last merge to what the others have made."""
    if not merges:
        return ids
    before = recursive(ids, merges[:-1], vocab_size)
    return merge_pair(before, merges[-1], vocab_size + len(merges) - 1)


@right
def by_characters(ids, merges, vocab_size):
    """Makes characters of ids, and lets str.replace merge."""
    text = "".join(chr(0x10000 + each) for each in ids.tolist())
    for k, (a, b) in enumerate(merges):
        text = text.replace(chr(0x10000 + a) + chr(0x10000 + b), chr(0x10000 + vocab_size + k))
    return torch.tensor([ord(each) - 0x10000 for each in text], dtype=torch.int64)


@right
def with_reduce(ids, merges, vocab_size):
    """Folds the merges over the text."""
    from functools import reduce

    numbered = zip(range(vocab_size, vocab_size + len(merges)), merges)
    return reduce(lambda text, merge: merge_pair(text, merge[1], merge[0]), numbered, ids)
