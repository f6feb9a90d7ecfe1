"""Wrong answers to `apply_merges(ids, merges, vocab_size)`. They call the notebook's `merge_pair`."""

import torch

from proctor.answers import wrong


@wrong(
    "Learns merges of its own",
    hint="You seek the most frequent pairs of this text. The merges are given, from another text: apply these.",
    fails="apply_merges_values",
)
def learns_anew(ids, merges, vocab_size):
    for new_id in range(vocab_size, vocab_size + len(merges)):
        if len(ids) > 1:
            ids = merge_pair(ids, most_frequent_pair(ids), new_id)
    return ids


@wrong(
    "Applies the merges from the last to the first",
    hint="A later merge may hold the new id of an earlier one, which isn't there yet. The order is the one in which they were learned.",
    fails="apply_merges_values",
)
def in_reverse(ids, merges, vocab_size):
    for i in reversed(range(len(merges))):
        ids = merge_pair(ids, merges[i], vocab_size + i)
    return ids


@wrong(
    "Applies every merge to the text as it came",
    hint="Each merge is applied to what the merges before it have made. You begin with the first text each time.",
    fails="apply_merges_values",
)
def each_on_the_first_text(ids, merges, vocab_size):
    result = ids
    for i, pair in enumerate(merges):
        result = merge_pair(ids, pair, vocab_size + i)
    return result


@wrong(
    "Applies the first merge only",
    hint="The `return` stands inside the loop, and ends it after one round.",
    fails="apply_merges_values",
)
def only_the_first(ids, merges, vocab_size):
    for i, pair in enumerate(merges):
        return merge_pair(ids, pair, vocab_size + i)
    return ids


@wrong(
    "Leaves out the last merge",
    hint="Your loop ends one merge early.",
    fails="apply_merges_values",
)
def without_the_last(ids, merges, vocab_size):
    for i, pair in enumerate(merges[:-1]):
        ids = merge_pair(ids, pair, vocab_size + i)
    return ids


@wrong(
    "Stops at a merge that does not occur",
    hint="A text need not have every pair that was learned on another one. Go on with the next.",
    fails="apply_merges_values",
)
def stops_at_a_missing_one(ids, merges, vocab_size):
    for i, pair in enumerate(merges):
        merged = merge_pair(ids, pair, vocab_size + i)
        if len(merged) == len(ids):
            break
        ids = merged
    return ids


@wrong(
    "Counts new ids only for merges that occur",
    hint="A merge's new id is its place in the list, whether its pair occurs in this text or not.",
    fails="apply_merges_values",
)
def counts_those_that_occur(ids, merges, vocab_size):
    new_id = vocab_size
    for pair in merges:
        merged = merge_pair(ids, pair, new_id)
        if len(merged) < len(ids):
            new_id += 1
        ids = merged
    return ids


@wrong(
    "Counts new ids from vocab_size + 1",
    hint="The first merge makes the id `vocab_size`: count from 0.",
    fails="apply_merges_values",
)
def one_too_high(ids, merges, vocab_size):
    for new_id, pair in enumerate(merges, vocab_size + 1):
        ids = merge_pair(ids, pair, new_id)
    return ids


@wrong(
    "Counts new ids from the largest in the text",
    hint="Which ids this text holds says nothing about the vocabulary. The new ones begin at `vocab_size`.",
    fails="apply_merges_values",
)
def from_the_largest_id(ids, merges, vocab_size):
    first = int(ids.max()) + 1
    for i, pair in enumerate(merges):
        ids = merge_pair(ids, pair, first + i)
    return ids


@wrong(
    "Gives every merge the same new id",
    hint="Each merge has an id of its own: `vocab_size` plus its place in the list.",
    fails="apply_merges_values",
)
def one_new_id_for_all(ids, merges, vocab_size):
    for pair in merges:
        ids = merge_pair(ids, pair, vocab_size)
    return ids


@wrong(
    "Takes the first merge that fits, from left to right",
    hint="You go through the text once and merge what fits at each place. A merge that was learned earlier comes first, wherever in the text its pair stands.",
    fails="apply_merges_values",
)
def greedy_from_the_left(ids, merges, vocab_size):
    new_ids = {tuple(pair): vocab_size + i for i, pair in enumerate(merges)}
    result = []
    for each in ids.tolist():
        result.append(each)
        while len(result) > 1 and tuple(result[-2:]) in new_ids:
            result[-2:] = [new_ids[tuple(result[-2:])]]
    return torch.tensor(result)


@wrong(
    "Takes the longest token that fits, from left to right",
    hint="Choosing the longest token at each place is another tokenizer's way. Here the merges are made one after another.",
    fails="apply_merges_values",
)
def longest_first(ids, merges, vocab_size):
    spelled = []
    for pair in merges:
        letters = []
        for each in pair:
            letters += [each] if each < vocab_size else spelled[each - vocab_size]
        spelled.append(letters)
    numbers, result = ids.tolist(), []
    while numbers:
        best, length = numbers[0], 1
        for i, letters in enumerate(spelled):
            if len(letters) > length and numbers[: len(letters)] == letters:
                best, length = vocab_size + i, len(letters)
        result.append(best)
        numbers = numbers[length:]
    return torch.tensor(result)


@wrong(
    "Gives the number of merges that fit",
    hint="You return how much shorter the text became. The ids are asked for.",
    fails="apply_merges_values",
)
def how_much_shorter(ids, merges, vocab_size):
    before = len(ids)
    for i, pair in enumerate(merges):
        ids = merge_pair(ids, pair, vocab_size + i)
    return before - len(ids)


@wrong(
    "Gives a list",
    hint="The ids are a tensor before and after.",
    fails="apply_merges_values",
)
def a_list(ids, merges, vocab_size):
    for i, pair in enumerate(merges):
        ids = merge_pair(ids, pair, vocab_size + i)
    return ids.tolist()


@wrong(
    "Uses up the caller's list of merges",
    hint="`pop` takes the pairs out of the caller's list, so that the next text finds none. Go through it with `for`.",
    fails="apply_merges_values",
)
def uses_up_the_merges(ids, merges, vocab_size):
    new_id = vocab_size
    while merges:
        ids = merge_pair(ids, merges.pop(0), new_id)
        new_id += 1
    return ids


@wrong(
    "Remembers the result for a tensor that it has seen",
    hint="The same tensor may hold other ids the next time, or come with other merges.",
    fails="apply_merges_values",
)
def remembers(ids, merges, vocab_size, seen={}):
    if ids not in seen:
        result = ids
        for i, pair in enumerate(merges):
            result = merge_pair(result, pair, vocab_size + i)
        seen[ids] = result
    return seen[ids]
