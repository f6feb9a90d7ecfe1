"""Right answers to `undo_merges(ids, merges, vocab_size)`, written otherwise."""

import torch

from proctor.answers import right


@right
def from_the_last_to_the_first(ids, merges, vocab_size):
    """Replaces each new id by its pair, the last one first."""
    numbers = ids.tolist()
    for i in range(len(merges) - 1, -1, -1):
        result = []
        for each in numbers:
            if each == vocab_size + i:
                result.extend(merges[i])
            else:
                result.append(each)
        numbers = result
    return torch.tensor(numbers)


@right
def recursive(ids, merges, vocab_size):
    """Spells each id by a function that calls itself."""

    def letters(each):
        if each < vocab_size:
            return [each]
        first, second = merges[each - vocab_size]
        return letters(first) + letters(second)

    return torch.tensor(sum((letters(int(each)) for each in ids), []))


@right
def a_table_of_spellings(ids, merges, vocab_size):
    """Spells every token once, in the order of the merges."""
    spelled = {each: [each] for each in range(vocab_size)}
    for new_id, (first, second) in enumerate(merges, vocab_size):
        spelled[new_id] = spelled[first] + spelled[second]
    return torch.tensor([letter for each in ids.tolist() for letter in spelled[each]])


@right
def until_nothing_is_new(ids, merges, vocab_size):
    """Undoes one level at a time, as long as there is a new id."""
    numbers = ids.tolist()
    while max(numbers) >= vocab_size:
        result = []
        for each in numbers:
            result += [each] if each < vocab_size else [*merges[each - vocab_size]]
        numbers = result
    return torch.tensor(numbers, dtype=torch.int64)


@right
def a_stack(ids, merges, vocab_size):
    """Keeps what is left to undo on a stack."""
    stack, result = ids.tolist()[::-1], []
    while stack:
        top = stack.pop()
        if top >= vocab_size:
            left, right = merges[top - vocab_size]
            stack.append(right)
            stack.append(left)
        else:
            result.append(top)
    return torch.tensor(result)


@right
def by_tensors(ids, merges, vocab_size):
    """Spells each token as a tensor, and puts them side by side."""
    spelled = list(torch.arange(vocab_size)[:, None])
    for pair in merges:
        spelled.append(torch.cat([spelled[pair[0]], spelled[pair[1]]]))
    return torch.cat([spelled[each] for each in ids])


@right
def looks_pairs_up_by_id(ids, merges, vocab_size):
    """Keeps a dict from new ids to pairs, and inserts in place."""
    pairs = dict(zip(range(vocab_size, vocab_size + len(merges)), merges))
    numbers, i = ids.tolist(), 0
    while i < len(numbers):
        if numbers[i] in pairs:
            numbers[i : i + 1] = pairs[numbers[i]]
        else:
            i += 1
    return torch.tensor(numbers)
