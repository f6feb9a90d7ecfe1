"""Wrong answers to `SelfAttention(d_model, n_heads)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Leaves out the division by the square root of the head's size",
    hint="A score is a sum of `d` products, so its size grows with the square root of `d`. What did `attention_scores` divide by?",
    fails=("self_attention_values", "self_attention_gradients"),
)
class NotScaled(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Divides by the square root of `d_model`, not of the head's size",
    hint="Each head attends on its own `D // n_heads` numbers: its scores are sums of that many products, and not of `D`.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class ScaledByTheModel(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(D)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Divides by the head's size instead of its square root",
    hint="The size of a sum of `d` products grows with the square root of `d`, so that is what to divide by.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class DividedByTheSize(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / d
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Divides by the square root twice",
    hint="`F.scaled_dot_product_attention` divides by the square root of the head's size itself, or you divide in two places. Once is enough.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class ScaledTwice(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        q, k = q / math.sqrt(d), k / math.sqrt(d)
        scores = q @ k.transpose(-2, -1)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Lets each position see those after it",
    hint="Nothing is masked here. Position `t` may see `0..t`, and in training the answer stands at `t + 1`.",
    fails=("self_attention_values", "self_attention_causal"),
)
class NoMask(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        weights = scores.softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Has a mask that is one diagonal off, so that each position sees the next one",
    hint="Look at row 0 of your mask: what may position 0 see? `triu(diagonal=1)` begins right of the main diagonal.",
    fails=("self_attention_values", "self_attention_causal"),
)
class SeesTheNext(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=2)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Hides each position from itself, too",
    hint="Position `t` sees `0..t`, itself included. Position 0 has nobody else, and a softmax over nothing is nan.",
    fails=("self_attention_values", "self_attention_causal"),
)
class HidesItself(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=0)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Hides what came before instead of what comes after",
    hint="Your mask is turned round: `tril` keeps what is below the diagonal, `triu` what is above. Row `t` is what position `t` sees.",
    fails=("self_attention_values", "self_attention_causal"),
)
class MaskedFromBelow(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).tril(diagonal=-1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Sets shares to 0 after the softmax, so that rows no longer sum to 1",
    hint="The softmax has given part of the 1 to later positions, and that part is missing now. Mask the scores, before the softmax.",
    fails=("self_attention_values", "self_attention_causal"),
)
class ZeroedAfterSoftmax(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.softmax(dim=-1).masked_fill(future, 0.0)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Masks after the softmax, and divides by what is left",
    hint="Almost: where a later position wins by far, nothing is left to divide by, and the last digits come to depend on what was hidden. Give the hidden scores `-inf` before the softmax.",
    fails=("self_attention_values", "self_attention_causal"),
)
class DividedAgain(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.softmax(dim=-1).masked_fill(future, 0.0)
        weights = weights / weights.sum(-1, keepdim=True)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Gives hidden scores 0 instead of -inf",
    hint="$e^0$ is 1: a score of 0 still gets a share. Which score gets none?",
    fails=("self_attention_values", "self_attention_causal"),
)
class ZeroScores(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, 0.0).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Multiplies the scores by a mask of zeros and ones",
    hint="A product with 0 makes a score 0, and $e^0$ is 1, so what should be hidden still gets a share. Which score gets none?",
    fails=("self_attention_values", "self_attention_causal"),
    like="ZeroScores",
)
class MultipliedMask(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = (scores * ~future).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Hides with a large negative number that is not large enough",
    hint="Where all that a position may see has scores near your number, what is hidden gets a share as well. `-math.inf` hides whatever the others are.",
    fails="self_attention_causal",
    constants=("-1e4", "-1000.0", "-10000", "-9999"),
)
class MinusTenThousand(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -1e4).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Takes a large number off the hidden scores, which is not large enough",
    hint="A hidden score that is large to begin with is still above the others afterwards. Replace it by `-math.inf` instead, whatever it was.",
    fails="self_attention_causal",
    constants=("1e4", "1000.0", "10000.0"),
)
class AddsTenThousand(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = (scores - 1e4 * future).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Keeps the mask of the first length it met",
    hint="Lengths differ from call to call. A mask is made in no time: make it anew for the `T` at hand, or make a larger one where it is too small.",
    fails="self_attention_values",
)
class MaskOfTheFirstLength(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads, self.future = n_heads, None
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        if self.future is None:
            self.future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(self.future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Keeps a mask that only grows, and cuts it at the wrong end",
    hint="Of a larger mask you need rows and columns `0..T-1`. The last rows of it see too much.",
    fails=("self_attention_values",),
)
class MaskOfTheLongest(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads, self.future = n_heads, torch.ones(1, 1, dtype=torch.bool).triu(1)
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        if T > len(self.future):
            self.future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(self.future[-T:, :T], -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Has a mask of a fixed size",
    hint="It is as large as it was made in `__init__`, and no longer text fits. The module doesn't know a longest length: make the mask for the `T` at hand.",
    fails=("self_attention_values", "self_attention_causal"),
    constants=("64, True", "64, False", "32, True", "32, False", "16, True", "16, False"),
)
class MaskOf64(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        size, bias = 64, True
        self.register_buffer("future", torch.ones(size, size, dtype=torch.bool).triu(1))
        self.W_q = nn.Linear(d_model, d_model, bias=bias)
        self.W_k = nn.Linear(d_model, d_model, bias=bias)
        self.W_v = nn.Linear(d_model, d_model, bias=bias)
        self.W_o = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        weights = scores.masked_fill(self.future[:T, :T], -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Has a mask that is large, and still of a fixed size",
    hint="It is as large as it was made in `__init__`, and no longer text fits. The module doesn't know a longest length: make the mask for the `T` at hand.",
    fails="self_attention_values",
    constants=("128, 128", "256, 256", "100, 100"),
)
class MaskOf128(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.register_buffer("future", torch.ones(128, 128, dtype=torch.bool).triu(1))
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        weights = scores.masked_fill(self.future[:T, :T], -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Has a mask as large as the model is wide",
    hint="The mask is for pairs of positions, so its size is `T`. `d_model` is how many numbers each position has.",
    fails=("self_attention_values", "self_attention_causal"),
)
class MaskOfTheWidth(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.future = torch.ones(d_model, d_model, dtype=torch.bool).triu(1)
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        weights = scores.masked_fill(self.future[:T, :T], -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Cuts into heads by `view` alone, without a transpose",
    hint="`(B, n_heads, T, d)` by `view` cuts the tokens into pieces and deals them out in order. First `(B, T, n_heads, d)`, then swap the two in the middle: that is `split_heads`.",
    fails=("self_attention_values", "self_attention_causal"),
)
class HeadsWithoutTranspose(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, self.n_heads, T, d) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Gives each head every n-th number instead of neighbours",
    hint="Head `h` is `x[..., h*d:(h+1)*d]`: the heads come first in the view, `(n_heads, d)`, and not `(d, n_heads)`.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class HeadsInterleaved(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, d, self.n_heads).permute(0, 3, 1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Merges the heads by `reshape` alone, without the transpose back",
    hint="The heads stand in front of the tokens: `(B, n_heads, T, d)`. Swap them back before `reshape`, as in `merge_heads`.",
    fails=("self_attention_values", "self_attention_causal"),
)
class MergedWithoutTranspose(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).reshape(B, T, D))


@wrong(
    "Leaves out `W_o`",
    hint="The heads stand side by side, and nothing has mixed them yet. That is what `W_o` is for, the fifth row of the table.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class WithoutOutput(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return (weights @ v).transpose(1, 2).reshape(B, T, D)


@wrong(
    "Applies `W_o` to the values instead of to what the heads found",
    hint="Attention mixes values, and `W_o` mixes what the heads have found: it comes last, after the heads are merged.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class OutputFirst(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        v = self.W_o(self.W_v(x)).view(B, T, self.n_heads, d).transpose(1, 2)
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return (weights @ v).transpose(1, 2).reshape(B, T, D)


@wrong(
    "Mixes the input itself instead of the values",
    hint="What is mixed are the values, `W_v(x)`. Yours leaves `W_v` without work.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class ValuesOfTheInput(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (y.view(B, T, self.n_heads, d).transpose(1, 2) for y in (self.W_q(x), self.W_k(x), x.contiguous()))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Asks with the keys and is found by the queries",
    hint="The scores of position `t` stand in row `t`: `q @ k` transposed, and not `k @ q` transposed. With the mask it is no longer the same.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class KeysForQueries(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = k @ q.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Makes the keys by the layer of the queries",
    hint="Queries and keys have a layer each: a position doesn't look for what it offers.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class QueriesTwice(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_q, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Makes one layer for queries and keys, and calls it by two names",
    hint="`W_q` and `W_k` are one and the same layer, so what a position looks for is always what it offers. Make a layer of its own for each.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class OneLayerForQueriesAndKeys(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Takes the softmax over the queries instead of the keys",
    hint="For each query the shares of all keys sum to 1, so the softmax runs over the last dimension.",
    fails=("self_attention_values", "self_attention_causal"),
)
class SoftmaxOverQueries(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-2)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Takes the softmax over the heads",
    hint="Dimension 1 is that of the heads here. Where do the keys stand, counted from behind?",
    fails=("self_attention_values", "self_attention_causal"),
)
class SoftmaxOverHeads(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Mixes by the scores themselves, without a softmax",
    hint="Shares are positive and sum to 1. That is what the softmax makes of scores.",
    fails=("self_attention_values",),
)
class NoSoftmax(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, 0.0)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Has one head, however many are asked for",
    hint="`n_heads` changes nothing in your `forward`. Each head has shares of its own, made of its own `d` numbers.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class OneHead(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d, heads = D, 1
        q, k, v = (W(x).view(B, T, heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Lets all heads use the shares of the first",
    hint="Each head attends on its own: its scores come from its own queries and keys.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class FirstHeadsShares(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights[:, :1] @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Averages the heads instead of putting them side by side",
    hint="Side by side they have `D` numbers again, each head its own `d`: nothing is lost before `W_o` mixes them.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class AveragesTheHeads(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).mean(1).repeat(1, 1, self.n_heads))


@wrong(
    "Adds the input to the result",
    hint="The sum is the block's business: attention gives only what it found.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class AddsTheStream(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return x + self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Norms its input by itself",
    hint="The norm stands in front of attention, in the block. Attention takes `x` as it is.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class NormsInside(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        x = F.layer_norm(x, (D,))
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Attends over the batch instead of over the tokens",
    hint="Rows of a batch are different texts, and know nothing of each other. The scores are between tokens: `(B, n_heads, T, T)`. (`nn.MultiheadAttention` needs `batch_first=True` for that.)",
    fails=("self_attention_values",),
)
class TokensForBatch(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        x = x.transpose(0, 1)
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D)).transpose(0, 1)


@wrong(
    "Computes the first row of a batch only",
    hint="`B` may be more than 1. `view` and `@` work on all rows at once.",
    fails=("self_attention_values",),
)
class FirstRowOnly(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        x = x[:1].expand_as(x)
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Squeezes away heads of one number",
    hint="`squeeze` takes every dimension of size 1, also where it has a meaning: a head may have one number, and a text one token.",
    fails=("self_attention_values",),
)
class SqueezedHeads(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = (q.squeeze() @ k.squeeze().transpose(-2, -1) / math.sqrt(d)).view(B, self.n_heads, T, T)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Flattens its input by `view`, which not every tensor allows",
    hint="`view` needs the numbers to lie in memory in that order, and an input may lie otherwise. `reshape` copies where it must, and `nn.Linear` takes any leading dimensions.",
    fails="self_attention_values",
)
class FlattensByView(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (
            W(x.view(B * T, D)).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v)
        )
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Computes in float32 whatever comes in",
    hint="What comes out has the dtype of what went in. A `.float()`, or a mask that is made in float32, throws half of the digits away.",
    fails="self_attention_values",
)
class InFloat32(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.float().masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights.to(v.dtype) @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Computes the softmax by `exp` alone, which overflows for large scores",
    hint="`exp` of 1000 is infinite. Take the largest score off first, or use `softmax`, which does.",
    fails=("self_attention_values", "self_attention_causal"),
)
class ExpWithoutShift(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.exp().masked_fill(future, 0.0)
        weights = weights / weights.sum(-1, keepdim=True)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Keeps the scores within limits",
    hint="A limit makes all scores beyond it alike, and stops their gradient. The softmax needs none.",
    fails="self_attention_values",
    constants=("-50, 50", "-30, 30", "-10, 10", "-100, 100"),
)
class ClampedScores(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = (q @ k.transpose(-2, -1) / math.sqrt(d)).clamp(-50, 50)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Takes the mean of all keys off each",
    hint="A softmax doesn't mind a shift, but the mean is over later positions as well, and they change the last bits of the result. Let nothing of what comes after `t` enter there.",
    fails="self_attention_causal",
)
class CentredKeys(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        k = k - k.mean(dim=2, keepdim=True)
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Looks back over the last few positions only",
    hint="Position `t` sees all of `0..t`, however long ago. There is no window.",
    fails=("self_attention_values", "self_attention_causal"),
    constants=("tril(-64)", "tril(-32)", "tril(-16)", "tril(-8)"),
)
class LookingBack64(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        future = future | torch.ones(T, T, dtype=torch.bool).tril(-64)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Prefers what is near",
    hint="You take something off the scores for distance. Here a score is made of query and key alone; where a token stands, the model is told elsewhere.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class NearerIsMore(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        scores = scores + torch.arange(T) - torch.arange(T)[:, None]
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Drops some of the shares at random in training",
    hint="There is no dropout anywhere here: the result is the same in both modes.",
    fails=("self_attention_values", "self_attention_causal"),
    constants=("0.1", "0.2", "0.5"),
)
class WithDropout(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((F.dropout(weights, 0.1, self.training) @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Drops some of the shares at random, in evaluation too",
    hint="`F.dropout` drops unless it is told `training=False`: leave it out. There is no dropout anywhere here.",
    fails=("self_attention_values", "self_attention_causal"),
    constants=("0.1", "0.2", "0.5"),
)
class DropoutInEvaluation(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((F.dropout(weights, 0.1) @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Lets no gradient reach the values' layer",
    hint="The values are cut off, as by `detach`: `W_v` would stay random forever.",
    fails="self_attention_gradients",
)
class ValuesDetached(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v.detach()).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Lets no gradient reach the shares",
    hint="The shares are cut off, as by `detach`, and with them `W_q` and `W_k`: what to look for would never be learned.",
    fails="self_attention_gradients",
)
class SharesDetached(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights.detach() @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Runs without a graph",
    hint="Autograd records nothing of your `forward`, as under `no_grad`, so there is nothing to walk back. That belongs around evaluation and generation, outside the module.",
    fails="self_attention_gradients",
)
class NoGraph(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        with torch.no_grad():
            B, T, D = x.shape
            d = D // self.n_heads
            q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
            scores = q @ k.transpose(-2, -1) / math.sqrt(d)
            future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
            weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
            return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Cuts its input off",
    hint="No gradient reaches what comes before, as with a `detach` on the input, and before this attention stand embeddings and other blocks.",
    fails="self_attention_gradients",
)
class InputDetached(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        x = x.detach()
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Takes any number of heads, without `ValueError`",
    hint="Where `n_heads` doesn't divide `d_model`, some numbers would belong to no head. The constructor raises a `ValueError` there.",
    fails="self_attention_errors",
)
class NoError(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Asserts that the heads divide, instead of raising `ValueError`",
    hint="`assert` raises `AssertionError`, and is left out where Python runs with `-O`. Write `if ...: raise ValueError(...)`.",
    fails="self_attention_errors",
)
class Asserts(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        assert d_model % n_heads == 0
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Raises only when it is called",
    hint="A module that can't work should not come into being: test it in `__init__`.",
    fails="self_attention_errors",
)
class ErrorInForward(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        if D % self.n_heads:
            raise ValueError("n_heads must divide d_model")
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Asks whether `d_model` divides `n_heads`",
    hint="`d_model % n_heads` is what is left when `d_model` numbers are dealt out to `n_heads` heads. Yours has them the other way round.",
    fails=("self_attention_errors", "self_attention_values", "self_attention_causal", "self_attention_gradients"),
)
class TheOtherWayRound(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if n_heads % d_model:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Refuses only more heads than numbers",
    hint="5 numbers don't divide among 2 heads either. What is left over has to be 0.",
    fails="self_attention_errors",
)
class OnlyMoreHeadsThanNumbers(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if n_heads > d_model:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Refuses what is allowed, too",
    hint="Any `n_heads` that divides `d_model` will do: one head, an odd number, or as many as there are numbers.",
    fails=("self_attention_errors", "self_attention_values"),
)
class EvenOnly(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads or d_model == n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Stacks the three weights once, at the first call",
    hint="The weights change with every step of training, and what you keep are the old ones. Stack them anew in each call.",
    fails="self_attention_values",
)
class FusedAtFirst(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads, self.stacked = n_heads, None
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        if self.stacked is None:
            layers = self.W_q, self.W_k, self.W_v
            self.stacked = [torch.cat([getattr(W, name) for W in layers]).detach() for name in ("weight", "bias")]
        q, k, v = (y.view(B, T, self.n_heads, d).transpose(1, 2) for y in F.linear(x, *self.stacked).split(D, -1))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Keeps the shares of a length for the next call",
    hint="They were made of other tokens. Each call makes its own, from its own `x`.",
    fails="self_attention_values",
)
class RemembersTheShares(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads, self.kept = n_heads, {}
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        if T in self.kept:
            return self.W_o((self.kept[T] @ v).transpose(1, 2).reshape(B, T, D))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        self.kept[T] = weights
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Keeps the result for a tensor that it has seen",
    hint="The numbers in the tensor may have changed since, and the weights, too. Compute it anew.",
    fails="self_attention_values",
)
class RemembersTheTensor(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads, self.seen = n_heads, {}
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        if x in self.seen:
            return self.seen[x]
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        self.seen[x] = self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))
        return self.seen[x]


@wrong(
    "Shares its layers with every attention of the same size",
    hint="What stands in the class, or in a default argument, is made once for all: train one, and the others change too. Make the layers anew in `__init__`.",
    fails="self_attention_values",
)
class SharedLayers(nn.Module):
    made: dict = {}

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        if d_model not in self.made:
            self.made[d_model] = [nn.Linear(d_model, d_model) for _ in range(4)]
        self.W_q, self.W_k, self.W_v, self.W_o = self.made[d_model]

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Changes its input in place",
    hint="The tensor that was given has changed after your call, as `-=` changes it, and the stream still needs it as it was. Make a new tensor.",
    fails="self_attention_values",
)
class ShiftsInPlace(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        with torch.no_grad():
            x *= 1.0001
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Makes the three layers as wide as one head",
    hint="Then all heads would share one set of queries, keys and values. The layers go from `D` to `D`, and the result is cut into heads.",
    fails=("self_attention_values", "self_attention_causal", "self_attention_gradients"),
)
class LayersOfAHead(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model // n_heads)
        self.W_k = nn.Linear(d_model, d_model // n_heads)
        self.W_v = nn.Linear(d_model, d_model // n_heads)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, 1, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).repeat(1, 1, self.n_heads, 1).reshape(B, T, D))


@wrong(
    "Has no layers by the names of the task",
    hint="The check puts weights into `W_q`, `W_k`, `W_v` and `W_o`: these four attributes are part of the task, and `__init__` makes them.",
    fails=("self_attention_values", "self_attention_causal", "self_attention_gradients"),
)
class OwnNames(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.query, self.key, self.value))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Keeps matrices instead of linear layers",
    hint="`W_q` and the others are `nn.Linear` modules, which hold a weight and, if you like, a bias, and start them well.",
    fails=("self_attention_values", "self_attention_causal", "self_attention_gradients"),
)
class PlainMatrices(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Parameter(torch.randn(d_model, d_model) / math.sqrt(d_model))
        self.W_k = nn.Parameter(torch.randn(d_model, d_model) / math.sqrt(d_model))
        self.W_v = nn.Parameter(torch.randn(d_model, d_model) / math.sqrt(d_model))
        self.W_o = nn.Parameter(torch.randn(d_model, d_model) / math.sqrt(d_model))

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = ((x @ W).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return (weights @ v).transpose(1, 2).reshape(B, T, D) @ self.W_o


@wrong(
    "Makes one linear layer, and calls it by four names",
    hint="Queries, keys and values are looked at by layers of their own. `a = b = nn.Linear(...)` is one layer with two names.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class OneLayerForAll(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = self.W_k = self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Gives the shares as well",
    hint="`forward` gives one tensor, `(B, T, D)`. (`nn.MultiheadAttention` gives a pair: take the first of it.)",
    fails=("self_attention_values", "self_attention_causal", "self_attention_gradients"),
)
class GivesThePair(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D)), weights


@wrong(
    "Makes the values by the layer of the keys",
    hint="Keys and values have a layer each: what a position is found by isn't what it gives. `W_v` takes no part in your `forward`.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class KeysTwice(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_k))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Asks with the input itself, and leaves `W_q` out",
    hint="The queries are `W_q(x)`: what to look for is learned. Your `forward` makes the heads out of `x` itself.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class InputAsQueries(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (y.view(B, T, self.n_heads, d).transpose(1, 2) for y in (x.contiguous(), self.W_k(x), self.W_v(x)))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Cuts into heads, and puts them together, without a transpose",
    hint="`view(B, n_heads, T, d)` cuts the positions apart, and the heads with them. Cut into `(B, T, n_heads, d)` and transpose positions and heads; the way back is the same, backwards.",
    fails=("self_attention_values", "self_attention_causal", "self_attention_gradients"),
)
class NeverTransposed(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).reshape(B, self.n_heads, T, d) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).reshape(B, T, D))


@wrong(
    "Adds the mask itself to the scores, or takes it off",
    hint="That moves a score by 1, and a score that is 1 smaller still gets a share. Put `-math.inf` where the mask is true: which method fills?",
    fails=("self_attention_values", "self_attention_causal", "self_attention_gradients"),
    constants=("- 1.0 * future", "+ 1.0 * future"),
)
class MaskAsNumbers(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = (scores - 1.0 * future).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Takes the softmax over the heads, with a large negative number where it hides",
    hint="Dimension 1 is that of the heads here, and where all heads are hidden alike, each gets the same share. Where do the keys stand, counted from behind?",
    fails=("self_attention_values", "self_attention_causal", "self_attention_gradients"),
)
class SoftmaxOverFilledHeads(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -1e9).softmax(dim=1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Gives each head every n-th number, and puts them back so",
    hint="Head `h` is `x[..., h*d:(h+1)*d]`: the heads come first in the view, `(n_heads, d)`, and not `(d, n_heads)`. With one head, or with heads of one number, that is the same.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class InterleavedThroughout(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (W(x).view(B, T, d, self.n_heads).permute(0, 3, 1, 2) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).permute(0, 2, 3, 1).reshape(B, T, D))


@wrong(
    "Makes queries, keys and values by one layer",
    hint="That computes the same, but the check puts weights into `W_q`, `W_k`, `W_v` and `W_o`: these four layers are part of the task.",
    fails=("self_attention_values", "self_attention_causal", "self_attention_gradients"),
)
class Fused(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_qkv = nn.Linear(d_model, 3 * d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (y.reshape(B, T, self.n_heads, d).transpose(1, 2) for y in self.W_qkv(x).chunk(3, dim=-1))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Takes a score of 0 for one that is hidden",
    hint="`tril` puts 0 where the future is, and then each 0 becomes -inf. But a score that is allowed may be 0 itself, and where a query is zero all of them are: nothing is left to look at. Let the mask say what is hidden, not the score.",
    fails="self_attention_values",
)
class ZeroMeansHidden(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        q, k, v = (
            W(x).view(B, T, self.n_heads, D // self.n_heads).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v)
        )
        scores = torch.tril(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]))
        weights = scores.masked_fill(scores == 0, -math.inf).softmax(dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).reshape(B, T, D))


@wrong(
    "Lets the heads of a token attend to each other",
    hint="The second last dimension is what attends: after the cut into heads that is the head, not the position. Move the heads in front of the positions, `(B, n_heads, T, d)`, and back again at the end.",
    fails=("self_attention_values", "self_attention_causal", "self_attention_gradients"),
)
class HeadsAttend(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        q, k, v = (W(x).reshape(B, T, self.n_heads, D // self.n_heads) for W in (self.W_q, self.W_k, self.W_v))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.W_o(mixed.reshape(B, T, D))


@wrong(
    "Squeezes a single head away",
    hint="With one head, `squeeze` takes its dimension away, and what comes next meets a tensor of another shape. One head is a number of heads like any other: keep `(B, 1, T, d)`.",
    fails="self_attention_errors",
)
class SqueezesOneHead(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, x):
        B, T, D = x.shape
        cut = (W(x).view(B, T, self.n_heads, D // self.n_heads).squeeze(2) for W in (self.W_q, self.W_k, self.W_v))
        q, k, v = (heads.transpose(1, 2) for heads in cut)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.W_o(mixed.transpose(1, 2).reshape(B, T, D))


@wrong(
    "Refuses a single head",
    hint="`n_heads` is at least 1, and 1 divides every `d_model`. One head of all the numbers is attention, too.",
    fails="self_attention_errors",
)
class RefusesOneHead(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if n_heads < 2 or d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, x):
        q, k, v = (W(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        return self.W_o(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))


@wrong(
    "Brings queries and keys to length 1 first",
    hint="Scores are plain dot products, divided by the square root of `d`: how long a query and a key are counts, too.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class CosineScores(nn.Module):

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError('n_heads must divide d_model')
        self.n_heads = n_heads
        self.d = d_model // n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def split(self, x):
        B, T, D = x.shape
        return x.reshape(B, T, self.n_heads, self.d).transpose(1, 2)

    def forward(self, x):
        B, T, D = x.shape
        q, k, v = (self.split(self.W_q(x)), self.split(self.W_k(x)), self.split(self.W_v(x)))
        q, k = (F.normalize(q, dim=-1), F.normalize(k, dim=-1))
        scores = q @ k.transpose(-2, -1) / math.sqrt(self.d)
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        scores = scores.masked_fill(future, -math.inf)
        weights = scores.softmax(dim=-1)
        mixed = (weights @ v).transpose(1, 2).reshape(B, T, D)
        return self.W_o(mixed)


@wrong(
    "Makes layers with biases, and leaves the biases out",
    hint="`x @ layer.weight.T` is a linear layer without its bias. Call the layer: `layer(x)` adds it.",
    fails=("self_attention_values", "self_attention_gradients"),
)
class BiasesUnused(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        d = D // self.n_heads
        q, k, v = (
            (x @ W.weight.T).view(B, T, self.n_heads, d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v)
        )
        mixed = causal_mix(q, k, v).transpose(1, 2).reshape(B, T, D)
        return mixed @ self.W_o.weight.T
