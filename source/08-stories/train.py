"""A longer run: the loop of notebook 06 with a rate that rises and falls, the best weights kept, and a file to go on from."""

import math
import sys
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from tqdm import tqdm

LOOK = 100  # steps from one look at the held-out text to the next
WARM_UP = 100  # steps in which the rate rises


def learning_rate(step: int, steps: int, highest: float) -> float:
    """The rate of a step: it rises in a line, and then falls along half a cosine to a fiftieth.

    At first the gradients are large and point anywhere, so the steps start small. In the end the model is near a low
    place, and large steps would jump over it.
    """
    rise = min(1.0, (step + 1) / WARM_UP)
    done = max(0, step - WARM_UP) / max(1, steps - WARM_UP)
    fall = 0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2
    return highest * rise * fall


def get_batch(
    data: torch.Tensor, batch_size: int, seq_len: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows that start at random places of `data`, (N,): inputs and targets, both (B, T)."""
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    positions = starts + torch.arange(seq_len)
    return data[positions], data[positions + 1]


def evaluate(model: nn.Module, data: torch.Tensor, seq_len: int) -> float:
    """The mean loss over every token of `data[1:]`, in consecutive windows of at most `seq_len`, many at a time."""
    whole = (len(data) - 1) // seq_len * seq_len
    inputs = list(data[:whole].view(-1, seq_len).split(64))
    targets = list(data[1 : whole + 1].view(-1, seq_len).split(64))
    if whole < len(data) - 1:
        inputs.append(data[None, whole:-1])
        targets.append(data[None, whole + 1 :])
    total = 0.0
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for x, y in zip(inputs, targets, strict=True):
            total += F.cross_entropy(model(x).flatten(0, 1), y.flatten(), reduction="sum").item()
    model.train(was_training)
    return total / (len(data) - 1)


def train(
    model: nn.Module,
    data: torch.Tensor,
    held_out: torch.Tensor,
    steps: int,
    batch_size: int,
    seq_len: int,
    lr: float,
    seed: int = 0,
    file: str | Path | None = None,
    on_look: Callable[[dict], None] | None = None,
) -> dict:
    """Trains `model` in place, and leaves it with the weights that were best on `held_out`.

    Gives the curve: `losses`, of each step's batch, and `held_out`, a list of [steps done, loss], both per token.
    Every `LOOK` steps the run is written to `file`. If it is stopped, the next call goes on from there, and its curve
    is the same as without the stop. `on_look(curve)` is called at each look.
    """
    settings = {
        "steps": steps,
        "batch_size": batch_size,
        "seq_len": seq_len,
        "lr": lr,
        "seed": seed,
    }
    settings |= {"tokens": len(data), "sum": int(data.sum()), "parameters": count(model)}
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    generator = torch.Generator().manual_seed(seed)
    curve = {"losses": [], "held_out": []}
    best = {name: value.clone() for name, value in model.state_dict().items()}
    if file and Path(file).exists():
        kept = torch.load(file, weights_only=True)
        if kept["settings"] == settings:
            model.load_state_dict(kept["model"])
            optimizer.load_state_dict(kept["optimizer"])
            generator.set_state(kept["generator"])
            curve, best = kept["curve"], kept["best"]
            print(f"Goes on after step {len(curve['losses'])}, from {Path(file).name}.")
            if on_look:
                on_look(curve)
        else:
            print(f"{Path(file).name} is of another run: this one begins anew.")
    model.train()
    done = len(curve["losses"])
    bar = tqdm(total=steps, initial=done, desc="training", unit="step", file=sys.stdout)
    try:
        for step in range(done, steps):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, steps, lr)
            inputs, targets = get_batch(data, batch_size, seq_len, generator)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
            loss.backward()
            optimizer.step()
            curve["losses"].append(loss.item())
            bar.update()
            if (step + 1) % LOOK and step + 1 < steps:
                continue
            found = evaluate(model, held_out, seq_len)
            if all(found < before for _, before in curve["held_out"]):
                best = {name: value.clone() for name, value in model.state_dict().items()}
            curve["held_out"].append([step + 1, found])
            if file:
                state = {
                    "settings": settings,
                    "model": model.state_dict(),
                    "best": best,
                    "curve": curve,
                }
                state |= {"optimizer": optimizer.state_dict(), "generator": generator.get_state()}
                save(state, Path(file))
            if on_look:
                on_look(curve)
    except KeyboardInterrupt:
        print(f"Stopped after step {len(curve['losses'])}. Run the cell again to go on.")
    finally:
        bar.close()
    model.load_state_dict(best)
    model.eval()
    return curve


def count(model: nn.Module) -> int:
    """How many numbers the model learns."""
    return sum(parameter.numel() for parameter in model.parameters())


def save(state: dict, file: Path) -> None:
    """Writes the file beside its place first: a stop in the middle leaves the old one whole."""
    fresh = file.with_suffix(".new")
    torch.save(state, fresh)
    fresh.replace(file)
