"""Wrong answers to `most_frequent_pair(ids)`."""

from collections import Counter
from itertools import pairwise

import torch

from proctor.answers import wrong


@wrong(
    "Takes the first of the most frequent pairs",
    hint="On a tie you give the pair that comes first in the text, as `Counter.most_common` does. Asked for is the smaller pair: Python compares two tuples with `<`.",
    fails="most_frequent_pair_ties",
)
def first_on_a_tie(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    return Counter(pairwise(ids.tolist())).most_common(1)[0][0]


@wrong(
    "Takes the last of the most frequent pairs",
    hint="With `>=` a later pair takes the place of an earlier one that is just as frequent. On a tie the smaller pair wins, wherever it stands.",
    fails="most_frequent_pair_ties",
)
def last_on_a_tie(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(pairwise(ids.tolist()))
    best = None
    for pair in counts:
        if best is None or counts[pair] >= counts[best]:
            best = pair
    return best


@wrong(
    "Takes the larger pair on a tie",
    hint="`max` over (count, pair) takes the largest count, and among equal counts the largest pair. Asked for is the smallest: a minus before the count, and `min`, changes that.",
    fails="most_frequent_pair_ties",
)
def larger_on_a_tie(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(pairwise(ids.tolist()))
    return max((count, pair) for pair, count in counts.items())[1]


@wrong(
    "Compares pairs by their second id first",
    hint="Python compares tuples from the left: the first ids decide, and the second ones only where these are equal.",
    fails="most_frequent_pair_ties",
)
def second_id_first(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(pairwise(ids.tolist()))
    return min(counts, key=lambda pair: (-counts[pair], pair[1], pair[0]))


@wrong(
    "Compares pairs by their sums",
    hint="Two tuples are compared entry by entry, from the left, and not by what they add up to.",
    fails="most_frequent_pair_ties",
)
def by_the_sum(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(pairwise(ids.tolist()))
    return min(counts, key=lambda pair: (-counts[pair], sum(pair), pair))


@wrong(
    "Compares pairs as strings",
    hint="As strings, '10' comes before '9'. Compare the ids as numbers.",
    fails="most_frequent_pair_ties",
)
def as_strings(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(pairwise(ids.tolist()))
    return min(counts, key=lambda pair: (-counts[pair], str(pair[0]), str(pair[1])))


@wrong(
    "Says nothing of a text of one id",
    hint="One id makes no pair. Say so with a `ValueError` of your own.",
    fails="most_frequent_pair_ties",
)
def none_for_one_id(ids):
    if len(ids) < 2:
        return None
    counts = Counter(pairwise(ids.tolist()))
    return min(counts, key=lambda pair: (-counts[pair], pair))


@wrong(
    "Leaves one id to an error by chance",
    hint="For one id there is nothing to choose from, and what Python raises then depends on how you choose. A `ValueError` is asked for: look at the length first.",
    fails="most_frequent_pair_ties",
)
def index_error_for_one_id(ids):
    counts = Counter(pairwise(ids.tolist()))
    return sorted(counts, key=lambda pair: (-counts[pair], pair))[0]


@wrong(
    "Refuses two ids as well",
    hint="Two ids make one pair. Only one id is too few.",
    fails="most_frequent_pair_ties",
)
def refuses_two_ids(ids):
    if len(ids) <= 2:
        raise ValueError("too short")
    counts = Counter(pairwise(ids.tolist()))
    return min(counts, key=lambda pair: (-counts[pair], pair))


@wrong(
    "Counts pairs without overlap",
    hint="In `a a a` the pair `(a, a)` stands at two places, and both count. What may not overlap is only what is merged, later.",
    fails="most_frequent_pair_counts",
)
def without_overlap(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    numbers = ids.tolist()
    counts = Counter()
    last = None
    for place, pair in enumerate(pairwise(numbers)):
        if pair == last and pair[0] == pair[1]:
            last = None
            continue
        counts[pair] += 1
        last = pair
    return min(counts, key=lambda pair: (-counts[pair], pair))


@wrong(
    "Steps from pair to pair by two",
    hint="You look at the places 0 and 1, then at 2 and 3. The pair at 1 and 2 is one too: every position counts.",
    fails="most_frequent_pair_counts",
)
def every_second_place(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    numbers = ids.tolist()
    counts = Counter(zip(numbers[::2], numbers[1::2]))
    return min(counts, key=lambda pair: (-counts[pair], pair))


@wrong(
    "Takes (a, b) and (b, a) for the same pair",
    hint="`t h` and `h t` are two pairs. Sorting the two ids of a pair makes one of them.",
    fails="most_frequent_pair_counts",
)
def in_either_order(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(tuple(sorted(pair)) for pair in pairwise(ids.tolist()))
    return min(counts, key=lambda pair: (-counts[pair], pair))


@wrong(
    "Leaves out the last pair",
    hint="There are `T - 1` pairs, and your loop ends one before the last of them.",
    fails="most_frequent_pair_counts",
)
def without_the_last(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    numbers = ids.tolist()
    if len(numbers) == 2:
        return tuple(numbers)
    counts = Counter(pairwise(numbers[:-1]))
    return min(counts, key=lambda pair: (-counts[pair], pair))


@wrong(
    "Leaves out the first pair",
    hint="The pair at the places 0 and 1 counts as well.",
    fails="most_frequent_pair_counts",
)
def without_the_first(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    numbers = ids.tolist()
    if len(numbers) == 2:
        return tuple(numbers)
    counts = Counter(pairwise(numbers[1:]))
    return min(counts, key=lambda pair: (-counts[pair], pair))


@wrong(
    "Writes the two ids of a pair behind one another",
    hint="As digits, 1 and 23 read like 12 and 3. A tuple keeps the two ids apart.",
    fails="most_frequent_pair_counts",
)
def as_digits(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    first = {}
    counts = Counter()
    for pair in pairwise(ids.tolist()):
        key = f"{pair[0]}{pair[1]}"
        first[key] = min(pair, first.get(key, pair))
        counts[key] += 1
    best = max(counts.values())
    return min(first[key] for key in counts if counts[key] == best)


@wrong(
    "Packs a pair into one number, with 256 ids in mind",
    hint="`a * 256 + b` is one number for two pairs once ids pass 255. New ids go up to 399 here. A tuple needs no such trick.",
    fails="most_frequent_pair_counts",
    constants=("256", "128", "100", "64"),
)
def times_256(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(a * 256 + b for a, b in pairwise(ids.tolist()))
    best = min(counts, key=lambda code: (-counts[code], code))
    return divmod(best, 256)


@wrong(
    "Packs a pair into one number, by the largest id",
    hint="`a * m + b` needs an `m` above every `b`. The largest id itself is one too small.",
    fails="most_frequent_pair_counts",
)
def times_the_largest(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    largest = max(1, int(ids.max()))
    counts = Counter(a * largest + b for a, b in pairwise(ids.tolist()))
    best = max(counts.values())
    codes = {a * largest + b: (a, b) for a, b in reversed(list(pairwise(ids.tolist())))}
    return min(codes[code] for code in counts if counts[code] == best)


@wrong(
    "Gives the count as well",
    hint="You return the pair together with how often it occurs. The pair alone is asked for.",
    fails=("most_frequent_pair_counts", "most_frequent_pair_ties"),
)
def with_its_count(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(pairwise(ids.tolist()))
    best = min(counts, key=lambda pair: (-counts[pair], pair))
    return best, counts[best]


@wrong(
    "Gives the most frequent ids instead of a pair",
    hint="You count single ids. A pair is two ids that stand side by side in the text.",
    fails=("most_frequent_pair_counts", "most_frequent_pair_ties"),
)
def two_frequent_ids(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(ids.tolist())
    order = sorted(counts, key=lambda each: (-counts[each], each))
    return order[0], order[min(1, len(order) - 1)]


@wrong(
    "Gives the place of the pair",
    hint="You return where the pair stands. Asked for are the two ids which stand there.",
    fails=("most_frequent_pair_counts", "most_frequent_pair_ties"),
)
def its_place(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    pairs = list(pairwise(ids.tolist()))
    counts = Counter(pairs)
    return pairs.index(min(counts, key=lambda pair: (-counts[pair], pair)))


@wrong(
    "Gives the least frequent pair",
    hint="`min` over the counts takes the rarest pair. A minus before the count turns that round.",
    fails="most_frequent_pair_counts",
)
def the_rarest(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(pairwise(ids.tolist()))
    return min(counts, key=lambda pair: (counts[pair], pair))


@wrong(
    "Gives a tensor",
    hint="A tensor can be no key of a dict, and `==` compares it entry by entry. Give a tuple of two ints.",
    fails=("most_frequent_pair_counts", "most_frequent_pair_ties"),
)
def a_tensor(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(pairwise(ids.tolist()))
    return torch.tensor(min(counts, key=lambda pair: (-counts[pair], pair)))


@wrong(
    "Counts tensors, each of which is a key of its own",
    hint="Two tensors with the same number are two keys of a dict, so every pair is counted once. `.tolist()` makes numbers of them first.",
    fails="most_frequent_pair_counts",
)
def tensors_as_keys(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = {}
    for a, b in zip(ids, ids[1:]):
        counts[a, b] = counts.get((a, b), 0) + 1
    a, b = min(counts, key=lambda pair: (-counts[pair], pair[0].item(), pair[1].item()))
    return a.item(), b.item()


@wrong(
    "Remembers the pair of a tensor that it has seen",
    hint="The same tensor may hold other ids the next time. Count anew in each call.",
    fails="most_frequent_pair_counts",
)
def remembers(ids, seen={}):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    if ids not in seen:
        counts = Counter(pairwise(ids.tolist()))
        seen[ids] = min(counts, key=lambda pair: (-counts[pair], pair))
    return seen[ids]


@wrong(
    "Counts tensors instead of the ids in them",
    hint="Equal tensors are different keys of a dict, so each pair is counted once. Take the ids as Python numbers first: `ids.tolist()`.",
    fails=("most_frequent_pair_counts", "most_frequent_pair_ties"),
)
def tensors_as_keys_and_the_largest(ids):
    if len(ids) < 2:
        raise ValueError("a pair takes two ids")
    counts = Counter(pairwise(ids))
    return max(counts, key=lambda pair: (counts[pair], pair))


@wrong(
    "Writes different pairs as the same number",
    hint="The first id times 1000, plus the second: so (1, 2000) and (3, 0) are both 3000. Ids may be of any size; a tuple of the two can't be mistaken for another.",
    fails="most_frequent_pair_counts",
)
def by_thousands(ids):
    if len(ids) < 2:
        raise ValueError("no pair")
    numbers, counts = (1000 * ids[:-1] + ids[1:]).unique(return_counts=True)
    best = int(numbers[counts.argmax()])
    return best // 1000, best % 1000
