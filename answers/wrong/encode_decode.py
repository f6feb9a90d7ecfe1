"""Wrong answers to `encode(text, vocab)` and `decode(ids, vocab)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Encodes into a Python list",
    hint="`encode` gives a list of numbers. The model needs a tensor of dtype `int64`.",
    fails="encode_decode_ids",
)
def a_list_of_ids():
    def encode(text, vocab):
        return [vocab.index(character) for character in text]

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids)

    return encode, decode


@wrong(
    "Encodes into floats",
    hint="The values are right but they are floating-point numbers. An id picks a row of a table, and PyTorch takes only whole numbers for that.",
    fails="encode_decode_ids",
)
def float_ids():
    def encode(text, vocab):
        return torch.Tensor([vocab.index(character) for character in text])

    def decode(ids, vocab):
        return "".join(vocab[int(i)] for i in ids)

    return encode, decode


@wrong(
    "Encodes into int32",
    hint="PyTorch's index type is `int64`, and this exercise's. `torch.tensor` of Python integers gives that by itself.",
    fails="encode_decode_ids",
)
def int32_ids():
    def encode(text, vocab):
        return torch.tensor([vocab.index(character) for character in text], dtype=torch.int32)

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids)

    return encode, decode


@wrong(
    "Uses the characters' own codes as ids",
    hint="`ord` is the number that the computer stores for a character. An id is the character's place in `vocab`, so that the ids run from 0 to V - 1.",
    fails=("encode_decode_ids", "encode_decode_text"),
)
def character_codes():
    def encode(text, vocab):
        return torch.tensor([ord(character) for character in text])

    def decode(ids, vocab):
        return "".join(chr(i) for i in ids.tolist())

    return encode, decode


@wrong(
    "Counts ids from 1",
    hint="Your two functions undo each other, but each id is one too large. Places in a Python list start at 0, and so do the rows of the embedding table.",
    fails=("encode_decode_ids", "encode_decode_text"),
)
def from_one():
    def encode(text, vocab):
        return torch.tensor([vocab.index(character) + 1 for character in text])

    def decode(ids, vocab):
        return "".join(vocab[i - 1] for i in ids.tolist())

    return encode, decode


@wrong(
    "Sorts the vocabulary first",
    hint="You bring `vocab` into an order of your own. An id is the place in the list as it was given, whatever its order.",
    fails=("encode_decode_ids", "encode_decode_text"),
)
def sorts_the_vocabulary():
    def encode(text, vocab):
        index = {character: i for i, character in enumerate(sorted(vocab))}
        return torch.tensor([index[character] for character in text])

    def decode(ids, vocab):
        characters = sorted(vocab)
        return "".join(characters[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Builds a vocabulary of its own from the text",
    hint="`encode` makes its ids from the text at hand, and a short text has fewer characters than the vocabulary. The ids must be those of the `vocab` that was passed.",
    fails="encode_decode_ids",
)
def vocabulary_of_the_text():
    def encode(text, vocab):
        own = sorted(set(text))
        return torch.tensor([own.index(character) for character in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Gives unknown characters the id 0",
    hint="A character that is not in the vocabulary silently becomes the first one. The text is then another text, and nobody notices. Let the lookup fail.",
    fails="encode_decode_ids",
)
def unknown_is_zero():
    def encode(text, vocab):
        index = {character: i for i, character in enumerate(vocab)}
        return torch.tensor([index.get(character, 0) for character in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Skips unknown characters",
    hint="You leave out what is not in the vocabulary, so the result is shorter than the text. An error is the honest answer.",
    fails="encode_decode_ids",
)
def unknown_is_skipped():
    def encode(text, vocab):
        return torch.tensor([vocab.index(character) for character in text if character in vocab], dtype=torch.int64)

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Gives unknown characters the id -1",
    hint="`find` answers -1 where there is nothing to find, as `get` does with a default of -1, and -1 is also a place in a list: the last one. A lookup that raises an error is safer.",
    fails="encode_decode_ids",
)
def unknown_is_minus_one():
    def encode(text, vocab):
        return torch.tensor(["".join(vocab).find(character) for character in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Adds unknown characters to the vocabulary",
    hint="You append to `vocab`, which belongs to the caller. The model has no row for the new id. A character outside the vocabulary is an error.",
    fails="encode_decode_ids",
)
def extends_the_vocabulary():
    def encode(text, vocab):
        for character in text:
            if character not in vocab:
                vocab.append(character)
        return torch.tensor([vocab.index(character) for character in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Ignores capitals",
    hint="You turn the text into small letters before the lookup, so that it comes back changed. A capital that is not in the vocabulary is unknown.",
    fails="encode_decode_ids",
)
def small_letters():
    def encode(text, vocab):
        return torch.tensor([vocab.index(character) for character in text.lower()])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Encodes into a batch of one",
    hint="Your ids have a leading dimension of 1. A text is one sequence: its shape is `(len(text),)`.",
    fails="encode_decode_ids",
)
def batch_of_one():
    def encode(text, vocab):
        return torch.tensor([[vocab.index(character) for character in text]])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.flatten().tolist())

    return encode, decode


@wrong(
    "Encodes into one-hot vectors",
    hint="Each character became a whole row of zeros with a single 1. The embedding takes the index itself.",
    fails="encode_decode_ids",
)
def one_hot():
    def encode(text, vocab):
        ids = torch.tensor([vocab.index(character) for character in text])
        return torch.nn.functional.one_hot(ids, len(vocab))

    def decode(ids, vocab):
        ids = ids.argmax(-1) if ids.dim() == 2 else ids
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Decodes into a list of characters",
    hint="`decode` gives the characters one by one. The caller wants them as one string.",
    fails="encode_decode_text",
)
def list_of_characters():
    def encode(text, vocab):
        return torch.tensor([vocab.index(character) for character in text])

    def decode(ids, vocab):
        return [vocab[i] for i in ids.tolist()]

    return encode, decode


@wrong(
    "Decodes with spaces in between",
    hint="`join` puts its string between every two characters. Yours is a space, and spaces of the text have ids of their own.",
    fails="encode_decode_text",
)
def joined_by_spaces():
    def encode(text, vocab):
        return torch.tensor([vocab.index(character) for character in text])

    def decode(ids, vocab):
        return " ".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Looks a tensor up in a dictionary",
    hint="Looping over a tensor gives tensors, and a dictionary does not find a tensor among its numbers. `ids.tolist()` gives plain numbers.",
    fails="encode_decode_text",
)
def tensor_as_a_key():
    def encode(text, vocab):
        return torch.tensor([vocab.index(character) for character in text])

    def decode(ids, vocab):
        character = dict(enumerate(vocab))
        return "".join(character[i] for i in ids)

    return encode, decode


@wrong(
    "Decodes each id only once",
    hint="Where a character comes back a second time, `decode` drops it. Go through the ids, not through the distinct ones among them.",
    fails="encode_decode_text",
)
def without_repetitions():
    def encode(text, vocab):
        return torch.tensor([vocab.index(character) for character in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in dict.fromkeys(ids.tolist()))

    return encode, decode


@wrong(
    "Trims the decoded text",
    hint="A text that starts or ends with white space comes back shorter, as `strip` makes it. What was encoded must come back unchanged.",
    fails="encode_decode_text",
)
def stripped():
    def encode(text, vocab):
        return torch.tensor([vocab.index(character) for character in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist()).strip()

    return encode, decode


@wrong(
    "Lets ids start again after 255",
    hint="A byte holds 0 to 255, but a vocabulary may be larger. The ids are `int64`, which has room for all.",
    fails="encode_decode_ids",
)
def ids_in_a_byte():
    def encode(text, vocab):
        return torch.tensor([vocab.index(c) % 256 for c in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Decodes ids as bytes",
    hint="A byte holds 0 to 255, so id 256 becomes id 0. Leave the ids as they come.",
    fails="encode_decode_text",
)
def decoded_from_bytes():
    def encode(text, vocab):
        return torch.tensor([vocab.index(c) for c in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.to(torch.uint8).tolist())

    return encode, decode


@wrong(
    "Composes accents after decoding",
    hint="You turn a letter and its accent into one character. The text that comes out must be the one that went in, character by character.",
    fails="encode_decode_text",
)
def composes():
    import unicodedata

    def encode(text, vocab):
        return torch.tensor([vocab.index(c) for c in text])

    def decode(ids, vocab):
        return unicodedata.normalize("NFC", "".join(vocab[i] for i in ids.tolist()))

    return encode, decode


@wrong(
    "Composes accents before encoding",
    hint="You turn a letter and its accent into one character, so the ids are fewer than the characters of the text, or the character is unknown. Encode what is there.",
    fails="encode_decode_ids",
)
def composes_first():
    import unicodedata

    def encode(text, vocab):
        return torch.tensor([vocab.index(c) for c in unicodedata.normalize("NFC", text)])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Makes all line breaks alike after decoding",
    hint="`splitlines` splits at more than `\\n`, and forgets at what. Give the characters back as they were.",
    fails="encode_decode_text",
)
def line_breaks():
    def encode(text, vocab):
        return torch.tensor([vocab.index(c) for c in text])

    def decode(ids, vocab):
        return "\n".join("".join(vocab[i] for i in ids.tolist()).splitlines())

    return encode, decode


@wrong(
    "Makes all line breaks alike before encoding",
    hint="`\\r` is a character of the text and has an id. Encode what is there, so that decoding undoes it.",
    fails="encode_decode_ids",
)
def line_breaks_first():
    def encode(text, vocab):
        return torch.tensor([vocab.index(c) for c in text.replace("\r\n", "\n")])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Turns tabs into spaces",
    hint="A tab is one character with an id of its own. Give it back as it was.",
    fails="encode_decode_text",
)
def tabs():
    def encode(text, vocab):
        return torch.tensor([vocab.index(c) for c in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist()).expandtabs(4)

    return encode, decode


@wrong(
    "Fails where there are no ids to decode",
    hint="No ids stand for the empty text. Does your code take the first id before it knows that there is one?",
    fails="encode_decode_text",
)
def empty_text():
    def encode(text, vocab):
        return torch.tensor([vocab.index(c) for c in text])

    def decode(ids, vocab):
        text = vocab[ids[0]]
        for i in ids[1:]:
            text += vocab[i]
        return text

    return encode, decode


@wrong(
    "Remembers the table for a list that it has seen",
    hint="A list may have changed since you saw it. Make the table anew in each call, or compare the contents.",
    fails="encode_decode_ids",
)
def remembers_the_list():
    tables = []

    def encode(text, vocab):
        for known, table in tables:
            if known is vocab:
                break
        else:
            table = {c: i for i, c in enumerate(vocab)}
            tables.append((vocab, table))
        return torch.tensor([table[c] for c in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Decodes with what a list held when it was first seen",
    hint="A list may have changed since you saw it. Use what it holds now.",
    fails="encode_decode_text",
)
def remembers_in_decode():
    tables = []

    def encode(text, vocab):
        return torch.tensor([vocab.index(c) for c in text])

    def decode(ids, vocab):
        for known, table in tables:
            if known is vocab:
                break
        else:
            table = list(vocab)
            tables.append((vocab, table))
        return "".join(table[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Encodes the first few characters only",
    hint="A text may be of any length, and each of its characters has an id.",
    fails="encode_decode_ids",
    constants=("1024", "100", "256", "1000"),
)
def first_1024():
    def encode(text, vocab):
        return torch.tensor([vocab.index(c) for c in text[:1024]])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Ends in StopIteration where a character isn't in the vocabulary",
    hint="`next(...)` raises StopIteration where nothing is found, which a loop around it takes for its own end. A dictionary raises KeyError and says which character it was, and `vocab.index` a ValueError.",
    fails="encode_decode_ids",
)
def stop_iteration():
    def encode(text, vocab):
        ids = [next(i for i, known in enumerate(vocab) if known == character) for character in text]
        return torch.tensor(ids, dtype=torch.int64)

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Encodes into int32, by a dictionary",
    hint="PyTorch's index type is `int64`, and this exercise's. `torch.tensor` of Python integers gives that by itself; a tensor that you fill has the dtype with which you make it.",
    fails="encode_decode_ids",
)
def int32_ids_by_a_dictionary():
    def encode(text, vocab):
        ids = {character: i for i, character in enumerate(vocab)}
        return torch.tensor([ids[character] for character in text], dtype=torch.int32)

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Asserts that each character is known",
    hint="For an unknown character your `encode` raises an `AssertionError`. The task asks for a `KeyError` or a `ValueError`: callers look for these, and `assert` can be switched off. A dictionary raises a `KeyError` by itself.",
    fails="encode_decode_ids",
)
def asserts_the_known():
    def encode(text, vocab):
        assert not set(text) - set(vocab), "unknown characters"
        return torch.tensor([vocab.index(character) for character in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode


@wrong(
    "Squeezes the ids before decoding",
    hint="`squeeze()` takes away each dimension of size 1. With a single id that is the only one there is: what is left is one number, which can't be gone through. `ids` is `(n,)` already.",
    fails=("encode_decode_ids", "encode_decode_text"),
)
def squeezed_ids():
    def encode(text, vocab):
        return torch.tensor([vocab.index(character) for character in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.squeeze().tolist())

    return encode, decode
