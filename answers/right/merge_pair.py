"""Right answers to `merge_pair(ids, pair, new_id)`, written otherwise."""

import torch

from proctor.answers import right


@right
def a_while_loop(ids, pair, new_id):
    """Compares a tuple with the pair by ==, and steps by two or by one."""
    old, new = ids.tolist(), []
    i = 0
    while i < len(old):
        if i < len(old) - 1 and (old[i], old[i + 1]) == pair:
            new.append(new_id)
            i += 2
        else:
            new.append(old[i])
            i += 1
    return torch.tensor(new)


@right
def looks_back(ids, pair, new_id):
    """Appends each id, and merges it with the last one where that still stands for itself."""
    result, free = [], False
    for each in ids.tolist():
        if free and {(result[-1], each): True}.get(pair):
            result[-1] = new_id
            free = False
        else:
            result.append(each)
            free = True
    return torch.tensor(result, dtype=torch.int64)


@right
def skips_with_a_flag(ids, pair, new_id):
    """Goes through all places with for, and skips the second half of a merged pair."""
    a, b = pair
    numbers, skip = [], False
    for i in range(len(ids)):
        if skip:
            skip = False
            continue
        if i + 1 < len(ids) and ids[i] == a and ids[i + 1] == b:
            numbers.append(torch.tensor(new_id))
            skip = True
        else:
            numbers.append(ids[i])
    return torch.stack(numbers)


@right
def with_masks(ids, pair, new_id):
    """Finds all places at once, and drops those which overlap with one that stays."""
    found = [i for i in range(len(ids) - 1) if ids[i] == pair[0] and ids[i + 1] == pair[1]]
    kept, last = [], -2
    for i in found:
        if i > last + 1:
            kept.append(i)
            last = i
    result = ids.clone()
    result[kept] = new_id
    stays = torch.ones(len(ids), dtype=torch.bool)
    stays[[i + 1 for i in kept]] = False
    return result[stays]


@right
def gives_ids_back(ids, pair, new_id):
    """Gives ids themselves where there is nothing to merge."""
    numbers = ids.tolist()
    if pair not in list(zip(numbers, numbers[1:])):
        return ids
    result = []
    while numbers:
        if tuple(numbers[:2]) == pair:
            result.append(new_id)
            numbers = numbers[2:]
        else:
            result.append(numbers.pop(0))
    return torch.tensor(result)


@right
def by_characters(ids, pair, new_id):
    """Makes a character of each id, and lets str.replace do it."""
    text = "".join(chr(each + 0x10000) for each in ids.tolist())
    old = "".join(chr(each + 0x10000) for each in pair)
    text = text.replace(old, chr(new_id + 0x10000))
    return torch.tensor([ord(each) - 0x10000 for each in text])


@right
def with_an_iterator(ids, pair, new_id):
    """Takes ids from an iterator, and keeps one in hand."""
    result = []
    waiting = None
    for each in map(int, ids):
        if waiting is None:
            waiting = each
        elif (waiting, each) == pair:
            result.append(new_id)
            waiting = None
        else:
            result.append(waiting)
            waiting = each
    if waiting is not None:
        result.append(waiting)
    return torch.LongTensor(result)
