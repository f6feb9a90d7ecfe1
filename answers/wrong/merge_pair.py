"""Wrong answers to `merge_pair(ids, pair, new_id)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Replaces the first of the two, and leaves the second",
    hint="The new id takes the place of both. After a merge the text is shorter by one.",
    fails="merge_pair_values",
)
def leaves_the_second(ids, pair, new_id):
    numbers = ids.tolist()
    for i in range(len(numbers) - 1):
        if (numbers[i], numbers[i + 1]) == pair:
            numbers[i] = new_id
    return torch.tensor(numbers)


@wrong(
    "Puts the new id in the place of each of the two",
    hint="Both ids become one: where you write the new id twice, it stands once.",
    fails="merge_pair_values",
)
def for_each_of_the_two(ids, pair, new_id):
    numbers = ids.tolist()
    result = list(numbers)
    for i in range(len(numbers) - 1):
        if (numbers[i], numbers[i + 1]) == pair:
            result[i] = result[i + 1] = new_id
    return torch.tensor(result)


@wrong(
    "Merges one occurrence only",
    hint="Your search ends at the first place it finds. The pair is merged wherever it stands.",
    fails="merge_pair_values",
)
def only_the_first(ids, pair, new_id):
    numbers = ids.tolist()
    for i in range(len(numbers) - 1):
        if (numbers[i], numbers[i + 1]) == pair:
            return torch.tensor([*numbers[:i], new_id, *numbers[i + 2 :]])
    return ids


@wrong(
    "Merges the two ids in either order",
    hint="`b a` is another pair than `a b`. Compare in order.",
    fails="merge_pair_values",
)
def in_either_order(ids, pair, new_id):
    result, i = [], 0
    numbers = ids.tolist()
    while i < len(numbers):
        if i + 1 < len(numbers) and {numbers[i], numbers[i + 1]} == set(pair):
            result.append(new_id)
            i += 2
        else:
            result.append(numbers[i])
            i += 1
    return torch.tensor(result)


@wrong(
    "Loses the last id",
    hint="Your loop ends one id early, so an id that stands alone at the end is gone.",
    fails="merge_pair_values",
)
def loses_the_last(ids, pair, new_id):
    result, i = [], 0
    numbers = ids.tolist()
    while i < len(numbers) - 1:
        if (numbers[i], numbers[i + 1]) == pair:
            result.append(new_id)
            i += 2
        else:
            result.append(numbers[i])
            i += 1
    return torch.tensor(result, dtype=torch.int64)


@wrong(
    "Looks beyond the end",
    hint="The last id has no neighbour to its right: look at `i + 1` only where it exists.",
    fails="merge_pair_values",
)
def beyond_the_end(ids, pair, new_id):
    result, i = [], 0
    numbers = ids.tolist()
    while i < len(numbers):
        if numbers[i] == pair[0] and numbers[i + 1] == pair[1]:
            result.append(new_id)
            i += 2
        else:
            result.append(numbers[i])
            i += 1
    return torch.tensor(result)


@wrong(
    "Replaces text in a string of numbers",
    hint="In the string '11 2' there is a '1 2' as well. Compare ids, not digits.",
    fails="merge_pair_values",
)
def in_a_string(ids, pair, new_id):
    text = " ".join(map(str, ids.tolist()))
    text = text.replace(f"{pair[0]} {pair[1]}", str(new_id))
    return torch.tensor([int(each) for each in text.split()])


@wrong(
    "Gives a list",
    hint="The ids are a tensor before and after: `torch.tensor(result)`.",
    fails=("merge_pair_values", "merge_pair_overlap"),
)
def a_list(ids, pair, new_id):
    result, i = [], 0
    numbers = ids.tolist()
    while i < len(numbers):
        if i + 1 < len(numbers) and (numbers[i], numbers[i + 1]) == pair:
            result.append(new_id)
            i += 2
        else:
            result.append(numbers[i])
            i += 1
    return result


@wrong(
    "Gives the ids in int32",
    hint="The ids are right, but their dtype is another one than that of `ids`. Token ids are int64 in this course: leave the dtype to `torch.tensor`.",
    fails=("merge_pair_values", "merge_pair_overlap"),
)
def in_int32(ids, pair, new_id):
    result, i = [], 0
    numbers = ids.tolist()
    while i < len(numbers):
        if i + 1 < len(numbers) and (numbers[i], numbers[i + 1]) == pair:
            result.append(new_id)
            i += 2
        else:
            result.append(numbers[i])
            i += 1
    return torch.tensor(result, dtype=torch.int32)


@wrong(
    "Writes into ids",
    hint="The caller's `ids` hold your new ids after the call. Build a list of your own, or copy first.",
    fails="merge_pair_values",
)
def writes_into_ids(ids, pair, new_id):
    keep = torch.ones(len(ids), dtype=torch.bool)
    i = 0
    while i < len(ids) - 1:
        if (ids[i].item(), ids[i + 1].item()) == pair:
            ids[i] = new_id
            keep[i + 1] = False
            i += 1
        i += 1
    return ids[keep]


@wrong(
    "Takes the largest id plus 1 for the new id",
    hint="Which id is the new one, the caller says: use `new_id`.",
    fails=("merge_pair_values", "merge_pair_overlap"),
)
def own_new_id(ids, pair, new_id):
    result, i = [], 0
    numbers = ids.tolist()
    new_id = max(numbers) + 1
    while i < len(numbers):
        if i + 1 < len(numbers) and (numbers[i], numbers[i + 1]) == pair:
            result.append(new_id)
            i += 2
        else:
            result.append(numbers[i])
            i += 1
    return torch.tensor(result)


@wrong(
    "Drops the pair",
    hint="You take the two ids out and put nothing in. The new id stands in their place.",
    fails=("merge_pair_values", "merge_pair_overlap"),
)
def drops_the_pair(ids, pair, new_id):
    result, i = [], 0
    numbers = ids.tolist()
    while i < len(numbers):
        if i + 1 < len(numbers) and (numbers[i], numbers[i + 1]) == pair:
            i += 2
        else:
            result.append(numbers[i])
            i += 1
    return torch.tensor(result, dtype=torch.int64)


@wrong(
    "Raises an error where there is nothing to merge",
    hint="A text without the pair comes back as it is. That is no mistake of the caller's.",
    fails="merge_pair_values",
)
def needs_a_pair(ids, pair, new_id):
    result, i = [], 0
    numbers = ids.tolist()
    while i < len(numbers):
        if i + 1 < len(numbers) and (numbers[i], numbers[i + 1]) == pair:
            result.append(new_id)
            i += 2
        else:
            result.append(numbers[i])
            i += 1
    if len(result) == len(numbers):
        raise ValueError("the pair does not occur")
    return torch.tensor(result)


@wrong(
    "Merges pairs that overlap",
    hint="In `a a a` the middle `a` can be merged once only. Your test looks at all places at the same time; go from left to right, and step over what has been merged.",
    fails="merge_pair_overlap",
)
def all_places_at_once(ids, pair, new_id):
    if len(ids) < 2:
        return ids.clone()
    found = (ids[:-1] == pair[0]) & (ids[1:] == pair[1])
    starts = torch.cat([found, torch.tensor([False])])
    seconds = torch.cat([torch.tensor([False]), found])
    result = torch.where(starts, new_id, ids)
    return result[~(seconds & ~starts)]


@wrong(
    "Merges from right to left",
    hint="You begin at the end, so `a a a` becomes `a N`. From left to right it is `N a`.",
    fails="merge_pair_overlap",
)
def from_the_right(ids, pair, new_id):
    numbers = ids.tolist()
    i = len(numbers) - 2
    while i >= 0:
        if (numbers[i], numbers[i + 1]) == pair:
            numbers[i : i + 2] = [new_id]
            i -= 1
        i -= 1
    return torch.tensor(numbers)


@wrong(
    "Steps over the neighbour of a merged pair as well",
    hint="After a merge you go on one id too late. What stands right behind the pair may begin the next one.",
    fails="merge_pair_values",
)
def steps_too_far(ids, pair, new_id):
    result, i = [], 0
    numbers = ids.tolist()
    while i < len(numbers):
        if i + 1 < len(numbers) and (numbers[i], numbers[i + 1]) == pair:
            result.append(new_id)
            if i + 2 < len(numbers):
                result.append(numbers[i + 2])
            i += 3
        else:
            result.append(numbers[i])
            i += 1
    return torch.tensor(result)


@wrong(
    "Leaves out the second a of a pair (a, a) that is not merged",
    hint="Where three equal ids stand in a row, one is left, and it stays in the text.",
    fails="merge_pair_overlap",
)
def loses_the_odd_one(ids, pair, new_id):
    result, i = [], 0
    numbers = ids.tolist()
    while i < len(numbers):
        if i + 1 < len(numbers) and (numbers[i], numbers[i + 1]) == pair:
            result.append(new_id)
            i += 2
            if pair[0] == pair[1] and i < len(numbers) and numbers[i] == pair[0]:
                if i + 1 == len(numbers) or numbers[i + 1] != pair[0]:
                    i += 1
        else:
            result.append(numbers[i])
            i += 1
    return torch.tensor(result)


@wrong(
    "Remembers the result for a tensor that it has seen",
    hint="The same tensor may come with another pair, or hold other ids. Merge anew in each call.",
    fails="merge_pair_values",
)
def remembers(ids, pair, new_id, seen={}):
    if (ids, pair) in seen:
        return seen[ids, pair]
    result, i = [], 0
    numbers = ids.tolist()
    while i < len(numbers):
        if i + 1 < len(numbers) and (numbers[i], numbers[i + 1]) == pair:
            result.append(new_id)
            i += 2
        else:
            result.append(numbers[i])
            i += 1
    seen[ids, pair] = torch.tensor(result)
    return seen[ids, pair]


@wrong(
    "Calls itself for every id, which a long text doesn't allow",
    hint="Python ends after about a thousand calls inside one another with a RecursionError, and a text has thousands of ids. Walk along the list in a loop.",
    fails="merge_pair_values",
)
def calls_itself(ids, pair, new_id):
    def merge(numbers):
        if len(numbers) < 2:
            return numbers
        if (numbers[0], numbers[1]) == tuple(pair):
            return [new_id, *merge(numbers[2:])]
        return [numbers[0], *merge(numbers[1:])]

    return torch.tensor(merge(ids.tolist()), dtype=torch.int64)
