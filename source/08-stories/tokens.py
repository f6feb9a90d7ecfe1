"""Texts to tokens and back, by your own functions: characters where these don't work yet. No exercise is solved here."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from tqdm import tqdm

AT_ONCE = 20  # stories


def build_vocab(text: str) -> list[str]:
    """The distinct characters of a text, sorted."""
    return sorted(set(text))


def encode(text: str, vocab: list[str]) -> torch.Tensor:
    """The ids of the characters of `text`: (len(text),) int64."""
    index = {character: i for i, character in enumerate(vocab)}
    return torch.tensor([index[character] for character in text], dtype=torch.int64)


def decode(ids: torch.Tensor, vocab: list[str]) -> str:
    """The text that the ids of characters, (n,) int64, stand for."""
    return "".join(vocab[i] for i in ids.tolist())


def try_merges(
    text: str,
    vocab: list[str],
    count: int,
    learn_merges: Callable,
    apply_merges: Callable,
    undo_merges: Callable,
) -> tuple[list, list[str]]:
    """The merges that your functions learn on a text, and what each token spells.

    If one of the functions fails, or a text does not come back as it was, there are no merges: each token is a character.
    """
    size = len(vocab)
    try:
        merges = [(int(a), int(b)) for a, b in learn_merges(encode(text, vocab), size, count)]
        tokens = [torch.tensor([token]) for token in range(size + len(merges))]
        pieces = [decode(undo_merges(token, merges, size), vocab) for token in tokens]
        again = "".join(
            pieces[token]
            for token in apply_merges(encode(text[:2000], vocab), merges, size).tolist()
        )
        said = "" if again == text[:2000] else "the text did not come back as it was"
    except KeyboardInterrupt:
        said = "stopped"
    except NotImplementedError:
        said = "a function is not written yet"
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    if said:
        print(f"No merges ({said}). All that follows goes on with characters.")
        return [], list(vocab)
    return merges, pieces


def encode_stories(text: str, tokenize: Callable, file: str | Path | None = None) -> torch.Tensor:
    """The tokens of a long text, some stories at a time, with a bar. They are kept in `file`, if there is to be one.

    If it is stopped, the tokens of what has been encoded so far are returned.
    """
    lines = text.splitlines(keepends=True)
    parts = ["".join(lines[start : start + AT_ONCE]) for start in range(0, len(lines), AT_ONCE)]
    first = tokenize(parts[0])
    made_of = hashlib.sha256(f"{text}{first.tolist()}".encode()).hexdigest()
    if file and Path(file).exists():
        kept = torch.load(file, weights_only=True)
        if kept["made_of"] == made_of:
            print(f"The tokens are those in {Path(file).name}.")
            return kept["ids"]
    ids = [first]
    try:
        for part in tqdm(parts[1:], desc="encoding", unit="part", file=sys.stdout):
            ids.append(tokenize(part))
    except KeyboardInterrupt:
        print(f"Stopped: {len(ids)} of {len(parts)} parts are encoded. The run learns from these.")
        return torch.cat(ids)
    if file:
        torch.save({"made_of": made_of, "ids": torch.cat(ids)}, file)
    return torch.cat(ids)
