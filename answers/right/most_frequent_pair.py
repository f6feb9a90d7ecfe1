"""Right answers to `most_frequent_pair(ids)`, written otherwise."""

from collections import Counter
from itertools import pairwise

import torch

from proctor.answers import right


@right
def counter_and_sorted(ids):
    """Sorts all pairs by count and by themselves."""
    numbers = ids.tolist()
    if len(numbers) == 1:
        raise ValueError
    counts = Counter(zip(numbers, numbers[1:]))
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[0][0]


@right
def a_dict_and_a_loop(ids):
    """Keeps the best pair while it counts, and compares tuples with <."""
    if ids.numel() < 2:
        raise ValueError("no pair")
    counts = {}
    for i in range(len(ids) - 1):
        pair = (ids[i].item(), ids[i + 1].item())
        counts[pair] = counts.get(pair, 0) + 1
    best = None
    for pair, count in counts.items():
        if best is None or count > counts[best] or (count == counts[best] and pair < best):
            best = pair
    return best


@right
def most_common_and_min(ids):
    """Takes all pairs with the highest count, and the smallest of them."""
    counts = Counter(pairwise(ids.tolist()))
    if not counts:
        raise ValueError("one id makes no pair")
    most = max(counts.values())
    return min(pair for pair, count in counts.items() if count == most)


@right
def sorted_first(ids):
    """Counts the pairs in their order, so that max finds the smallest first."""
    numbers = ids.tolist()
    counts = Counter(sorted(zip(numbers[:-1], numbers[1:])))
    if len(counts) == 0:
        raise ValueError("no pair")
    return max(counts, key=counts.get)


@right
def with_torch_unique(ids):
    """Counts rows with torch.unique, which sorts them, and gives 0-d tensors."""
    if len(ids) < 2:
        raise ValueError("no pair")
    pairs = torch.stack([ids[:-1], ids[1:]], dim=1)
    rows, counts = torch.unique(pairs, dim=0, return_counts=True)
    best = int((counts == counts.max()).nonzero()[0])
    return rows[best, 0], rows[best, 1]


@right
def in_numpy(ids):
    """Counts in NumPy, and gives a list of its numbers."""
    import numpy as np

    numbers = ids.numpy()
    if numbers.size < 2:
        raise ValueError("no pair")
    codes = numbers[:-1] * 1_000_003 + numbers[1:]
    values, counts = np.unique(codes, return_counts=True)
    best = values[counts == counts.max()].min()
    return [best // 1_000_003, best % 1_000_003]


@right
def nested_dicts(ids):
    """Counts in a dict of dicts."""
    from collections import defaultdict

    numbers = ids.tolist()
    if len(numbers) < 2:
        raise ValueError("no pair")
    counts = defaultdict(lambda: defaultdict(int))
    for first, second in zip(numbers, numbers[1:]):
        counts[first][second] += 1
    best, most = (-1, -1), 0
    for first in sorted(counts):
        for second in sorted(counts[first]):
            if counts[first][second] > most:
                best, most = (first, second), counts[first][second]
    return best
