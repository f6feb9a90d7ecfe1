"""The generator of stories: its numbers, and that they are exact."""

import hashlib
import re
import runpy
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

from tests.conftest import COURSE

S = SimpleNamespace(**runpy.run_path(str(COURSE / "helpers" / "stories.py")))
TEXT, NATS = S.stories(300_000, 0)
STORIES = TEXT.splitlines(keepends=True)
A_NAME = re.compile(rf"\b({'|'.join(S.NAMES)})\b")


def long_sentences(stories):
    """The sentences of six words or more."""
    return [one for story in stories for one in S.sentences(story) if len(one.split()) >= 6]


def test_the_same_on_every_machine():
    assert hashlib.sha256(TEXT.encode()).hexdigest()[:16] == "f8fb7d4e75a88135"
    assert S.stories(300_000, 0) == (TEXT, NATS) and S.stories(1000, 1)[0] != TEXT[:1000]
    assert TEXT.startswith(S.stories(1000, 0)[0])


def test_whole_stories_until_there_are_enough_characters():
    assert len(TEXT) >= 300_000 > len(TEXT) - len(STORIES[-1])
    assert TEXT.endswith("\n") and all(len(story) > 300 for story in STORIES)
    assert S.stories(0, 0) == ("", 0.0) and S.stories(1, 0)[0] == STORIES[0]


def test_quick():
    started = time.process_time()
    S.stories(300_000, 1)
    # a fifth of a second on a machine with nothing else to do
    assert time.process_time() - started < 0.6


def test_short_enough_to_learn():
    """A name comes again soon after its first place, and often: else a small model never learns to keep one."""
    assert S.entropy()[1] < 480 and max(map(len, STORIES)) < 580
    assert len(S.NAMES) == len(set(S.NAMES)) == 24
    for story in STORIES:
        places: dict[str, list[int]] = {}
        for match in A_NAME.finditer(story):
            places.setdefault(match[0], []).append(match.start())
        assert len(places) == 2
        for first, *others in places.values():
            assert others[0] - first <= 60
            assert all(b - a <= 150 for a, b in pairwise([first, *others, len(story)]))
    # a name has no other meaning
    assert not A_NAME.search(re.sub(A_NAME, "", TEXT))
    assert sum("Once upon a time there was a " in story for story in STORIES) > len(STORIES) / 4


def test_rich_enough_not_to_be_learned_by_heart():
    nats, characters = S.entropy()
    assert nats / characters > 0.125
    assert len(set(re.findall("[a-z]+", TEXT.lower()))) > 450
    cut = len(STORIES) * 9 // 10
    known, unseen = set(long_sentences(STORIES[:cut])), long_sentences(STORIES[cut:])
    assert len(known | set(unseen)) > 4000
    assert sum(one in known for one in unseen) < 0.05 * len(unseen)
    assert "The sea said hush, hush." in TEXT


def test_each_story_has_one_derivation_with_its_nats():
    total = 0.0
    for seed in range(500):
        story, nats = S.stories(1, seed)
        assert (
            S.derivations(story)
            == [pytest.approx(nats, abs=1e-9)]
            == S.derivations(story.strip("\n"))
        )
        total += nats
    assert 29_000 < total < 31_000


def test_the_entropy_is_that_of_many_stories():
    """The standard error over 2,000 stories is 0.06 nats and 0.7 characters."""
    nats, characters = S.entropy()
    text, told = S.stories(1_000_000, 7)
    count = text.count("\n")
    assert told / count == pytest.approx(nats, abs=0.25) and len(text) / count == pytest.approx(
        characters, abs=3
    )
    assert (
        S.entropy() == (nats, characters) == (pytest.approx(60.391061), pytest.approx(471.391108))
    )


def test_what_can_not_be_told():
    story = STORIES[0]
    hero = A_NAME.search(story)[0]
    other = next(name for name in S.NAMES if name not in story)
    broken = [
        "",
        story[:-2],
        story + story,
        story.replace(hero, other, 1),
        " " + story,
        story.replace(" the sea", " the moon").replace("The sea", "The moon"),
    ]
    assert [S.derivations(text) for text in broken] == [[]] * len(broken)


def test_a_sentence_can_be_told():
    for sentence in {one for story in STORIES[:30] for one in S.sentences(story)}:
        assert S.can_be_told(sentence) and S.can_be_told(f"  {sentence}\n")
        assert not S.can_be_told(sentence[:-1]) and not S.can_be_told(f"{sentence} {sentence}")
    assert S.can_be_told(
        "But Coral nodded, so Ned cooked some soup, and the fog drank it all and went home."
    )
    for wrong in (
        "",
        "But Ned nodded, so Ned cooked some soup, and the fog drank it all and went home.",
        "But Coral nodded, so Ned cooked some soup, and the moon said sorry.",
        "Ned turned pale to think of loud carpets.",
        '"The moon wants loud geese," said Ned.',
        "Once upon a time there was a owl called Ned.",
    ):
        assert not S.can_be_told(wrong)


def test_sentences():
    told = 'Ned lived by the sea. "Oh, bother," said Ned. "Is it?" asked Ada. Wind from the east. Lamp lit.\nTwo. "Three," sa'
    assert S.sentences(told) == [
        "Ned lived by the sea.",
        '"Oh, bother," said Ned.',
        '"Is it?" asked Ada.',
        "Wind from the east.",
        "Lamp lit.",
        "Two.",
        '"Three," sa',
    ]
    assert S.sentences("") == S.sentences(" \n") == []
    assert " ".join(S.sentences(STORIES[0])) == STORIES[0].strip()
