"""Right answers to `build_vocab(text)`, written in different ways."""

from proctor.answers import right


@right
def comprehension(text):
    """A set comprehension, sorted in place afterwards."""
    characters = list({character for character in text})
    characters.sort()
    return characters


@right
def dictionary_keys(text):
    """The keys of a dictionary."""
    return sorted(dict.fromkeys(text))


@right
def star_set(text):
    """A set display, unpacked into a list."""
    return [*sorted({*text})]


@right
def explicit_loop(text):
    """One character at a time, into a list that is searched."""
    vocab = []
    for character in text:
        if character not in vocab:
            vocab.append(character)
    return sorted(vocab)


@right
def neighbours(text):
    """Sorts first, then drops what equals its left neighbour."""
    ordered = sorted(text)
    return [c for i, c in enumerate(ordered) if i == 0 or c != ordered[i - 1]]


@right
def by_code(text):
    """Sorts the code points as numbers."""
    return [chr(code) for code in sorted({ord(character) for character in text})]


@right
def counter(text):
    """Counts the characters and forgets the counts."""
    from collections import Counter

    return sorted(Counter(text))


@right
def insertion(text):
    """Inserts each new character where it belongs."""
    from bisect import bisect_left

    vocab = []
    for character in text:
        place = bisect_left(vocab, character)
        if place == len(vocab) or vocab[place] != character:
            vocab.insert(place, character)
    return vocab


@right
def heap(text):
    """Takes the smallest that is left, one after the other."""
    import heapq

    left = list(set(text))
    heapq.heapify(left)
    return [heapq.heappop(left) for _ in range(len(left))]
