"""Wrong answers to `learn_merges(ids, vocab_size, count)`. They call the notebook's `most_frequent_pair` and `merge_pair`."""

from collections import Counter
from itertools import pairwise

from proctor.answers import wrong


@wrong(
    "Takes the most frequent pairs of the text as it is",
    hint="All your pairs are counted on the first text. Each merge changes the text, and with it the counts: merge before you seek the next.",
    fails=("learn_merges_values", "learn_merges_ends"),
)
def never_merges(ids, vocab_size, count):
    counts = Counter(pairwise(ids.tolist()))
    return sorted(counts, key=lambda pair: (-counts[pair], pair))[:count]


@wrong(
    "Seeks each pair in the first text again",
    hint="You merge, and then count in the old `ids`, so the same pair comes again and again. Go on with the merged text.",
    fails=("learn_merges_values", "learn_merges_ends"),
)
def forgets_the_merged_text(ids, vocab_size, count):
    merges = []
    for i in range(count):
        if len(ids) < 2:
            break
        pair = most_frequent_pair(ids)
        merge_pair(ids, pair, vocab_size + i)
        merges.append(pair)
    return merges


@wrong(
    "Counts new ids from the largest that occurs",
    hint="The vocabulary may hold characters that this text lacks, and your new ids take their places. Count from `vocab_size`.",
    fails="learn_merges_values",
)
def from_the_largest_id(ids, vocab_size, count):
    merges = []
    while len(merges) < count and len(ids) > 1:
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, int(ids.max()) + 1)
        merges.append(pair)
    return merges


@wrong(
    "Gives every new pair the same id",
    hint="Each merge makes an id of its own: `vocab_size`, then `vocab_size + 1`, and so on.",
    fails=("learn_merges_values", "learn_merges_ends"),
)
def one_new_id_for_all(ids, vocab_size, count):
    merges = []
    while len(merges) < count and len(ids) > 1:
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size)
        merges.append(pair)
    return merges


@wrong(
    "Counts new ids from vocab_size + 1",
    hint="The characters have the ids 0 to `vocab_size - 1`, so `vocab_size` is free, and it is the first new one.",
    fails=("learn_merges_values", "learn_merges_ends"),
)
def one_too_high(ids, vocab_size, count):
    merges = []
    while len(merges) < count and len(ids) > 1:
        pair = most_frequent_pair(ids)
        merges.append(pair)
        ids = merge_pair(ids, pair, vocab_size + len(merges))
    return merges


@wrong(
    "Merges until the vocabulary has count tokens",
    hint="`count` is the number of merges. You take it for the size of the vocabulary afterwards.",
    fails=("learn_merges_values", "learn_merges_ends"),
)
def count_is_the_size(ids, vocab_size, count):
    merges = []
    while vocab_size + len(merges) < count and len(ids) > 1:
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append(pair)
    return merges


@wrong(
    "Makes one merge too many",
    hint="Your loop ends after `count + 1` merges. Where does it look at the count?",
    fails=("learn_merges_values", "learn_merges_ends"),
)
def one_too_many(ids, vocab_size, count):
    merges = []
    while len(ids) > 1:
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append(pair)
        if len(merges) > count:
            break
    return merges


@wrong(
    "Gives the new ids with the pairs",
    hint="A merge's new id follows from its place in the list, so the pairs alone are asked for.",
    fails=("learn_merges_values", "learn_merges_ends"),
)
def with_the_new_ids(ids, vocab_size, count):
    merges = []
    while len(merges) < count and len(ids) > 1:
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append((pair, vocab_size + len(merges)))
    return merges


@wrong(
    "Gives a dict",
    hint="A list keeps the pairs in the order in which they were learned, and that is what `merges` is.",
    fails=("learn_merges_values", "learn_merges_ends"),
)
def a_dict(ids, vocab_size, count):
    merges = {}
    while len(merges) < count and len(ids) > 1:
        pair = most_frequent_pair(ids)
        new_id = vocab_size + len(merges)
        ids = merge_pair(ids, pair, new_id)
        merges[pair] = new_id
    return merges


@wrong(
    "Gives the merged text",
    hint="You return the ids after the merges. The pairs are asked for: with them, other texts can be merged, too.",
    fails=("learn_merges_values", "learn_merges_ends"),
)
def the_text(ids, vocab_size, count):
    for new_id in range(vocab_size, vocab_size + count):
        if len(ids) < 2:
            break
        ids = merge_pair(ids, most_frequent_pair(ids), new_id)
    return ids


@wrong(
    "Stops where no pair occurs twice",
    hint="Other tokenizers stop there, and it would make sense. Here the merges go on until there are `count`, or one id is left.",
    fails="learn_merges_ends",
)
def stops_at_a_count_of_one(ids, vocab_size, count):
    merges = []
    while len(merges) < count and len(ids) > 1:
        pair = most_frequent_pair(ids)
        if Counter(pairwise(ids.tolist()))[pair] < 2:
            break
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append(pair)
    return merges


@wrong(
    "Goes on where one id is left",
    hint="When one id is left there is no pair any more, and `most_frequent_pair` raises. End the loop before.",
    fails="learn_merges_ends",
)
def never_ends_early(ids, vocab_size, count):
    merges = []
    for i in range(count):
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + i)
        merges.append(pair)
    return merges


@wrong(
    "Makes at least one merge",
    hint="With `count = 0` nothing is learned: the list is empty. Look at the count before the first merge.",
    fails="learn_merges_ends",
)
def at_least_one(ids, vocab_size, count):
    merges = []
    while len(ids) > 1:
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append(pair)
        if len(merges) >= count:
            break
    return merges


@wrong(
    "Ends one merge before the last",
    hint="Two ids make a pair, and that one is merged, too. The end is where one id is left.",
    fails="learn_merges_ends",
)
def ends_at_two_ids(ids, vocab_size, count):
    merges = []
    while len(merges) < count and len(ids) > 2:
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append(pair)
    return merges


@wrong(
    "Raises an error where the merges end early",
    hint="A short text has fewer merges than you were asked for. Give those that there are.",
    fails="learn_merges_ends",
    like="never_ends_early",
)
def refuses_a_short_text(ids, vocab_size, count):
    merges = []
    while len(merges) < count:
        if len(ids) < 2:
            raise ValueError("the text is too short")
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append(pair)
    return merges


@wrong(
    "Merges only pairs of characters",
    hint="You leave out pairs with an earlier new id. They count like any others: that is how tokens grow to whole words.",
    fails="learn_merges_values",
)
def characters_only(ids, vocab_size, count):
    merges = []
    while len(merges) < count:
        counts = Counter(pair for pair in pairwise(ids.tolist()) if max(pair) < vocab_size)
        if not counts:
            if len(ids) < 2:
                break
            counts = Counter(pairwise(ids.tolist()))
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append(pair)
    return merges


@wrong(
    "Takes the first pair on a tie",
    hint="Your own count gives the pair that comes first in the text where two are as frequent. It is the smaller one that wins, as in `most_frequent_pair`.",
    fails="learn_merges_values",
)
def own_count_first_on_a_tie(ids, vocab_size, count):
    merges = []
    while len(merges) < count and len(ids) > 1:
        pair = Counter(pairwise(ids.tolist())).most_common(1)[0][0]
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append(pair)
    return merges


@wrong(
    "Writes the pairs as the characters that they stand for",
    hint="You spell each pair out. A pair is two ids, of which one may be new; what they spell, `undo_merges` finds out.",
    fails="learn_merges_values",
)
def spelled_out(ids, vocab_size, count):
    merges, spelled = [], []

    def spell(each):
        return [each] if each < vocab_size else spelled[each - vocab_size]

    while len(merges) < count and len(ids) > 1:
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab_size + len(merges))
        merges.append(pair)
        spelled.append(spell(pair[0]) + spell(pair[1]))
    return [(pair if max(pair) < vocab_size else tuple(letters)) for pair, letters in zip(merges, spelled)]


@wrong(
    "Remembers the merges of a tensor that it has seen",
    hint="The same tensor may hold other ids the next time, or more merges may be wanted. Learn anew in each call.",
    fails="learn_merges_values",
)
def remembers(ids, vocab_size, count, seen={}):
    if ids not in seen:
        text, merges = ids, []
        while len(merges) < count and len(text) > 1:
            pair = most_frequent_pair(text)
            text = merge_pair(text, pair, vocab_size + len(merges))
            merges.append(pair)
        seen[ids] = merges
    return seen[ids]


@wrong(
    "Numbers new tokens by how many the text has",
    hint="A text need not have every token of the vocabulary. The first new id is `vocab_size`, the next one `vocab_size + 1`.",
    fails=("learn_merges_values", "learn_merges_ends"),
)
def counts_the_text(ids, vocab_size, count):
    merges = []
    while len(merges) < count and len(ids) > 1:
        vocab = len(set(ids.tolist()))
        pair = most_frequent_pair(ids)
        ids = merge_pair(ids, pair, vocab)
        merges.append(pair)
    return merges


@wrong(
    "Goes on with the list of the call before",
    hint="`merges=[]` among the arguments is made once, and every call adds to the same list. Begin an empty list inside the function.",
    fails="learn_merges_values",
)
def a_list_among_the_arguments(ids, vocab_size, count, merges=[]):
    for number in range(count):
        if len(ids) < 2:
            break
        pair = most_frequent_pair(ids)
        merges.append(pair)
        ids = merge_pair(ids, pair, vocab_size + number)
    return merges
