"""What names cost a model, and which of its heads looks back at them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Name:
    """One place in a window at which a name stands: its first and its last token."""

    name: str
    first: int
    last: int
    kind: str  # "new", "told" (before, within the window), or "gone" (told before the window)
    earlier: list[int]  # the tokens in the window that told it before


def windows_of(
    ids: torch.Tensor, pieces: Sequence[str], names: Sequence[str], seq_len: int
) -> list[tuple]:
    """Consecutive windows of the tokens, each with the names whose tokens it holds."""
    text, starts = "", []
    for token in ids.tolist():
        starts.append(len(text))
        text += pieces[token]
    token_at = [number for number, token in enumerate(ids.tolist()) for _ in pieces[token]]
    found = []
    told: dict[str, list[tuple[int, int]]] = {}
    story = 0
    for match in re.finditer(rf"\n|\b(?:{'|'.join(names)})\b", text):
        if match[0] == "\n":
            told = {}
            story += 1
            continue
        first, last = token_at[match.start()], token_at[match.end() - 1]
        before = list(told.get(match[0], []))
        found.append((match[0], first, last, before))
        told.setdefault(match[0], []).append((first, last))
    windows = []
    for start in range(0, len(ids) - seq_len, seq_len):
        end = start + seq_len
        inside = []
        for name, first, last, before in found:
            # the loss of a window's first token is not known, and a name at its edge is not whole
            if not (start < first and last < end):
                continue
            near = [(one, other) for one, other in before if one >= start]
            kind = "told" if near else "gone" if before else "new"
            earlier = [place - start for one, other in near for place in range(one, other + 1)]
            inside.append(Name(name, first - start, last - start, kind, earlier))
        windows.append((ids[start:end], inside))
    return windows


def name_costs(model: nn.Module, windows: list[tuple]) -> dict[str, tuple[float, int]]:
    """By kind: the mean nats of a name, from its first token to its last, and how many there were."""
    costs: dict[str, list[float]] = {"new": [], "told": [], "gone": []}
    for ids, inside in windows:
        with torch.no_grad():
            losses = F.cross_entropy(model(ids[None])[0, :-1], ids[1:], reduction="none")
        for each in inside:
            # the loss of a token stands at the position before it
            costs[each.kind].append(losses[each.first - 1 : each.last].sum().item())
    return {kind: (sum(found) / len(found), len(found)) for kind, found in costs.items() if found}


def shares(model: nn.Module, ids: torch.Tensor, n_heads: int) -> torch.Tensor:
    """The attention weights of all layers, (layers, n_heads, T, T), from the `W_q` and `W_k` of each."""
    layers = [part for part in model.modules() if hasattr(part, "W_q") and hasattr(part, "W_k")]
    if not layers:
        raise LookupError(
            "no layer of the model has a W_q and a W_k, so its attention can't be read"
        )
    taken: list[torch.Tensor] = []
    hooks = [
        layer.register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
        for layer in layers
    ]
    try:
        with torch.no_grad():
            model(ids[None])
    finally:
        for hook in hooks:
            hook.remove()
    maps = []
    for layer, stream in zip(layers, taken, strict=True):
        with torch.no_grad():
            q = layer.W_q(stream[0]).unflatten(-1, (n_heads, -1)).transpose(0, 1)
            k = layer.W_k(stream[0]).unflatten(-1, (n_heads, -1)).transpose(0, 1)
        scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
        hidden = torch.ones_like(scores, dtype=torch.bool).triu(1)
        maps.append(scores.masked_fill(hidden, -torch.inf).softmax(-1))
    return torch.stack(maps)


def look_back(model: nn.Module, windows: list[tuple], n_heads: int) -> torch.Tensor:
    """(layers, n_heads): the mean share of attention that falls on the earlier name, where the name comes again.

    The place that looks is the token before the name: there the model has to say which name comes.
    """
    total, count = torch.zeros(()), 0
    for ids, inside in windows:
        again = [each for each in inside if each.kind == "told"]
        if not again:
            continue
        weights = shares(model, ids, n_heads)
        for each in again:
            total = total + weights[:, :, each.first - 1, each.earlier].sum(-1)
            count += 1
    return total / max(1, count)
