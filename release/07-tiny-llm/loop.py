"""The loop of notebook 06, as its exercises ask for it, and its story. Read it, or bring your own."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy

import torch
import torch.nn as nn
import torch.nn.functional as F
from tqdm import tqdm


def build_vocab(text: str) -> list[str]:
    """The distinct characters of a text, sorted."""
    return sorted(set(text))


def encode(text: str, vocab: list[str]) -> torch.Tensor:
    """The ids of the characters of `text`: (len(text),) int64."""
    index = {character: i for i, character in enumerate(vocab)}
    return torch.tensor([index[character] for character in text], dtype=torch.int64)


def decode(ids: torch.Tensor, vocab: list[str]) -> str:
    """The text that the ids, (n,) int64, stand for."""
    return "".join(vocab[i] for i in ids.tolist())


def get_batch(
    data: torch.Tensor, batch_size: int, seq_len: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows that start at random places of `data`, (N,): inputs and targets, both (B, T)."""
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    positions = starts + torch.arange(seq_len)
    return data[positions], data[positions + 1]


def conditional_entropy(ids: torch.Tensor, vocab_size: int) -> float:
    """H: how low the mean loss on `ids`, (N,), can get for a model that sees one token."""
    counts = torch.zeros(vocab_size, vocab_size)
    counts.index_put_((ids[:-1], ids[1:]), torch.ones(len(ids) - 1), accumulate=True)
    shares = counts / counts.sum(1, keepdim=True).clamp(min=1)
    return -torch.special.xlogy(counts, shares).sum().item() / (len(ids) - 1)


class TinyLM(nn.Module):
    """The model of notebook 06, which sees one token: (B, T) ids -> (B, T, V) logits."""

    def __init__(self, vocab_size: int, d_model: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


def train(
    model: nn.Module,
    data: torch.Tensor,
    steps: int,
    batch_size: int,
    seq_len: int,
    lr: float,
    generator: torch.Generator,
    held_out: torch.Tensor | None = None,
    look_every: int = 100,
    watch: Callable[[int, float, float | None], None] | None = None,
) -> list[float]:
    """Trains `model` in place and returns the loss of each step's batch, as it was before the update.

    New since notebook 06: a bar shows the progress, and an interrupt ends the training early, without
    an error. With `held_out`, the loss on that text is computed every `look_every` steps, and at the
    end the model gets the weights that had the lowest. `watch` is called after each step with its
    number, its loss, and the held-out loss if it was computed.
    """
    model.train()
    # a part that is silenced has frozen parameters
    optimizer = torch.optim.AdamW(
        [part for part in model.parameters() if part.requires_grad], lr=lr
    )
    losses = []
    lowest, best = math.inf, None
    try:
        for step in tqdm(
            range(1, steps + 1), desc=type(model).__name__, unit="step", file=sys.stdout
        ):
            inputs, targets = get_batch(data, batch_size, seq_len, generator)
            optimizer.zero_grad()
            logits = model(inputs)
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            unseen = None
            if held_out is not None and (step % look_every == 0 or step == steps):
                unseen = evaluate(model, held_out, seq_len)
                if unseen < lowest:
                    lowest, best = unseen, deepcopy(model.state_dict())
            if watch:
                watch(step, losses[-1], unseen)
    except KeyboardInterrupt:
        print(f"Stopped after {len(losses)} steps. What has been learned so far is kept.")
    if best:
        model.load_state_dict(best)
    return losses


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """For a `with` block: evaluation mode inside, and afterwards each part in the mode that it was in before."""
    modes = {part: part.training for part in model.modules()}
    try:
        yield model.eval()
    finally:
        for part, training in modes.items():
            part.training = training


def evaluate(model: nn.Module, data: torch.Tensor, seq_len: int) -> float:
    """The mean loss over every token of `data[1:]`, in consecutive windows of at most `seq_len`."""
    total = 0.0
    with evaluating(model), torch.no_grad():
        for inputs, targets in zip(_windows(data[:-1], seq_len), _windows(data[1:], seq_len)):
            logits = model(inputs)
            total += F.cross_entropy(
                logits.flatten(0, 1), targets.flatten(), reduction="sum"
            ).item()
    return total / (len(data) - 1)


def _windows(ids: torch.Tensor, seq_len: int) -> Iterator[torch.Tensor]:
    """Consecutive windows, 16 in a batch, and the shorter one at the end."""
    whole = len(ids) // seq_len * seq_len
    if whole:
        yield from ids[:whole].view(-1, seq_len).split(16)
    if whole < len(ids):
        yield ids[None, whole:]


def generate(
    model: nn.Module,
    prompt: torch.Tensor,
    max_new_tokens: int,
    temperature: float,
    generator: torch.Generator,
    max_len: int,
) -> torch.Tensor:
    """Continues `prompt`, (T,), token by token; the model sees the last `max_len` of them. Notebook 06: `generate_within`."""
    ids = prompt
    with evaluating(model), torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None, -max_len:])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            ids = torch.cat([ids, torch.multinomial(probs, num_samples=1, generator=generator)])
    return ids


STORY = """\
THE LAMP AT GULL POINT

Every evening the keeper climbed the hundred steps, and every evening she counted them aloud. One hundred steps up, one lamp to light, one hundred steps down. The sea below said hush, hush. The wind above said who, who. And the keeper said good evening to them both, for she was a polite woman and they were her only neighbours.

Her name was Maren Toll. She had a kettle, a clock that ran slow, and a grey cat called Ballast who was afraid of nothing but soup. When the lamp was lit, the three of them sat by the stove: the keeper, the cat and the kettle. The kettle sang, the cat slept, and the keeper wrote in the book. Wind from the west. Sea rough. Lamp lit. Nothing seen.

So it went all summer, and so it went all autumn. Wind from the north. Sea rough. Lamp lit. Nothing seen. The keeper turned the page, and the sea said hush, hush, and the wind said who, who.

Then, on the shortest day of the year, the lamp would not light.

She tried a match, and she tried another match. She trimmed the wick and she filled the tank. She wiped the glass, though the glass was clean. Still the lamp would not light, and the dark came up the stairs behind her, one step at a time, as if it were counting too.

"Well," said Maren Toll to the cat, "if the lamp will not shine, then something else must."

She went down the hundred steps and brought up the stove door, which was red on the inside. She went down the hundred steps and brought up the copper kettle. She went down the hundred steps and brought up every spoon, every pan, every tin lid and the small round mirror from the hall. She hung them all around the dead lamp on a length of string, and in the middle of them she set one candle, no bigger than her thumb.

The candle shone on the spoons, and the spoons shone on the pans. The pans shone on the kettle, and the kettle shone on the glass. Round and round went the little light, from the tin to the copper and from the copper to the tin, until the whole tower was full of it, and the dark went back down the stairs, one step at a time.

Out on the water a boat was looking for the land. The man at the oars had counted the waves until he had no numbers left. He saw a light that was not one light but a hundred, and all of them were trembling. "That is no star," he said, "and that is no lamp. But it is warm, and it is where the land must be." And he rowed, and the sea said hush, hush, and the wind said who, who, and the boat came in under the rocks of Gull Point as softly as a cat comes in to a kitchen.

The keeper gave him bread and she gave him soup. The cat hid under the bed until the soup was gone. Then the three of them sat by the stove, and the stove had no door, so they sat close. "How did you make such a light?" said the man. "With what there was," said the keeper.

In the morning they mended the lamp together. It was only the smallest screw, and it had only turned the wrong way. That evening the keeper climbed the hundred steps, and the man climbed behind her, and both of them counted aloud. One hundred steps up, one lamp to light, one hundred steps down.

But she left the spoons on the string, and she left the pans and the mirror. When the wind came from the west they rang a little, and when the wind came from the north they rang a little more. The keeper opened the book and wrote: Wind from the north. Sea rough. Lamp lit. One boat seen, and one man in it, who takes sugar in his tea.

The sea said hush, hush. The wind said who, who. And this time there was somebody to answer.
"""
