"""Wrong answers to `TwoCharLM(vocab_size, d_model)`."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Sees one token, as TinyLM does",
    hint="The token before never reaches the logits. Put its vector beside the present one.",
    fails="TwoCharLM_sight",
)
class SeesOne(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Takes the token after instead of the one before",
    hint="You moved the vectors to the left: position `t` then sees token `t + 1`, the very one that it is to predict.",
    fails="TwoCharLM_sight",
)
class SeesTheNext(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(2 * d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        present = self.embedding(ids)
        before = F.pad(present[:, 1:], (0, 0, 0, 1))
        return self.head(F.gelu(self.hidden(torch.cat([before, present], dim=-1))))


@wrong(
    "Rolls the tokens round, so that position 0 sees the last one",
    hint="Position 0 sees the future: `torch.roll`, or a place of -1, brings it the last token. Put something there that depends on no token.",
    fails="TwoCharLM_sight",
)
class RollsRound(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(2 * d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        present = self.embedding(ids)
        before = present.roll(1, dims=1)
        return self.head(F.gelu(self.hidden(torch.cat([before, present], dim=-1))))


@wrong(
    "Adds the two vectors, so that it can't tell which came first",
    hint="`ab` and `ba` have the same sum. Side by side, the first layer has a weight for each place.",
    fails="TwoCharLM_sight",
)
class AddsThem(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        present = self.embedding(ids)
        before = F.pad(present[:, :-1], (0, 0, 1, 0))
        return self.head(F.gelu(self.hidden(before + present)))


@wrong(
    "Has nothing between its linear layers",
    hint="Then the logits are a sum of what each token says by itself, and no pair can mean anything of its own. GELU goes between the two layers.",
    fails="TwoCharLM_sight",
)
class NoActivation(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(2 * d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        present = self.embedding(ids)
        before = F.pad(present[:, :-1], (0, 0, 1, 0))
        return self.head(self.hidden(torch.cat([before, present], dim=-1)))


@wrong(
    "Takes the token two places back",
    hint="`t - 2` and `t` leave out the one between. Move the vectors by one position.",
    fails="TwoCharLM_sight",
)
class TwoBack(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(2 * d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        present = self.embedding(ids)
        before = F.pad(F.pad(present, (0, 0, 2, 0))[:, : present.shape[1]], (0, 0, 0, 0))
        return self.head(F.gelu(self.hidden(torch.cat([before, present], dim=-1))))


@wrong(
    "Sees the token before, and not the present one",
    hint="Both tokens have to reach the logits: the present one tells the most.",
    fails="TwoCharLM_sight",
)
class PreviousOnly(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        present = self.embedding(ids)
        before = F.pad(present[:, :-1], (0, 0, 1, 0))
        return self.head(F.gelu(self.hidden(before)))


@wrong(
    "Sees all tokens so far",
    hint="A running sum remembers everything. Here it is the last two tokens, and no more.",
    fails="TwoCharLM_sight",
)
class AllSoFar(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(2 * d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        present = self.embedding(ids)
        before = F.pad(present[:, :-1], (0, 0, 1, 0)).cumsum(1)
        return self.head(F.gelu(self.hidden(torch.cat([before, present], dim=-1))))


@wrong(
    "Gives no logits for position 0",
    hint="With the pairs alone there is one position too few. Position 0 gets logits, too, from its token and something of your choice.",
    fails="TwoCharLM_sight",
)
class LosesPositionZero(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(2 * d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        present = self.embedding(ids)
        before, present = present[:, :-1], present[:, 1:]
        return self.head(F.gelu(self.hidden(torch.cat([before, present], dim=-1))))


@wrong(
    "Gives probabilities",
    hint="The loss brings the softmax along. Give the raw logits.",
    fails="TwoCharLM_sight",
)
class Probabilities(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(2 * d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        present = self.embedding(ids)
        before = F.pad(present[:, :-1], (0, 0, 1, 0))
        return self.head(F.gelu(self.hidden(torch.cat([before, present], dim=-1)))).softmax(-1)
