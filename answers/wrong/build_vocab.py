"""Wrong answers to `build_vocab(text)`."""

from proctor.answers import wrong


@wrong(
    "Keeps every repetition",
    hint="You sort all the characters of the text, so the common ones come many times. A vocabulary has one entry for each character, or `decode` could not say which entry an id came from.",
    fails="build_vocab_characters",
)
def with_repetitions(text):
    return sorted(text)


@wrong(
    "Leaves the characters in the order in which they first appear",
    hint="Your list has the right characters in the order of the text. Another text with the same characters would then get other ids. Which order depends on the characters alone?",
    fails="build_vocab_order",
)
def in_order_of_appearance(text):
    return list(dict.fromkeys(text))


@wrong(
    "Leaves the characters in the order of a set",
    hint="A set has no order to rely on: with strings it even changes from one run of Python to the next. A model that was saved yesterday would read other characters today.",
    fails="build_vocab_order",
)
def in_the_order_of_a_set(text):
    return list(set(text))


@wrong(
    "Turns capitals into small letters",
    hint="You change the text before you look at it. `T` and `t` are two characters, and a text with capitals could no longer be encoded.",
    fails="build_vocab_characters",
)
def lower_case_only(text):
    return sorted(set(text.lower()))


@wrong(
    "Loses white space",
    hint="Spaces and line breaks are characters like any other: the model has to learn where words end. Does `split` take them out of yours, or `isspace`?",
    fails="build_vocab_characters",
)
def without_spaces(text):
    return sorted(set("".join(text.split())))


@wrong(
    "Loses the line breaks",
    hint="The line breaks are gone, as `splitlines` takes them out. A line break is a character like any other: the model has to learn where lines end.",
    fails="build_vocab_characters",
)
def without_line_breaks(text):
    return sorted(set("".join(text.splitlines())))


@wrong(
    "Loses all white space but the space",
    hint="Spaces are kept, and line breaks and tabs are lost with the rest of the white space. They are characters of the text as well: which step takes them out?",
    fails="build_vocab_characters",
    like="printable_only",
)
def spaces_alone(text):
    return sorted(c for c in set(text) if c == " " or not c.isspace())


@wrong(
    "Cuts the white space off both ends",
    hint="What stands at the very beginning and end of the text, which `strip` cuts off, may occur nowhere else, and then it has no id.",
    fails="build_vocab_characters",
)
def stripped(text):
    return sorted(set(text.strip()))


@wrong(
    "Keeps letters only",
    hint="Punctuation, digits and spaces are part of the text too. Everything that occurs in it needs an id.",
    fails="build_vocab_characters",
)
def letters_only(text):
    return sorted({character for character in text if character.isalpha() or character == " "})


@wrong(
    "Makes a vocabulary of words",
    hint="Your entries are whole words. That is a tokenizer too, but here a token is one character: looping over a string gives its characters without any splitting.",
    fails="build_vocab_characters",
)
def of_words(text):
    return sorted(set(text.split()))


@wrong(
    "Returns one string",
    hint="You glue the characters together into one string. The function should give a list of them.",
    fails=("build_vocab_characters", "build_vocab_order"),
)
def one_string(text):
    return "".join(sorted(set(text)))


@wrong(
    "Returns a set",
    hint="A set has no positions, and an id is a position. The function should give a sorted list.",
    fails=("build_vocab_characters", "build_vocab_order"),
)
def a_set(text):
    return set(text)


@wrong(
    "Sorts by frequency",
    hint="You put the most common characters first. That order depends on how often things occur, not on what they are; the task asks for the order in which Python sorts strings.",
    fails="build_vocab_order",
)
def by_frequency(text):
    return sorted(set(text), key=lambda character: (-text.count(character), character))


@wrong(
    "Sorts capitals and small letters together",
    hint="You sort as a dictionary does, with `b` beside `B`. Python's own order of strings needs no `key`.",
    fails="build_vocab_order",
)
def ignoring_case(text):
    return sorted(set(text), key=str.lower)


@wrong(
    "Sorts backwards",
    hint="Your list is sorted from the last character to the first. Leave the direction as `sorted` has it.",
    fails="build_vocab_order",
)
def backwards(text):
    return sorted(set(text), reverse=True)


@wrong(
    "Fills the gaps between the first and the last character",
    hint="You list everything between the smallest and the largest character, whether it occurs in the text or not. The model would waste logits on characters that it never sees.",
    fails="build_vocab_characters",
)
def the_whole_range(text):
    return [chr(code) for code in range(ord(min(text)), ord(max(text)) + 1)]


@wrong(
    "Returns numbers instead of characters",
    hint="You return the code of each character. The vocabulary holds the characters themselves; their ids are their places in the list.",
    fails="build_vocab_characters",
)
def character_codes(text):
    return sorted({ord(character) for character in text})


@wrong(
    "Adds an entry for unknown characters",
    hint="Your list has an entry that is no character of the text. It is a custom elsewhere, but here the vocabulary is exactly what occurs.",
    fails="build_vocab_characters",
)
def with_an_unknown_entry(text):
    return sorted(set(text)) + ["<unk>"]


@wrong(
    "Composes accents before it counts",
    hint="`é` may be one character or two, a letter and an accent. You turn the one into the other, and then the text can't be encoded character by character. Take the text as it is.",
    fails="build_vocab_characters",
)
def composed(text):
    import unicodedata

    return sorted(set(unicodedata.normalize("NFC", text)))


@wrong(
    "Knows one kind of line break only",
    hint="`\\r` is a character too: a text that holds it can't be encoded with your vocabulary. Take every character as it is.",
    fails="build_vocab_characters",
)
def one_kind_of_line_break(text):
    return sorted(set(text.replace("\r\n", "\n").replace("\r", "\n")))


@wrong(
    "Splits the text into lines and joins them again",
    hint="`splitlines` splits at more than `\\n`, and whatever it split at is lost. Take the text as it is.",
    fails="build_vocab_characters",
)
def lines_joined_again(text):
    return sorted(set("\n".join(text.splitlines())))


@wrong(
    "Leaves out what doesn't fit into two bytes",
    hint="Emojis and some scripts have codes above 65535. A Python string holds them like any other character.",
    fails="build_vocab_characters",
)
def two_bytes(text):
    return sorted(c for c in set(text) if ord(c) < 65536)


@wrong(
    "Leaves out what isn't ASCII",
    hint="Your characters come from a table of a fixed size, so an `é` or a curly quotation mark of the text has no place in it. Begin with the text's own characters.",
    fails="build_vocab_characters",
    constants=("128", "127", "256"),
)
def ascii_only(text):
    return [chr(i) for i in range(128) if chr(i) in text]


@wrong(
    "Limits how many characters it keeps",
    hint="A text may have more than 256 different characters. The vocabulary is as large as the text makes it.",
    fails="build_vocab_characters",
    constants=("256", "100", "128", "255"),
)
def at_most_256(text):
    return sorted(set(text))[:256]


@wrong(
    "Reads the first few characters only",
    hint="What comes for the first time later in the text is missing from your vocabulary. Read all of it.",
    fails="build_vocab_characters",
    constants=("1000", "100", "500", "256"),
)
def first_thousand(text):
    return sorted(set(text[:1000]))


@wrong(
    "Gives an empty text a space",
    hint="A text without characters has none, so its vocabulary is an empty list.",
    fails="build_vocab_characters",
)
def empty_has_one(text):
    return sorted(set(text or " "))


@wrong(
    "Needs at least one character",
    hint="An empty text has an empty vocabulary. (`min` and `max` of nothing raise an error, and so does the first entry of nothing.)",
    fails="build_vocab_characters",
)
def needs_two(text):
    vocab = [min(text)]
    while vocab[-1] != max(text):
        vocab.append(min(c for c in text if c > vocab[-1]))
    return vocab


@wrong(
    "Sorts by the bytes of UTF-16",
    hint="Python compares the characters' codes, and UTF-16 stores codes above 65535 as pairs that come earlier. Sort the characters themselves.",
    fails="build_vocab_order",
)
def order_of_utf16(text):
    return sorted(set(text), key=lambda c: c.encode("utf-16-be", "surrogatepass"))


@wrong(
    "Sorts accented letters beside the plain ones",
    hint="A dictionary does that, but here `é` comes after `z`, as its code does: sort as Python sorts strings.",
    fails="build_vocab_order",
)
def accents_beside_letters(text):
    import unicodedata

    return sorted(set(text), key=lambda c: (unicodedata.normalize("NFKD", c), c))


@wrong(
    "Remembers the vocabulary of a text by its length",
    hint="Two texts may be equally long and have other characters. Collect them anew in each call.",
    fails="build_vocab_characters",
)
def remembers_by_length(text, seen={}):
    return seen.setdefault(len(text), sorted(set(text)))


@wrong(
    "Puts an entry for unknown characters in front",
    hint="Your list begins with an entry that is no character of the text, and every id is one higher for it. It is a custom elsewhere, but here the vocabulary is exactly what occurs, sorted.",
    fails=("build_vocab_characters", "build_vocab_order"),
    constants=("<unk>", "<UNK>", "[UNK]", "<pad>", "UNK", "unk", "?"),
)
def begins_with_an_unknown_entry(text):
    return ["<unk>"] + sorted(set(text))


@wrong(
    "Loses line breaks and tabs",
    hint="Your list has the space, and neither line breaks nor tabs: `isprintable` refuses them, and `split` takes them for gaps. They occur in the text like any other character, and what has no id can't be encoded.",
    fails="build_vocab_characters",
)
def printable_only(text):
    return [character for character in sorted(set(text)) if character.isprintable()]


@wrong(
    "Sorts by frequency, and equally common characters as they first appear",
    hint="You put the most common characters first, as `most_common` does. That order depends on how often and where things occur, not on what they are; the task asks for the order in which Python sorts strings.",
    fails="build_vocab_order",
)
def by_frequency_and_appearance(text):
    return sorted(dict.fromkeys(text), key=lambda character: -text.count(character))


@wrong(
    "Adds to the characters of earlier texts",
    hint="Your set was made once and is kept, so a second text gets the characters of the first as well. Make it inside the function, anew in each call.",
    fails="build_vocab_characters",
)
def of_all_texts_so_far(text, seen=set()):
    seen.update(text)
    return sorted(seen)


@wrong(
    "Takes two kinds of line breaks for one",
    hint="A file from Windows ends its lines in two characters, and you make one of them. Both occur in the text, and the vocabulary holds whatever occurs in it.",
    fails="build_vocab_characters",
)
def line_breaks_alike(text):
    return sorted(set(text.replace("\r\n", "\n")))
