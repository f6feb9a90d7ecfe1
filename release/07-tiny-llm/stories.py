"""Stories of a small harbour, written by a grammar, with the exact log-probability of each.

    text, nats = stories(300_000, seed=0)
    nats_per_story, characters_per_story = entropy()

In a template, `[a|b|c]` is a choice, and `{word}` is a slot: a word is drawn at its first use, and
kept for the rest of the story. All draws are uniform, so a draw from n adds log n to a story's nats.
Therefore the entropy is known exactly, and on new stories no model has a lower loss on average.
"""

import math
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache

NAMES = (
    *("Abel", "Ada", "Bess", "Bram", "Cob", "Coral", "Dot", "Fern", "Finn", "Gus", "Hazel", "Hugo"),
    *(
        "Ida",
        "Juno",
        "Maren",
        "Milo",
        "Ned",
        "Nell",
        "Otto",
        "Pearl",
        "Pip",
        "Rolf",
        "Tilda",
        "Tom",
    ),
)
_KINDS = (
    "badger beaver cat crab crow dog duck fox frog goat goose hare hen heron lobster mole "
    "mouse pig seal snail toad walrus"
).split()
_THING_IS = "blue borrowed broken crooked golden heavy long painted red rusty striped tiny wooden yellow".split()

# what the parts of a story are drawn from
_WORDS: dict[str, Sequence[str]] = {
    "is": (
        "brave careful clever cross grey hungry lazy merry polite proud quiet round shy sleepy small stubborn tidy"
    ).split(),
    "kind": _KINDS,
    "by": "above behind below beside inside near under".split(),
    "home": (
        "apple tree, bakery, bandstand, bell tower, boat shed, fish market, lighthouse, mill, "
        "old piano, pier, post office, school, station, tea shop, windmill"
    ).split(", "),
    "when": "bright cold dark foggy frosty grey long ordinary quiet rainy starry windy".split(),
    "day": "afternoon evening Friday Monday morning night Sunday".split(),
    "is2": (
        "barefoot cheerful famous friendly muddy nervous serious tall tired wet whistling wise young"
    ).split(),
    "kind2": _KINDS,
    "tool_is": _THING_IS,
    "tool": (
        "barrel basket broom carpet drum kettle ladder lantern mirror net rope scarf teapot trumpet"
    ).split(),
    "fear_is": (
        "cold elderly empty green heavy loud noisy polite small soft sudden sweet tall wet yellow"
    ).split(),
    "food": "apple pie, dumplings, hot soup, jam, pancakes, plum cake, porridge, toast".split(", "),
    "gift_is": _THING_IS,
    "gift": (
        "boat button candle cap cushion feather flute kite mug pebble ribbon shell sock spoon"
    ).split(),
    "wind": "east north south west".split(),
}

# the troubles, each with its own words
_TROUBLES = [
    {
        "it": "the moon",
        "happens": "[the moon did not come up|the moon sat behind the hill|the moon hid in a cloud]",
        "tries": "[whistled at the sky|held up a lamp|asked the stars|called three times]",
        "done": "Moon found",
    },
    {
        "it": "the bell",
        "happens": "[the bell lost its voice|the bell would not ring|the bell forgot its song]",
        "tries": "[read the bell a poem|pulled the rope|sang to the bell|begged the bell]",
        "done": "Bell ringing",
    },
    {
        "it": "the bridge",
        "happens": "[the bridge floated away|the bridge fell into the river|the bridge went for a walk]",
        "tries": "[wrote the bridge a letter|waited on the bank|called the bridge names|whistled for it]",
        "done": "Bridge home",
    },
    {
        "it": "the clock",
        "happens": "[the clock ran backwards|the clock stopped at noon|the clock forgot the time]",
        "tries": "[wound up the clock|shook the clock|pushed its hands|told it the time]",
        "done": "Clock right",
    },
    {
        "it": "the whale",
        "happens": "[a whale fell asleep in the bay|a whale lay down on the beach|a whale sat on the pier]",
        "tries": "[pushed the whale|rang for the doctor|pulled its tail|asked it to move]",
        "done": "Whale gone",
    },
    {
        "it": "the lamp",
        "happens": "[the lamp would not light|the lamp went out|the lamp rolled down the stairs]",
        "tries": "[rubbed the lamp|changed the oil|polished the glass|blew on the wick]",
        "done": "Lamp lit",
    },
    {
        "it": "the fog",
        "happens": "[a fog came to stay|a fog sat down on the town|the fog ate the street]",
        "tries": "[blew at the fog|waved a hat|shouted at the fog|shut the window]",
        "done": "Fog gone",
    },
    {
        "it": "the sea",
        "happens": "[the sea did not come back|the sea turned green|the sea fell asleep]",
        "tries": "[told the sea a joke|called the sea|threw stones at it|rowed out to ask]",
        "done": "Sea back",
    },
    {
        "it": "the cloud",
        "happens": "[a cloud got stuck on the roof|a cloud came down to sleep|a cloud moved into the school]",
        "tries": "[poked the cloud|clapped three times|asked it to leave|moved the chimney]",
        "done": "Cloud free",
    },
    {
        "it": "the wind",
        "happens": "[the wind took every hat|the wind would not stop|the wind got into the piano]",
        "tries": "[told the wind to stop|hid under the bed|held on to a tree|shut all the windows]",
        "done": "Wind asleep",
    },
]

# each trouble has its own remedies: what the hero is afraid of, and what the hero does with it
_REMEDIES = {
    "the moon": {
        "ladders": "climbed the ladders, and the moon [gave a nod and rose|said sorry]",
        "pancakes": "threw a pancake into the sky, and the moon came up [to eat it|to play with it]",
        "owls": "asked the owls, and they [brought|carried] the moon home",
    },
    "the bell": {
        "honey": "poured honey over the bell, and it rang [as sweet as a bird|across the water]",
        "geese": "let the geese in, and the bell [woke with a clang|rang to be left alone]",
        "hammers": "took a hammer to the bell, and it rang [until supper|like a hundred cups]",
    },
    "the bridge": {
        "knots": "tied knot after knot, and the bridge [held|was back in its bed]",
        "nails": "knocked in every nail, and the bridge [stood still|was only a little crooked]",
        "cows": "led a cow to the bank, and the bridge [came back to carry it|lay down for it]",
    },
    "the clock": {
        "oil": "gave the clock a drop of oil, and it went [tick, tock, tick|round and round]",
        "cuckoos": "put a cuckoo into the clock, and it [called out the hour|ran on time]",
        "wheels": "turned the wheels by hand, and the clock [began to hum|ran forward again]",
    },
    "the whale": {
        "feathers": "tickled the whale with a feather, and it [sneezed itself out to sea|giggled and swam off]",
        "pepper": "threw pepper at the whale, and it [sneezed and was gone|swam off to wash]",
        "drums": "beat a drum, and the whale [danced out to sea|woke up and swam home]",
    },
    "the lamp": {
        "matches": "struck a match, and the lamp [shone over the sea|burned like a small sun]",
        "stairs": "carried the lamp up the stairs, and it [was lit|shone as far as the rocks]",
        "bees": "asked the bees for wax, and the lamp [burned all night|smelled of summer]",
    },
    "the fog": {
        "soup": "cooked some soup, and the fog [drank it all|licked the pot] and went home",
        "brooms": "took a broom and swept, and the fog [rolled out of the gate|went back to sea]",
        "umbrellas": "opened an umbrella, and the fog [slid off into the sea|ran away from it]",
    },
    "the sea": {
        "salt": "threw in all the salt, and the sea [came back to taste it|was blue again]",
        "songs": "sang every song there is, and the sea [came in to listen|sang the second voice]",
        "fish": "asked the fish, and they [led|pulled] the sea back by its tail",
    },
    "the cloud": {
        "sheep": "let the sheep out, and the cloud [followed them up the hill|took them for its aunts]",
        "balloons": "tied a balloon to the cloud, and it [rose|flew away] like a white ship",
        "thunder": "made thunder with a pan, and the cloud [jumped up|flew home to its mother]",
    },
    "the wind": {
        "kites": "gave the wind a kite, and it [played until it was tired|flew off with it]",
        "doors": "opened every door, and the wind [ran out to sea|went to see the world]",
        "pillows": "shook out a pillow, and the wind [lay down on it|began to snore]",
    },
}

# what is drawn for the first slot depends on what stands in the second
_DEPENDS = {
    "friend": "hero",
    "hero": "friend",
    "kind2": "kind",
    "fear": "it",
    "deed": "it",
}

# the parts of a story, in their order; each has some templates
_PARTS = {
    "opening": [
        "Once upon a time there was a {is} {kind} [called|named] {hero}. {hero} lived {by} the {home}.",
        "{By} the {home} lived a {is} {kind} [called|named] {hero}. [Everybody|Nobody] knew {hero}.",
        "[In a town by the sea|Where the river ends] lived {hero}, a {is} {kind}. {hero} slept {by} the {home}.",
    ],
    "trouble": [
        "[Then one|But one|One] {when} {day} {happens}.",
        "[Then one|But one] {when} {day} {hero} woke up, and {happens}.",
    ],
    "try": [
        '"[Dear me|Fish and feathers|Good grief|How rude|Not again|Oh, bother|Oh dear|Well, well]," said {hero}.',
        "[First|So] {hero} {tries}, but [it was no use|nobody heard|nothing happened|that made it worse].",
    ],
    "meeting": [
        "[At last|Just then] {hero} met {friend}, a {is2} {kind2}. {friend} [brought|carried|had] a {tool_is} {tool}.",
        "Then {friend} the {kind2} [found|heard|saw] {hero}. {friend} [brought|carried|had] a {tool_is} {tool}.",
    ],
    "advice": [
        '"[All it needs is|Nothing helps but|Try] {fear_is} {fear}," said {friend}.',
        '"{It} [likes|needs|wants] {fear_is} {fear}," [said|whispered] {friend}.',
    ],
    "dread": [
        "{hero} [always ran from|could not bear|was afraid of] {fear_is} {fear}.",
        "{hero} turned [green|pale|white] to think of {fear_is} {fear}.",
    ],
    "courage": [
        "But {friend} [came too|nodded|smiled], so {hero} {deed}.",
        '"[Be brave|I will help|It is only {fear}]," said {friend}. So {hero} {deed}.',
    ],
    "end": [
        "That [evening|night] {hero} and {friend} ate {food}.",
        "{hero} gave {friend} a {gift_is} {gift}.",
        "{hero} and {friend} [danced|laughed|sang] [all the way home|on the pier|under the stars].",
    ],
    "sea": [
        "Hush, hush, said the sea.",
        "The sea said hush, hush.",
        "Wind from the {wind}. {done}. The sea said hush, hush.",
    ],
}
_WORDS |= _PARTS | {"hero": NAMES, "friend": NAMES}
_STORY = " ".join(f"{{{part}}}" for part in _PARTS) + "\n"


def stories(characters: int, seed: int) -> tuple[str, float]:
    """Whole stories, one per line, and minus the log of their probability.

    It stops after the story that brings the text to this many characters.
    """
    rng = random.Random(seed)
    told = []
    length = 0
    total = 0.0
    while length < characters:
        story, nats = _tell(rng)
        told.append(story)
        length += len(story)
        total += nats
    return "".join(told), total


def entropy() -> tuple[float, float]:
    """The expected nats and characters of a story with its end of line: exact, not sampled."""
    return _expected(_STORY, {})


def derivations(story: str) -> list[float]:
    """The nats of each way to tell this story; none if the grammar can't tell it."""
    text = story.removesuffix("\n") + "\n"
    return [nats for rest, nats in _read(_pieces(_STORY), text, {}, 0.0) if not rest]


def can_be_told(sentence: str) -> bool:
    """Whether some story has this sentence."""
    text = sentence.strip()
    templates = [template for part in _PARTS.values() for template in part]
    alone = [_pieces(one) for template in templates for one in sentences(template)]
    return any(not rest for pieces in alone for rest, _ in _read(pieces, text, {}, 0.0))


def sentences(text: str) -> list[str]:
    """The sentences of a text; a quotation and its speaker are one. The last may be unfinished."""
    parts = re.split(r"""\n|(?<=[.!?]) (?=[A-Z"{[])|(?<=[.!?]") (?=[A-Z"{[])""", text)
    return [part.strip() for part in parts if part.strip()]


@cache
def _pieces(template: str) -> tuple[str, ...]:
    """Splits 'a {b} [c|d]' into 'a ', '{b}', ' ' and '[c|d]'."""
    return tuple(re.findall(r"\[[^]]*\]|\{[^}]*\}|[^[{]+", template))


@cache
def _draws(slot: str, other: str | None) -> list[dict[str, str]]:
    """The draws for a slot that is not filled yet: the slots that each fills, with their templates.

    `other`: the content of the slot on which this one depends, if that is filled.
    """
    if slot in ("fear", "deed"):
        # a sentence on its own may be about any trouble
        troubles = [trouble for trouble in _TROUBLES if other in (None, trouble["it"])]
        return [
            trouble | {"fear": fear, "deed": deed}
            for trouble in troubles
            for fear, deed in _REMEDIES[trouble["it"]].items()
        ]
    if slot in _TROUBLES[0]:
        return _TROUBLES
    return [{slot: word} for word in _WORDS[slot] if word != other]


def _ways(piece: str, told: dict[str, str]) -> list[tuple[str, dict[str, str]]]:
    """The templates that may replace a choice or a slot, and the slots that each of them fills."""
    if piece[0] == "[":
        return [(part, {}) for part in piece[1:-1].split("|")]
    slot = piece[1:-1].lower()
    if slot in told:
        ways = [(told[slot], {})]
    else:
        draws = _draws(slot, told.get(_DEPENDS.get(slot, "")))
        ways = [(draw[slot], draw) for draw in draws]
    if piece[1].isupper():
        ways = [(template[0].upper() + template[1:], filled) for template, filled in ways]
    return ways


def _tell(rng: random.Random) -> tuple[str, float]:
    """One story, with its end of line, and minus the log of its probability."""
    story = ""
    nats = 0.0
    told: dict[str, str] = {}
    todo = list(reversed(_pieces(_STORY)))
    while todo:
        piece = todo.pop()
        if piece[0] not in "[{":
            story += piece
            continue
        ways = _ways(piece, told)
        # choice(), shuffle() and the like may draw otherwise in another version of Python
        template, filled = ways[int(rng.random() * len(ways))]
        nats += math.log(len(ways))
        told |= filled
        todo.extend(reversed(_pieces(template)))
    return story, nats


def _read(
    todo: tuple[str, ...], text: str, told: dict[str, str], nats: float
) -> Iterator[tuple[str, float]]:
    """Each way to tell a beginning of `text` by these pieces: the rest of the text, and the nats."""
    if not todo:
        yield text, nats
        return
    piece, rest = todo[0], todo[1:]
    if piece[0] in "[{":
        ways = _ways(piece, told)
        nats += math.log(len(ways))
        for template, filled in ways:
            yield from _read(_pieces(template) + rest, text, told | filled, nats)
    elif text.startswith(piece):
        yield from _read(rest, text[len(piece) :], told, nats)


def _expected(template: str, told: dict[str, str]) -> tuple[float, float]:
    """The expected nats and characters of a template. It adds to `told` the slots that it fills.

    Of `told` only the slots matter, not their words. All templates of a part must fill the slots
    that later parts use.
    """
    nats = characters = 0.0
    for piece in _pieces(template):
        if piece[0] not in "[{":
            characters += len(piece)
            continue
        ways = _ways(piece, told)
        nats += math.log(len(ways))
        # over all stories, a filled slot has each of its words equally often
        turns = ways if piece[0] == "[" else _ways(piece, {})
        told |= ways[0][1]
        branches = [dict(told) for _ in turns]
        means = [_expected(turn, branch) for (turn, _), branch in zip(turns, branches)]
        nats += sum(mean for mean, _ in means) / len(turns)
        characters += sum(mean for _, mean in means) / len(turns)
        told |= branches[0]
    return nats, characters
