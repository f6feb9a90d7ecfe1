"""Answers that are alike: a copy is found, also under other names; honest students who wrote independently aren't."""

import random
import re
from collections import defaultdict
from collections.abc import Collection

import pytest

from proctor.answers import corpus
from proctor.classroom.similarity import alike, code_of
from proctor.course import Assignment, assignments

Cells = list[tuple[str, str]]


@pytest.fixture(scope="module")
def course(pytestconfig):
    """All assignments, not only the two of the small course: the more answers, the better."""
    return pytestconfig.rootpath


@pytest.fixture(scope="module")
def right(course) -> dict[str, list[str]]:
    """All right answers, by exercise; the reference comes first."""
    found = defaultdict(list)
    for assignment in assignments(course).values():
        for exercise, source in assignment.solutions.items():
            found[exercise].append(source)
    for answer in corpus(course / "answers" / "right"):
        found[answer.exercise].append(answer.source)
    return {exercise: list(dict.fromkeys(sources)) for exercise, sources in found.items()}


def large(course) -> list[Assignment]:
    """The assignments with enough exercises for a copy to stand out; an author may begin a small one."""
    return [each for each in assignments(course).values() if len(each.stubs) >= 8]


def honest(
    assignment: Assignment, right: dict[str, list[str]], chance: random.Random, half: bool = True
) -> Cells:
    """A student who knows nothing of the others, and may have stopped halfway; a few answers come to most minds first."""
    count = len(assignment.stubs)
    done = chance.choice([count, count, *range(1, count)]) if half else count
    weights = [1 / place for place in range(1, 100)]
    cells = [
        (name, chance.choices(right[name], weights[: len(right[name])])[0])
        for name in list(assignment.stubs)[:done]
    ]
    # what two wrote independently isn't the same letter by letter
    return [(name, f"{source}\n# {chance.random()}") for name, source in cells]


def renamed(cells: Cells, chance: random.Random) -> Cells:
    """The same with other names of variables, other comments and another order of the cells."""
    changed = []
    for name, source in cells:
        for variable in set(re.findall(r"^\s+([a-z]\w*) = ", source, re.MULTILINE)):
            source = re.sub(rf"(?<![.\w]){variable}\b", f"my_{variable}", source)
        changed.append((name, f"# my own idea\n{source}"))
    chance.shuffle(changed)
    return changed


def found(cells: list[Cells], assignment: Assignment) -> list[dict]:
    return alike({f"{number}": code_of(each, assignment) for number, each in enumerate(cells)})


@pytest.mark.full
def test_honest_students_are_not_listed(course, right):
    """In classes of 2 to 60, of whom each takes one of the few right answers that we know."""
    chance, listed, pairs = random.Random(0), 0, 0
    for assignment in large(course):
        for size in [2] * 30 + [10] * 5 + [60]:
            cells = [honest(assignment, right, chance) for _ in range(size)]
            listed += len(found(cells, assignment))
            pairs += len(cells) * (len(cells) - 1) // 2
    assert pairs > 5000 and listed == 0


def test_letter_by_letter_tells_more_and_so_does_what_is_wrong(course, right):
    """Four of five answers under other names tell too little in a class of ten; their comments or mistakes, enough."""
    assignment = assignments(course)["03-softmax"]
    chance = random.Random(2)
    *four, fifth = code_of([(name, right[name][-1]) for name in assignment.stubs], assignment)
    same = [(name, right[name][-1]) for name in four[:4]]
    others = {
        f"{number}": code_of(honest(assignment, right, chance), assignment) for number in range(8)
    }

    def listed(copy: Cells, wrong: Collection[str] = ()) -> bool:
        both = {"a": [*same, (fifth, right[fifth][0])], "b": [*copy, (fifth, right[fifth][1])]}
        pair = {name: code_of(cells, assignment, wrong) for name, cells in both.items()}
        return any({"a", "b"} <= set(each["students"]) for each in alike(others | pair))

    assert not listed(renamed(same, chance)) and listed(same)
    assert listed(renamed(same, chance), wrong=four)


@pytest.mark.parametrize("size", [2, 8, pytest.param(60, marks=pytest.mark.full)])
def test_a_copy_is_found(course, right, size):
    """Byte by byte; and with other names, comments and order."""
    for assignment in large(course):
        # the answers that an assignment gains change no other one's class
        chance = random.Random(f"0 {assignment.name} {size}")
        cells = [honest(assignment, right, chance) for _ in range(size - 1)]
        cells[0] = honest(assignment, right, chance, half=False)
        pair, *_ = found([*cells, list(reversed(cells[0]))], assignment)
        assert {"0", f"{size - 1}"} <= set(pair["students"]) and pair["exact"]
        # of sixty who choose among a dozen texts, many wrote each of them, and it tells little
        if size < 60:
            (pair,) = found([*cells, renamed(cells[0], chance)], assignment)
            assert set(pair["students"]) == {"0", f"{size - 1}"} and not pair["exact"], (
                assignment.name
            )
            assert len(pair["exercises"]) == pair["of"]


@pytest.mark.parametrize("size", [10, pytest.param(60, marks=pytest.mark.full)])
def test_a_copied_half_is_found(course, right, size):
    """Two share four answers letter by letter, comments included, three of them wrong, however short; the rest is their own."""
    chance, wrong = random.Random(3), defaultdict(list)
    for answer in corpus(course / "answers" / "wrong"):
        wrong[answer.exercise].append(answer.source)
    for assignment in large(course):
        cells = [honest(assignment, right, chance) for _ in range(size - 2)]
        classwork = {f"{number}": code_of(each, assignment) for number, each in enumerate(cells)}
        written = [name for name, exercise in assignment.exercises.items() if not exercise.is_value]
        *mistaken, fine = chance.sample(written, 4)
        shared = {name: f"{chance.choice(wrong[name])}\n# careful here" for name in mistaken}
        shared[fine] = f"{chance.choice(right[fine])}\n# as on slide 12"
        for student in "ab":
            own = honest(assignment, right, chance, half=False)
            classwork[student] = code_of(list((dict(own) | shared).items()), assignment, mistaken)
        (pair,) = alike(classwork)
        assert pair["students"] == ["a", "b"] and shared.keys() <= set(pair["exercises"]), (
            assignment.name
        )


def test_the_release_counts_for_nobody(course, right):
    """Nor does what says little: an empty notebook, the stubs, one short answer."""
    assignment = assignments(course)["03-softmax"]
    blank = list(assignment.stubs.items())
    short = [(name, source) for name, source in blank if name != "softmax"]
    short += [
        (
            "softmax",
            "def softmax(x, dim):\n    e = x.exp()\n    return e / e.sum(dim, keepdim=True)",
        )
    ]
    for cells in ([], blank, short):
        assert found([cells, cells], assignment) == []


@pytest.mark.full
def test_whatever_was_written_is_read_in_no_time(course):
    assignment = assignments(course)["03-softmax"]
    for text in (
        "'" * 10**5,
        '\\"""' * 10**5,
        "(" * 10**5,
        "\\\n" * 10**5,
        "def softmax" * 10**4,
        "\x00\ud800",
    ):
        assert isinstance(code_of([("softmax", text)], assignment), dict)
