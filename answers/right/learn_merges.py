"""Right answers to `learn_merges(ids, vocab_size, count)`, written otherwise."""

from collections import Counter
from itertools import pairwise

import torch

from proctor.answers import right


@right
def for_and_break(ids, vocab_size, count):
    """Counts with for, and breaks where one id is left."""
    merges = []
    for i in range(count):
        if ids.numel() == 1:
            break
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + i)
        merges.append(pair)
    return merges


@right
def until_an_error(ids, vocab_size, count):
    """Takes the error of most_frequent_pair for the end."""
    merges = []
    try:
        while len(merges) < count:
            merges.append(most_frequent_pair(ids))
            ids = merge_pair(ids, merges[-1], vocab_size + len(merges) - 1)
    except ValueError:
        pass
    return merges


@right
def on_lists(ids, vocab_size, count):
    """Does all of it on a Python list, without the other two functions."""
    numbers, merges = ids.tolist(), []
    while len(merges) < count and len(numbers) > 1:
        counts = Counter(pairwise(numbers))
        pair = min(counts, key=lambda each: (-counts[each], each))
        shorter, i = [], 0
        while i < len(numbers):
            if tuple(numbers[i : i + 2]) == pair:
                shorter.append(vocab_size + len(merges))
                i += 2
            else:
                shorter.append(numbers[i])
                i += 1
        numbers = shorter
        merges.append(list(pair))
    return merges


@right
def recursive(ids, vocab_size, count):
    """Learns one, and the others by itself."""
    if count == 0 or len(ids) == 1:
        return []
    pair = most_frequent_pair(ids)
    return [pair] + recursive(merge_pair(ids, pair, vocab_size), vocab_size + 1, count - 1)





@right
def with_a_dict_of_merges(ids, vocab_size, count):
    """Keeps the pairs as the keys of a dict, which keeps their order."""
    new_ids = {}
    text = ids.clone()
    while len(new_ids) < count:
        if len(text) < 2:
            break
        pair = most_frequent_pair(text)
        new_ids[pair] = vocab_size + len(new_ids)
        text = merge_pair(text, pair, new_ids[pair])
    return list(new_ids)


@right
def zero_d_tensors(ids, vocab_size, count):
    """Gives pairs of 0-d tensors."""
    merges = []
    while len(merges) < count and len(ids) > 1:
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append((torch.tensor(pair[0]), torch.tensor(pair[1])))
    return merges


@right
def numpy_counts(ids, vocab_size, count):
    """Counts in NumPy and merges with masks."""
    import numpy as np

    numbers, merges = ids.numpy().copy(), []
    for new_id in range(vocab_size, vocab_size + count):
        if len(numbers) < 2:
            break
        codes, counts = np.unique(numbers[:-1] * 100_000 + numbers[1:], return_counts=True)
        best = codes[counts.argmax()]
        pair = best // 100_000, best % 100_000
        places, i = [], 0
        while i < len(numbers) - 1:
            if (numbers[i], numbers[i + 1]) == pair:
                places.append(i)
                i += 1
            i += 1
        numbers[places] = new_id
        numbers = np.delete(numbers, [place + 1 for place in places])
        merges.append(pair)
    return merges
