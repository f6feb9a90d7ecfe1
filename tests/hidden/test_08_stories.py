"""Hidden checks of 08-stories.

A pair is a tuple of two ints in the notebook, and may come back as anything that holds two ints. A request carries lists,
so one probe turns them into tuples again, and turns the reply into plain ints.
"""

from collections import Counter
from itertools import pairwise

import torch

from proctor.checks import about, close, describe, equal, layouts, predicts, raises

# By definition, on lists of ints


def most_frequent(ids):
    counts = Counter(pairwise(ids))
    return min(counts, key=lambda pair: (-counts[pair], pair))


def merged(ids, pair, new_id):
    result = []
    place = 0
    while place < len(ids):
        if tuple(ids[place : place + 2]) == tuple(pair):
            result.append(new_id)
            place += 2
        else:
            result.append(ids[place])
            place += 1
    return result


def learned(ids, vocab_size, count):
    merges = []
    while len(merges) < count and len(ids) > 1:
        pair = most_frequent(ids)
        ids = merged(ids, pair, vocab_size + len(merges))
        merges.append(pair)
    return merges


def applied(ids, merges, vocab_size):
    for number, pair in enumerate(merges):
        ids = merged(ids, pair, vocab_size + number)
    return ids


def undone(ids, merges, vocab_size):
    result = []
    for each in ids:
        result += (
            [each] if each < vocab_size else undone(merges[each - vocab_size], merges, vocab_size)
        )
    return result


# The probe


def probe_pairs(student, name, calls, same_tensor=False):
    """a small experiment with ids and pairs"""
    import operator

    import torch

    def plain(value):
        # a pair, or a list of pairs, of any ints
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        return operator.index(value)

    function = getattr(student, name)
    kept = {}
    results = []
    for call in calls:
        arguments = dict(call)
        if "pair" in arguments:
            arguments["pair"] = tuple(arguments["pair"])
        if "merges" in arguments:
            arguments["merges"] = [tuple(pair) for pair in arguments["merges"]]
        ids = arguments["ids"]
        if same_tensor:
            # the tensor of the first call again, with other numbers in it
            ids = kept.setdefault("ids", ids)
            ids.copy_(arguments["ids"].clone())
            arguments["ids"] = ids
        before = ids.clone()
        merges = list(arguments.get("merges", []))
        value = function(**arguments)
        changed = not torch.equal(ids, before) or merges != arguments.get("merges", [])
        # a value that is no pair and no list of pairs stays as it is, for the check to describe
        if isinstance(value, list | tuple):
            try:
                value = plain(value)
            except TypeError:
                value = f"{value!r:.80}"
        elif torch.is_tensor(value):
            value = value.clone()
        results.append({"value": value, "changed": changed})
    return results


def in_words(name, call):
    given = [
        f"{key}={value.tolist() if isinstance(value, torch.Tensor) else value}"
        for key, value in call.items()
    ]
    return f"{name}({', '.join(given)})" if sum(map(len, given)) < 160 else name


def asked(student, name, calls):
    """Yields each call with its result, all in one run. Fails if a call changed its arguments."""
    lengths = {len(call["ids"]) for call in calls}
    replies = student.run(
        probe_pairs, name, list(calls), same_tensor=len(calls) > 1 and len(lengths) == 1
    )
    for call, reply in zip(calls, replies, strict=True):
        changed = "its arguments must stay as they were, and one was changed"
        with about(in_words(name, call)):
            assert not reply["changed"], changed
        yield call, reply["value"]


def tensor(ids):
    return torch.tensor(ids, dtype=torch.int64)


def check_pairs(student, name, reference, *calls):
    """Compares the calls of a function that gives a pair, or a list of pairs, with a reference."""
    for call, got in asked(student, name, calls):
        plain = {**call, "ids": call["ids"].tolist()}
        want = reference(**plain)
        form = "a pair of two ints" if isinstance(want, tuple) else "a list of pairs of two ints"
        want = list(want) if isinstance(want, tuple) else [list(pair) for pair in want]
        with about(in_words(name, call)):
            assert isinstance(got, list), f"expected {form}, got {describe(got)}"
            assert got == want, f"expected {want}, got {got}"


def check_ids(student, name, reference, *calls):
    """Compares the calls of a function that gives ids with a reference."""
    for call, got in asked(student, name, calls):
        plain = {**call, "ids": call["ids"].tolist()}
        with about(in_words(name, call)):
            equal(got, tensor(reference(**plain)))


def among(draw, few, length):
    """Ids of an alphabet of a few."""
    return [few[i] for i in draw.integers(0, len(few), length).tolist()]


def different(draw, count, low=0, high=380):
    """As many different ids."""
    found = []
    while len(found) < count:
        new = draw.randint(low, high)
        if new not in found:
            found.append(new)
    return found


def apart(draw, parts):
    """The parts in a row, with an id that occurs once between each two of them."""
    fillers = different(draw, len(parts), 381, 449)
    result = list(parts[0])
    for part, filler in zip(parts[1:], fillers[1:], strict=True):
        result += [filler, *part]
    return result


# most_frequent_pair


def test_most_frequent_pair_counts__every_position(student, draw):
    """The result is the most frequent pair of neighbours; every position counts."""
    a, b, c, d = different(draw, 4)
    low, lower, high, higher = sorted(different(draw, 4))
    runs = [a] * 5 + [b, c] * 3
    two_ways = apart(draw, [[a, b], [a, b], [b, a], [b, a], [c, d], [c, d], [c, d]])
    last = apart(draw, [[low, lower], [low, lower], [high, higher], [high, higher], [high, higher]])
    first = apart(
        draw, [[high, higher], [high, higher], [high, higher], [low, lower], [low, lower]]
    )
    # pairs that look alike when their ids are written one behind the other, or one id is multiplied by 256, by 1000 or by
    # the largest id
    digits = apart(draw, [[1, 23], [12, 3], [1, 23], [12, 3], [5, 6], [5, 6], [5, 6]])
    bytes_ = apart(draw, [[1, 300], [2, 44], [1, 300], [2, 44], [370, 371], [370, 371], [370, 371]])
    thousands = apart(draw, [[1, 2000], [3, 0], [1, 2000], [3, 0], [5, 6], [5, 6], [5, 6]])
    largest = apart(draw, [[1, 450], [2, 0], [1, 450], [2, 0], [5, 6], [5, 6], [5, 6]])
    alike = digits, bytes_, thousands, largest
    calls = [{"ids": tensor(ids)} for ids in (runs, two_ways, last, first, *alike)]
    for _ in range(2):
        ids = among(draw, different(draw, 5), 60)
        while len({count for _, count in Counter(pairwise(ids)).most_common(2)}) == 1:
            ids = among(draw, different(draw, 5), 60)
        calls += [{"ids": layouts(tensor(ids))[0]}]
    for call in calls:
        check_pairs(student, "most_frequent_pair", most_frequent, call)


def test_most_frequent_pair_counts__each_call(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    a, b, c, d = different(draw, 4)
    one = [a, b, c, a, b, d]
    other = [c, d, a, c, d, b]
    calls = [{"ids": tensor(ids)} for ids in (one, other, one)]
    check_pairs(student, "most_frequent_pair", most_frequent, *calls)


def test_most_frequent_pair_ties__the_smaller_pair(student, draw):
    """If several pairs are tied, the result is the smallest, compared as tuples of numbers."""
    low, middle, high, higher = sorted(different(draw, 4, 0, 100))
    calls = []
    for one, other in (
        # by the first id, whichever comes first in the text, and whatever the second one is
        ([high, low], [middle, higher]),
        ([middle, higher], [high, low]),
        # by the second id
        ([low, high], [low, middle]),
        ([low, middle], [low, high]),
        # as numbers, not as digits
        ([10, 50], [9, 50]),
        ([30, 100], [30, 20]),
    ):
        calls += [{"ids": tensor(apart(draw, [one, other, one, other]))}]
    check_pairs(student, "most_frequent_pair", most_frequent, {"ids": tensor([high, low])})
    # all in one run: a single tie seldom shows which rule an answer follows
    calls += [{"ids": tensor([high, low, middle])}]
    check_pairs(student, "most_frequent_pair", most_frequent, *calls)


def test_most_frequent_pair_ties__one_id(student, draw):
    """A single id makes no pair, and raises a ValueError."""
    raises(student, ValueError, "most_frequent_pair", tensor([draw.randint(0, 50)]))


# merge_pair


def test_merge_pair_values__every_place(student, draw):
    """Every pair, in this order alone, becomes new_id, and all other ids stay."""
    a, b, c, d = different(draw, 4)
    new = draw.randint(460, 480)
    texts = (
        [a, b, c, a, b, d, a, b],
        [c, a, b, a, b, d],
        [b, a, c, a, d, b, a],
        [a, c, b, a],
        [a, b],
        [c],
        [a],
    )
    calls = [{"ids": tensor(ids), "pair": [a, b], "new_id": new} for ids in texts]
    calls += [{"ids": tensor([11, 2, 5, 1, 23, 5, 1, 2, 5, 12]), "pair": [1, 2], "new_id": 450}]
    # the new id is any number, and not the largest one plus 1
    calls += [{"ids": tensor([7, 30, 31, 7]), "pair": [30, 31], "new_id": 20}]
    ids = among(draw, [a, b, c], 60)
    calls += [{"ids": layouts(tensor(ids))[0], "pair": [a, c], "new_id": new}]
    for call in calls:
        check_ids(student, "merge_pair", merged, call)


def test_merge_pair_values__long_text(student, draw):
    """A text may have thousands of ids."""
    a, b, c = different(draw, 3)
    ids = tensor(among(draw, [a, b, c], 5000))
    check_ids(student, "merge_pair", merged, {"ids": ids, "pair": [a, b], "new_id": 460})


def test_merge_pair_values__each_call(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    a, b, c, d = different(draw, 4)
    one = {"ids": tensor([a, b, c, d, a, b]), "pair": [a, b], "new_id": 460}
    other = {"ids": tensor([c, d, a, b, c, d]), "pair": [a, b], "new_id": 460}
    calls = one, other, {**one, "pair": [c, d]}, {**one, "new_id": 461}
    check_ids(student, "merge_pair", merged, *calls)


def test_merge_pair_overlap__left_to_right(student, draw):
    """Overlapping pairs are merged from left to right."""
    a, b = different(draw, 2)
    for ids in (
        [a, a, a],
        [a, a, a, a],
        [a] * 5,
        [b, a, a, a, b],
        [a, a, b, a, a, a, a, a, b, b, a],
    ):
        check_ids(
            student, "merge_pair", merged, {"ids": tensor(ids), "pair": [a, a], "new_id": 460}
        )


# learn_merges


def text_with_merges(draw, few, count, vocab_size):
    """60 ids in which each of as many merges joins a pair that occurs twice or more, and some join an earlier new id."""
    while True:
        word = among(draw, few, 4)
        ids = word * 3 + among(draw, few, 24) + word * 2 + among(draw, few, 16)
        merges = learned(ids, vocab_size, count)
        before = ids
        often = True
        for number, pair in enumerate(merges):
            often = often and Counter(pairwise(before))[pair] > 1
            before = merged(before, pair, vocab_size + number)
        nested = any(max(pair) >= vocab_size for pair in merges)
        if often and nested and len(merges) == count:
            return ids


def test_learn_merges_values__in_order(student, draw):
    """Each merge is the most frequent pair of the text after all merges before it."""
    # the last characters of the vocabulary don't occur
    for vocab_size, few in (
        (9, [0, 1, 3, 4]),
        (51, different(draw, 5, 0, 40)),
        (300, different(draw, 4, 0, 290)),
    ):
        ids = text_with_merges(draw, few, 8, vocab_size)
        for count in (1, 8):
            call = {"ids": tensor(ids), "vocab_size": vocab_size, "count": count}
            check_pairs(student, "learn_merges", learned, call)
    ids = layouts(tensor(text_with_merges(draw, [2, 3, 5, 7], 6, 20)))[0]
    check_pairs(student, "learn_merges", learned, {"ids": ids, "vocab_size": 20, "count": 6})


def test_learn_merges_values__each_call(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    one = {"ids": tensor([0, 1, 2, 0, 1, 3, 0, 1]), "vocab_size": 4, "count": 1}
    other = {**one, "ids": tensor([2, 3, 0, 2, 3, 1, 2, 3])}
    check_pairs(student, "learn_merges", learned, one, other, one)


def test_learn_merges_ends__early_and_late(student, draw):
    """There are count merges, even if pairs occur only once, or fewer if one id is left."""
    # every character occurs, and on a tie the first pair is the smallest: only the end of the list can go wrong
    a, b, c = sorted(different(draw, 3, 0, 40))
    for ids, count in (
        ([a, b, a, b], 0),
        ([a, b, c], 2),
        ([a, b, a, b, c], 3),
        ([a, b, a, b, c], 10),
        ([a, a], 2),
        ([a], 4),
    ):
        call = {"ids": tensor(ids), "vocab_size": max(ids) + 1, "count": count}
        check_pairs(student, "learn_merges", learned, call)


# apply_merges


def test_apply_merges_values__another_text(student, draw):
    """The merges are applied in the order learned, and number i makes the id vocab_size + i."""
    a, b, c, d = different(draw, 4, 0, 40)
    calls = []
    for text, merges in (
        ([a, b, d, c, d, b, a], [(a, b), (c, d), (b, d), (b, a)]),
        ([a, b, c], [(b, c), (a, 41), (a, b)]),
        # which merge comes first decides, and not which stands first in the text, or is longer
        ([a, b, c, d], [(a, b), (b, c)]),
        ([a, b, c, d], [(b, c), (a, b)]),
        ([a, b, c, d, a, b], [(b, c), (c, d), (42, a), (a, b)]),
        ([a, b, c, a, b], [(a, b), (41, c)]),
        ([c, a, b, a, b, d], [(a, b), (41, 41), (c, 42)]),
        # a pair that the first merge takes apart, and a pair that does not occur
        ([b, c, a, b], [(a, b), (c, a), (d, d)]),
        ([a, a, a, a, a], [(a, a), (41, 41), (42, a)]),
        ([a, b, c], []),
        ([a], [(a, b)]),
    ):
        calls += [
            {"ids": tensor(text), "merges": [list(pair) for pair in merges], "vocab_size": 41}
        ]
    few = different(draw, 5, 0, 40)
    merges = [list(pair) for pair in learned(text_with_merges(draw, few, 8, 51), 51, 8)]
    for ids in (text_with_merges(draw, few, 8, 51), among(draw, few, 60)):
        calls += [{"ids": layouts(tensor(ids))[0], "merges": merges, "vocab_size": 51}]
    for call in calls:
        check_ids(student, "apply_merges", applied, call)


def test_apply_merges_values__each_call(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    a, b, c, d = different(draw, 4, 0, 40)
    one = {"ids": tensor([a, b, c, d, a, b]), "merges": [[a, b], [c, d]], "vocab_size": 50}
    other = {**one, "ids": tensor([c, d, a, b, b, a])}
    calls = one, other, {**one, "merges": [[b, c], [d, a]]}, {**one, "vocab_size": 60}
    check_ids(student, "apply_merges", applied, *calls)


# undo_merges


def test_undo_merges_values__what_was_merged(student, draw):
    """Each token becomes the characters that it stands for, and characters stay."""
    a, b, c, d = different(draw, 4, 0, 40)
    calls = []
    for ids, merges in (
        ([41, c, 41], [(a, b)]),
        ([c, 42, a, 41], [(a, b), (41, c)]),
        ([43, 41, 42, d], [(a, b), (b, c), (42, 41)]),
        ([42, 41], [(a, b), (c, 41)]),
        ([a, b, c], [(a, b)]),
        ([a, d], []),
        ([42], [(a, a), (41, 41)]),
    ):
        calls += [{"ids": tensor(ids), "merges": [list(pair) for pair in merges], "vocab_size": 41}]
    few = different(draw, 5, 0, 40)
    ids = text_with_merges(draw, few, 3, 51)
    merges = learned(ids, 51, 3)
    call = {
        "ids": layouts(tensor(applied(ids, merges, 51)))[0],
        "merges": [list(pair) for pair in merges],
    }
    calls += [{**call, "vocab_size": 51}]
    for call in calls:
        check_ids(student, "undo_merges", undone, call)


def test_undo_merges_values__any_depth(student, draw):
    """Merges of merges are undone, at any depth."""
    # more merges than characters, each of which joins the new id before it: to the left, to the right, to both sides
    a, b = different(draw, 2, 0, 4)
    left = [[a, b], *([5 + depth, a] for depth in range(40))]
    right = [[a, b], *([b, 5 + depth] for depth in range(40))]
    both = [[a, b], *([5 + depth, 5 + depth] for depth in range(7))]
    for merges in (left, right, both):
        deepest = 4 + len(merges)
        call = {"ids": tensor([deepest, deepest - 1]), "merges": merges, "vocab_size": 5}
        check_ids(student, "undo_merges", undone, call)


def test_undo_merges_values__each_call(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    a, b, c, d = different(draw, 4, 0, 40)
    one = {"ids": tensor([50, 51, 51, 50]), "merges": [[a, b], [c, 50]], "vocab_size": 50}
    other = {**one, "ids": tensor([51, 51, 50, 50])}
    calls = one, other, {**one, "merges": [[b, a], [50, d]]}
    check_ids(student, "undo_merges", undone, *calls)


# nats_per_character


def test_nats_per_character_values__of_a_mean_loss(student, draw):
    """The result is loss * tokens / characters, a Python float, for a 0-d loss, too."""
    for loss, tokens, characters in (
        (1.5, 10, 30),
        (0.25, 7, 5),
        (2.0, 1, 1),
        (0.0, 3, 8),
        (draw.randint(100, 400) / 128, draw.randint(20, 60), draw.randint(70, 300)),
    ):
        want = loss * tokens / characters
        for given in (loss, torch.tensor(loss), torch.tensor(loss, dtype=torch.float64)):
            close(
                student.nats_per_character(loss=given, tokens=tokens, characters=characters), want
            )


def test_nats_per_character_values__errors(student, draw):
    """A ValueError is raised unless both tokens and characters are positive."""
    for tokens, characters in ((5, 0), (0, 5), (-2, 5), (5, -2), (-2, -3)):
        raises(student, ValueError, "nats_per_character", 1.5, tokens, characters)


# Predictions


def test_predict_merged_length_value__computed(student, draw):
    """Two neighbours become one id, from left to right, and the odd one at the end stays."""
    predicts(student, "predict_merged_length", len(merged([0] * 5, (0, 0), 1)))


def test_predict_floor_value__computed(student, draw):
    """On average over new stories no model gets below the entropy of the grammar."""
    predicts(student, "predict_floor", "D")


def test_predict_copy_value__computed(student, draw):
    """A name of which the model is sure has a probability near 1, and costs nearly nothing."""
    predicts(student, "predict_copy", "A")


# Stand-ins


def most_frequent_pair_stand_in(ids: torch.Tensor) -> tuple[int, int]:
    numbers = ids.tolist()
    if len(numbers) < 2:
        raise ValueError("a pair takes two ids")
    counts = {}
    for i in range(len(numbers) - 1):
        pair = numbers[i], numbers[i + 1]
        counts[pair] = counts.get(pair, 0) + 1
    return min(sorted(counts), key=lambda pair: -counts[pair])


def merge_pair_stand_in(ids: torch.Tensor, pair: tuple[int, int], new_id: int) -> torch.Tensor:
    result = []
    for each in ids.tolist():
        result.append(each)
        # a merged pair can't merge again: the new id is not in the pair
        if [int(i) for i in pair] == result[-2:]:
            result[-2:] = [new_id]
    return torch.tensor(result, dtype=torch.int64)


def learn_merges_stand_in(ids: torch.Tensor, vocab_size: int, count: int) -> list[tuple[int, int]]:
    numbers = ids.tolist()
    merges = []
    while len(merges) < count and len(numbers) > 1:
        counts = {}
        for i in range(len(numbers) - 1):
            pair = numbers[i], numbers[i + 1]
            counts[pair] = counts.get(pair, 0) + 1
        best = min(sorted(counts), key=lambda pair: -counts[pair])
        shorter = []
        waiting = list(reversed(numbers))
        while waiting:
            one = waiting.pop()
            if waiting and (one, waiting[-1]) == best:
                waiting.pop()
                one = vocab_size + len(merges)
            shorter.append(one)
        numbers = shorter
        merges.append(best)
    return merges


def apply_merges_stand_in(ids: torch.Tensor, merges: list, vocab_size: int) -> torch.Tensor:
    numbers = ids.tolist()
    for new_id, (left, right) in enumerate(merges, vocab_size):
        shorter = []
        waiting = list(reversed(numbers))
        while waiting:
            one = waiting.pop()
            if waiting and one == left and waiting[-1] == right:
                waiting.pop()
                one = new_id
            shorter.append(one)
        numbers = shorter
    return torch.tensor(numbers, dtype=torch.int64)


def undo_merges_stand_in(ids: torch.Tensor, merges: list, vocab_size: int) -> torch.Tensor:
    result = []
    waiting = list(reversed(ids.tolist()))
    while waiting:
        one = waiting.pop()
        if one < vocab_size:
            result.append(one)
        else:
            left, right = merges[one - vocab_size]
            waiting += [int(right), int(left)]
    return torch.tensor(result, dtype=torch.int64)


def nats_per_character_stand_in(loss, tokens: int, characters: int) -> float:
    if not (tokens > 0 and characters > 0):
        raise ValueError("tokens and characters must be positive")
    return float(loss) / characters * tokens


STAND_INS = {
    "most_frequent_pair": most_frequent_pair_stand_in,
    "merge_pair": merge_pair_stand_in,
    "learn_merges": learn_merges_stand_in,
    "apply_merges": apply_merges_stand_in,
    "undo_merges": undo_merges_stand_in,
    "nats_per_character": nats_per_character_stand_in,
}


# Small experiments, the smallest first, for each graded cell. If the cell fails, the student sees the first experiment
# that comes out otherwise than with the reference solution. A pair may be of any ints: so plain ones are made of it.

PAIR = "[int(i) for i in most_frequent_pair(torch.tensor({ids}))]"
MERGES = "[[int(i) for i in pair] for pair in learn_merges(torch.tensor({ids}), vocab_size={vocab_size}, count={count})]"


def pair_of(ids):
    return PAIR.replace("{ids}", str(ids))


def merges_of(ids, vocab_size, count):
    given = {"{ids}": ids, "{vocab_size}": vocab_size, "{count}": count}
    line = MERGES
    for name, value in given.items():
        line = line.replace(name, str(value))
    return line


EXPERIMENTS = {
    "most_frequent_pair_counts": [
        pair_of([1, 2, 3, 1, 2]),
        pair_of([2, 1, 1, 1, 3]),
        pair_of([5, 5, 5, 5, 1, 2, 3, 1, 2]),
        pair_of([7, 8, 0, 1, 2, 3, 7, 8, 4, 1, 2, 5, 7, 8]),
        pair_of([0, 1, 2, 1, 0, 3, 5, 6, 4, 5, 6]),
        pair_of([1, 23, 4, 12, 3, 5, 6, 7, 5, 6]),
        pair_of([300, 310, 4, 300, 310]),
        """
        ids = torch.tensor([1, 2, 3, 1, 2])
        most_frequent_pair(ids)
        ids.copy_(torch.tensor([3, 4, 1, 3, 4]))
        [int(i) for i in most_frequent_pair(ids)]
        """,
        """
        ids = torch.tensor([3, 1, 2, 3, 1])
        most_frequent_pair(ids)
        ids
        """,
    ],
    "most_frequent_pair_ties": [
        pair_of([2, 1]),
        pair_of([3, 1, 2]),
        pair_of([3, 1, 5, 2, 9]),
        pair_of([2, 9, 5, 3, 1]),
        pair_of([2, 8, 2, 5]),
        pair_of([10, 50, 60, 9, 50]),
        "most_frequent_pair(torch.tensor([{bit}]))",
    ],
    "merge_pair_values": [
        "merge_pair(torch.tensor([1, 2]), (1, 2), 7)",
        "merge_pair(torch.tensor([3, 1, 2, 4]), (1, 2), 7)",
        "merge_pair(torch.tensor([1, 2, 3, 1, 2]), (1, 2), 7)",
        "merge_pair(torch.tensor([1, 2, 1, 2]), (1, 2), 7)",
        "merge_pair(torch.tensor([2, 1, 3]), (1, 2), 7)",
        "merge_pair(torch.tensor([1]), (1, 2), 7)",
        "merge_pair(torch.tensor([11, 2, 1, 23]), (1, 2), 7)",
        "merge_pair(torch.tensor([7, 30, 31]), (30, 31), 20)",
        """
        ids = torch.tensor([3, 1, 2, 4])
        merge_pair(ids, (1, 2), 7)
        ids
        """,
        """
        ids = torch.tensor([3, 1, 2, 4])
        merge_pair(ids, (1, 2), 7)
        merge_pair(ids, (2, 4), 7)
        """,
        """
        ids = torch.tensor([3, 1, 2, 4])
        merge_pair(ids, (1, 2), 7)
        ids.copy_(torch.tensor([1, 2, 1, 2]))
        merge_pair(ids, (1, 2), 7)
        """,
        """
        ids = torch.tensor([3, 1, 2, 4])
        merge_pair(ids, (1, 2), 7)
        merge_pair(ids, (1, 2), 8)
        """,
    ],
    "merge_pair_overlap": [
        "merge_pair(torch.tensor([1, 1, 1]), (1, 1), 7)",
        "merge_pair(torch.tensor([1, 1, 1, 1]), (1, 1), 7)",
        "merge_pair(torch.tensor([2, 1, 1, 1, 2, 1, 1]), (1, 1), 7)",
    ],
    "learn_merges_values": [
        merges_of([0, 1, 2, 0, 1], 3, 1),
        merges_of([0, 1, 2, 0, 1, 2], 3, 2),
        merges_of([0, 1, 2, 0, 1, 2], 9, 2),
        merges_of([1, 0, 2, 1, 0, 2, 1, 0], 5, 3),
        merges_of([1, 1, 1, 1, 0, 1, 1], 5, 2),
        """
        ids = torch.tensor([0, 1, 2, 0, 1, 2])
        learn_merges(ids, vocab_size=3, count=2)
        ids
        """,
        """
        ids = torch.tensor([0, 1, 2, 0, 1])
        learn_merges(ids, vocab_size=3, count=1)
        ids.copy_(torch.tensor([1, 2, 0, 1, 2]))
        [[int(i) for i in pair] for pair in learn_merges(ids, vocab_size=3, count=1)]
        """,
        """
        ids = torch.tensor([0, 1, 2, 0, 1, 2])
        learn_merges(ids, vocab_size=3, count=1)
        [[int(i) for i in pair] for pair in learn_merges(ids, vocab_size=4, count=2)]
        """,
    ],
    "learn_merges_ends": [
        merges_of([0, 1], 3, 0),
        merges_of([0, 1, 2], 3, 1),
        merges_of([0, 1, 2], 3, 2),
        merges_of([0, 1, 2], 3, 5),
        merges_of([0], 3, 2),
    ],
    "apply_merges_values": [
        "apply_merges(torch.tensor([0, 1, 2]), [(0, 1)], 5)",
        "apply_merges(torch.tensor([0, 1, 2]), [(0, 1), (5, 2)], 5)",
        "apply_merges(torch.tensor([0, 1, 2]), [(0, 1), (1, 2)], 5)",
        "apply_merges(torch.tensor([0, 1, 2]), [(1, 2), (0, 1)], 5)",
        "apply_merges(torch.tensor([0, 0, 0]), [(0, 0)], 5)",
        "apply_merges(torch.tensor([0, 1, 2]), [(3, 3), (0, 1)], 5)",
        "apply_merges(torch.tensor([0, 1, 2]), [], 5)",
        "apply_merges(torch.tensor([0]), [(0, 1)], 5)",
        """
        ids = torch.tensor([0, 1, 2])
        apply_merges(ids, [(0, 1)], 5)
        ids
        """,
        """
        ids = torch.tensor([0, 1, 2])
        apply_merges(ids, [(0, 1)], 5)
        apply_merges(ids, [(1, 2)], 5)
        """,
        """
        ids = torch.tensor([0, 1, 2])
        apply_merges(ids, [(0, 1)], 5)
        ids.copy_(torch.tensor([2, 0, 1]))
        apply_merges(ids, [(0, 1)], 5)
        """,
        """
        merges = [(0, 1), (5, 2)]
        apply_merges(torch.tensor([0, 1, 2]), merges, 5)
        merges
        """,
    ],
    "undo_merges_values": [
        "undo_merges(torch.tensor([5, 2]), [(0, 1)], 5)",
        "undo_merges(torch.tensor([0, 1, 2]), [(0, 1)], 5)",
        "undo_merges(torch.tensor([6, 3]), [(0, 1), (5, 2)], 5)",
        "undo_merges(torch.tensor([6, 5]), [(0, 1), (2, 5)], 5)",
        "undo_merges(torch.tensor([8]), [(0, 1), (5, 2), (6, 2), (7, 2)], 5)",
        "undo_merges(torch.tensor([2, 0]), [], 5)",
        """
        ids = torch.tensor([5, 2])
        undo_merges(ids, [(0, 1)], 5)
        ids
        """,
        """
        ids = torch.tensor([5, 2])
        undo_merges(ids, [(0, 1)], 5)
        undo_merges(ids, [(3, 4)], 5)
        """,
        """
        ids = torch.tensor([5, 2])
        undo_merges(ids, [(0, 1)], 5)
        ids.copy_(torch.tensor([3, 5]))
        undo_merges(ids, [(0, 1)], 5)
        """,
        """
        merges = [(0, 1), (5, 2)]
        undo_merges(torch.tensor([6, 3]), merges, 5)
        merges
        """,
    ],
    "nats_per_character_values": [
        "nats_per_character(1.5, 2, 6)",
        "nats_per_character(2.0, 6, 3)",
        "nats_per_character(loss=torch.tensor(1.5), tokens=2, characters=6)",
        "nats_per_character(1.5, 0, 6)",
        "nats_per_character(1.5, 2, 0)",
        "nats_per_character(1.5, -2, -6)",
    ],
}
