"""Wrong answers to `undo_merges(ids, merges, vocab_size)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Undoes one level only",
    hint="The two ids of a pair may be new ones, too. Go on until there are only characters, and if you go through the merges one by one, begin with the last.",
    fails="undo_merges_values",
)
def one_level(ids, merges, vocab_size):
    result = []
    for each in ids.tolist():
        result += [each] if each < vocab_size else list(merges[each - vocab_size])
    return torch.tensor(result)


@wrong(
    "Undoes a fixed number of levels",
    hint="How deep a token is nested depends on the merges: there may be a dozen levels. Go on until nothing is left to undo.",
    fails="undo_merges_values",
    constants=("3", "2", "4", "5", "8", "10"),
)
def three_levels(ids, merges, vocab_size):
    numbers = ids.tolist()
    for _ in range(3):
        result = []
        for each in numbers:
            result += [each] if each < vocab_size else list(merges[each - vocab_size])
        numbers = result
    return torch.tensor(numbers)


@wrong(
    "Undoes the merges in the order in which they were made",
    hint="The last merge is undone first: what it held may be the result of an earlier one. You begin with the first.",
    fails="undo_merges_values",
    like="one_level",
)
def from_the_first(ids, merges, vocab_size):
    numbers = ids.tolist()
    for i, pair in enumerate(merges):
        result = []
        for each in numbers:
            result += list(pair) if each == vocab_size + i else [each]
        numbers = result
    return torch.tensor(numbers)


@wrong(
    "Puts the two ids back in the wrong order",
    hint="What was `a b` comes back as `b a`. A stack gives back last what you put on it first.",
    fails="undo_merges_values",
)
def turned_round(ids, merges, vocab_size):
    result, waiting = [], list(reversed(ids.tolist()))
    while waiting:
        each = waiting.pop()
        if each < vocab_size:
            result.append(each)
        else:
            waiting += list(merges[each - vocab_size])
    return torch.tensor(result)


@wrong(
    "Gives the text backwards",
    hint="You take the ids from the end, and never turn the result round.",
    fails="undo_merges_values",
)
def backwards(ids, merges, vocab_size):
    result, waiting = [], ids.tolist()
    while waiting:
        each = waiting.pop()
        if each < vocab_size:
            result.append(each)
        else:
            waiting += list(merges[each - vocab_size])
    return torch.tensor(result)


@wrong(
    "Looks one merge too far",
    hint="The first new id is `vocab_size`, and its pair is `merges[0]`.",
    fails="undo_merges_values",
)
def one_too_far(ids, merges, vocab_size):
    result, waiting = [], list(reversed(ids.tolist()))
    while waiting:
        each = waiting.pop()
        if each <= vocab_size:
            result.append(each)
        else:
            waiting += list(reversed(merges[each - vocab_size - 1]))
    return torch.tensor(result)


@wrong(
    "Looks the new id itself up in the list",
    hint="`merges[each]` counts from 0, and new ids count from `vocab_size`.",
    fails="undo_merges_values",
)
def without_the_offset(ids, merges, vocab_size):
    result, waiting = [], list(reversed(ids.tolist()))
    while waiting:
        each = waiting.pop()
        if each < vocab_size:
            result.append(each)
        else:
            waiting += list(reversed(merges[each]))
    return torch.tensor(result)


@wrong(
    "Keeps only the first of the two ids",
    hint="A merged token stands for both of its ids.",
    fails="undo_merges_values",
)
def only_the_first(ids, merges, vocab_size):
    result = []
    for each in ids.tolist():
        while each >= vocab_size:
            each = merges[each - vocab_size][0]
        result.append(each)
    return torch.tensor(result)


@wrong(
    "Goes down on the left side only",
    hint="You undo the first id of a pair as far as it goes, and leave the second as it is. That may be a new one, too.",
    fails="undo_merges_values",
)
def left_side_only(ids, merges, vocab_size):
    result = []
    for each in ids.tolist():
        behind = []
        while each >= vocab_size:
            each, second = merges[each - vocab_size]
            behind.append(second)
        result += [each, *reversed(behind)]
    return torch.tensor(result)


@wrong(
    "Goes down on the right side only",
    hint="You undo the second id of a pair as far as it goes, and leave the first as it is. That may be a new one, too.",
    fails="undo_merges_values",
)
def right_side_only(ids, merges, vocab_size):
    result = []
    for each in ids.tolist():
        while each >= vocab_size:
            first, each = merges[each - vocab_size]
            result.append(first)
        result.append(each)
    return torch.tensor(result)


@wrong(
    "Drops the characters that were never merged",
    hint="An id below `vocab_size` is a character already, and stays.",
    fails="undo_merges_values",
)
def drops_characters(ids, merges, vocab_size):
    def letters(each):
        if each < vocab_size:
            return [each]
        return letters(merges[each - vocab_size][0]) + letters(merges[each - vocab_size][1])

    result = []
    for each in ids.tolist():
        if each >= vocab_size:
            result += letters(each)
    return torch.tensor(result, dtype=torch.int64)


@wrong(
    "Undoes the last merge only",
    hint="All merges are undone, from the last one to the first. Your `return` stands inside the loop.",
    fails="undo_merges_values",
)
def only_the_last_merge(ids, merges, vocab_size):
    numbers = ids.tolist()
    for i in reversed(range(len(merges))):
        result = []
        for each in numbers:
            result += list(merges[i]) if each == vocab_size + i else [each]
        return torch.tensor(result)
    return ids


@wrong(
    "Gives a list",
    hint="The ids are a tensor before and after.",
    fails="undo_merges_values",
)
def a_list(ids, merges, vocab_size):
    result, waiting = [], list(reversed(ids.tolist()))
    while waiting:
        each = waiting.pop()
        if each < vocab_size:
            result.append(each)
        else:
            waiting += list(reversed(merges[each - vocab_size]))
    return result


@wrong(
    "Gives a list of lists",
    hint="Each token's characters stand in a list of their own. One row of ids is asked for, `(T,)`.",
    fails="undo_merges_values",
)
def a_list_of_lists(ids, merges, vocab_size):
    def letters(each):
        if each < vocab_size:
            return [each]
        return letters(merges[each - vocab_size][0]) + letters(merges[each - vocab_size][1])

    return [letters(each) for each in ids.tolist()]


@wrong(
    "Remembers what a new id stands for",
    hint="With other merges the same id stands for something else. Keep nothing from call to call.",
    fails="undo_merges_values",
)
def remembers(ids, merges, vocab_size, seen={}):
    def letters(each):
        if each < vocab_size:
            return [each]
        if each not in seen:
            seen[each] = letters(merges[each - vocab_size][0]) + letters(merges[each - vocab_size][1])
        return seen[each]

    result = []
    for each in ids.tolist():
        result += letters(each)
    return torch.tensor(result)


@wrong(
    "Remembers the result for a tensor that it has seen",
    hint="The same tensor may hold other ids the next time, or come with other merges.",
    fails="undo_merges_values",
)
def remembers_the_tensor(ids, merges, vocab_size, seen={}):
    if ids not in seen:
        result, waiting = [], list(reversed(ids.tolist()))
        while waiting:
            each = waiting.pop()
            if each < vocab_size:
                result.append(each)
            else:
                waiting += list(reversed(merges[each - vocab_size]))
        seen[ids] = torch.tensor(result)
    return seen[ids]


@wrong(
    "Stops after a fixed number of rounds",
    hint="Each round takes one level of merges apart, and there may be as many levels as merges. Go on until no id is left that stands for a pair.",
    fails="undo_merges_values",
    constants=("20", "10", "12", "13", "15", "16", "30", "32"),
)
def twenty_rounds(ids, merges, vocab_size):
    numbers = ids.tolist()
    for _ in range(20):
        longer = []
        for each in numbers:
            longer += [each] if each < vocab_size else merges[each - vocab_size]
        numbers = longer
    return torch.tensor(numbers)


@wrong(
    "Turns the list of merges round in place",
    hint="`merges.reverse()` changes the list of whoever called, and the next call gets it the wrong way round. `reversed(merges)` and `merges[::-1]` leave it as it is.",
    fails="undo_merges_values",
)
def reverses_the_list(ids, merges, vocab_size):
    merges.reverse()
    numbers = ids.tolist()
    for number, pair in enumerate(merges):
        new_id = vocab_size + len(merges) - 1 - number
        result = []
        for each in numbers:
            result += list(pair) if each == new_id else [each]
        numbers = result
    return torch.tensor(numbers, dtype=torch.int64)
