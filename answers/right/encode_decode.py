"""Right answers to `encode(text, vocab)` and `decode(ids, vocab)`, written in different ways."""

import torch

from proctor.answers import right


@right
def list_index():
    """Searches the list; it raises a ValueError by itself."""

    def encode(text, vocab):
        return torch.tensor([vocab.index(c) for c in text], dtype=torch.long)

    def decode(ids, vocab):
        return "".join([vocab[i] for i in ids])

    return encode, decode


@right
def filled_tensor():
    """Fills an empty tensor, and checks for unknown characters first."""

    def encode(text, vocab):
        unknown = set(text) - set(vocab)
        if unknown:
            raise ValueError(f"not in the vocabulary: {sorted(unknown)}")
        ids = torch.empty(len(text), dtype=torch.int64)
        for place, character in enumerate(text):
            ids[place] = vocab.index(character)
        return ids

    def decode(ids, vocab):
        text = ""
        for i in ids:
            text += vocab[i.item()]
        return text

    return encode, decode


@right
def long_tensor():
    """LongTensor, zip and map."""

    def encode(text, vocab):
        index = dict(zip(vocab, range(len(vocab))))
        return torch.LongTensor(list(map(index.__getitem__, text)))

    def decode(ids, vocab):
        return "".join(map(vocab.__getitem__, ids.tolist()))

    return encode, decode


@right
def two_dictionaries():
    """A dictionary for each direction."""

    def encode(text, vocab):
        to_id = {c: i for i, c in enumerate(vocab)}
        return torch.tensor([to_id[c] for c in text]).long()

    def decode(ids, vocab):
        to_character = {i: c for i, c in enumerate(vocab)}
        return "".join(to_character[int(i)] for i in ids)

    return encode, decode


@right
def own_key_error():
    """Catches the failing lookup and raises a KeyError that says more."""

    def encode(text, vocab):
        ids = []
        for character in text:
            try:
                ids.append(vocab.index(character))
            except ValueError:
                raise KeyError(f"{character!r} is not in the vocabulary") from None
        return torch.as_tensor(ids, dtype=torch.int64)

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.flatten().tolist())

    return encode, decode


@right
def code_points():
    """Compares the code points of text and vocabulary, all at once."""

    def encode(text, vocab):
        codes = torch.tensor([ord(c) for c in text])
        same = codes[:, None] == torch.tensor([ord(c) for c in vocab])
        if not same.any(1).all():
            raise ValueError("a character is not in the vocabulary")
        return same.long().argmax(1)

    def decode(ids, vocab):
        codes = torch.tensor([ord(c) for c in vocab])
        return "".join(chr(code) for code in codes[ids].tolist())

    return encode, decode


@right
def inverse_by_sorting():
    """Looks characters up in a sorted copy by bisection, and decodes through an array of code points."""
    from bisect import bisect_left

    def encode(text, vocab):
        order = sorted(range(len(vocab)), key=vocab.__getitem__)
        ids = []
        for character in text:
            place = bisect_left(order, character, key=vocab.__getitem__)
            if place == len(order) or vocab[order[place]] != character:
                raise ValueError(f"{character!r} is not in the vocabulary")
            ids.append(order[place])
        return torch.tensor(ids, dtype=torch.int64)

    def decode(ids, vocab):
        return str().join(vocab[int(ids[k])] for k in range(ids.shape[0]))

    return encode, decode


@right
def translated():
    """Translates code points into ids, and back by itemgetter."""

    def encode(text, vocab):
        places = {ord(character): i for i, character in enumerate(vocab)}
        return torch.tensor([places[ord(character)] for character in text], dtype=torch.long)

    def decode(ids, vocab):
        pieces = []
        for chunk in ids.split(64):
            pieces.extend(map(vocab.__getitem__, chunk.tolist()))
        return "".join(pieces)

    return encode, decode


@right
def stacked():
    """Stacks the ids, of which there is at least one."""

    def encode(text, vocab):
        return torch.stack([torch.tensor(vocab.index(c)) for c in text])

    def decode(ids, vocab):
        return "".join(vocab[i] for i in ids.tolist())

    return encode, decode
