"""Wrong answers to `Block(d_model, n_heads)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Replaces the stream instead of adding to it",
    hint="What attention and `mlp` compute is *added* to what was there: $x + \\dots$. Without that, what they don't pass on is lost.",
    fails="block_residual",
)
class Replaces(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = self.attention(self.norm1(x))
        return self.mlp(self.norm2(x))


@wrong(
    "Leaves out the sum after attention",
    hint="Attention's result is added to the stream, as that of `mlp` is. Yours takes its place.",
    fails="block_residual",
)
class NoSumAfterAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Leaves out the sum after `mlp`",
    hint="The result of `mlp` is added to the stream, as that of attention is. Yours takes its place.",
    fails="block_residual",
)
class NoSumAfterMlp(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return self.mlp(self.norm2(x))


@wrong(
    "Adds the block's input twice, and loses what attention found",
    hint="The second sum begins with the stream as it is then, after attention. Give that a name, or write it to `x`.",
    fails="block_residual",
)
class AddsTheOldStream(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        after = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(after))


@wrong(
    "Runs attention and `mlp` side by side, on the same stream",
    hint="`mlp` comes after attention, and sees what attention added. (Some models do it your way. This one doesn't.)",
    fails="block_order",
)
class Parallel(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        return x + self.attention(self.norm1(x)) + self.mlp(self.norm2(x))


@wrong(
    "Runs `mlp` first, and attention after it",
    hint="Attention first: it gathers, and then `mlp` works on what was gathered.",
    fails="block_order",
)
class MlpFirst(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.mlp(self.norm2(x))
        return x + self.attention(self.norm1(x))


@wrong(
    "Norms the sum, after attention and after `mlp`",
    hint="The stream itself isn't normed. The norm stands inside the branch, in front of attention and of `mlp`: `x + attention(norm(x))`.",
    fails=("block_residual", "block_order"),
)
class NormsTheSum(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.mlp(x))


@wrong(
    "Norms what attention and `mlp` give, instead of what they get",
    hint="`norm(attention(x))` is the wrong way round: the norm stands in front, `attention(norm(x))`, and what comes out is added as it is.",
    fails=("block_residual", "block_order"),
)
class NormsTheResult(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.norm1(self.attention(x))
        return x + self.norm2(self.mlp(x))


@wrong(
    "Writes the normed vectors back into the stream",
    hint="`x = norm(x)` norms the stream itself, and what is added is added to that. Only what attention is given is normed.",
    fails="block_residual",
)
class NormsTheStream(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = self.norm1(x)
        x = x + self.attention(x)
        x = self.norm2(x)
        return x + self.mlp(x)


@wrong(
    "Adds what attention finds to the normed stream",
    hint="The normed copy is for attention to read. Yours takes the stream's place, as by `x = self.norm1(x)`, so what came into the block is lost: what should attention's result be added to?",
    fails=("block_residual", "block_order"),
    constants=(
        "self.attention = SelfAttention(d_model, n_heads)\n        self.norm2 = nn.LayerNorm(d_model)",
        "self.norm2 = nn.LayerNorm(d_model)\n        self.attention = SelfAttention(d_model, n_heads)",
    ),
)
class NormedForTheFirstSum(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        normed = self.norm1(x)
        x = normed + self.attention(normed)
        return x + self.mlp(self.norm2(x))


@wrong(
    "Norms once more at the end",
    hint="The stream leaves the block as it is. The last norm comes once, after all blocks, and isn't the block's.",
    fails="block_residual",
)
class NormsAgain(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return self.norm2(x + self.mlp(self.norm2(x)))


@wrong(
    "Lets attention and `mlp` share one norm",
    hint="Each of the two has a norm of its own, with numbers of its own to learn.",
    fails="block_order",
)
class OneNorm(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm1(x))


@wrong(
    "Makes two norms and uses the first one twice",
    hint="`norm2` takes no part in `forward`. In front of `mlp` stands the second norm.",
    fails="block_order",
)
class SecondNormUnused(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm1(x))


@wrong(
    "Makes one norm, and calls it by two names",
    hint="`a = b = nn.LayerNorm(...)` is one norm with two names. Make two.",
    fails="block_order",
    like="OneNorm",
)
class TwoNamesForOneNorm(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = self.norm2 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Leaves the norms out",
    hint="Attention and `mlp` see the stream through a norm: as blocks add to the stream, its numbers grow.",
    fails="block_order",
)
class NoNorms(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(x)
        return x + self.mlp(x)


@wrong(
    "Leaves out the norm in front of `mlp`",
    hint="Both see the stream through a norm, `mlp` too, each through its own.",
    fails="block_order",
)
class NoNormForMlp(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(x)


@wrong(
    "Leaves out the norm in front of attention",
    hint="Both see the stream through a norm, attention too, each through its own.",
    fails="block_order",
)
class NoNormForAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(x)
        return x + self.mlp(self.norm2(x))


@wrong(
    "Gives `mlp` the stream as it was before attention",
    hint="`mlp` works on what attention has gathered: its norm takes the sum, and not the block's input.",
    fails="block_order",
    like="Parallel",
)
class MlpSeesTheOldStream(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        a = self.attention(self.norm1(x))
        return x + a + self.mlp(self.norm2(x))


@wrong(
    "Gives `mlp` what attention found, without the stream",
    hint="`mlp` sees the whole stream after attention was added to it, and not what was added alone.",
    fails="block_order",
)
class MlpOfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        a = self.attention(self.norm1(x))
        return x + a + self.mlp(self.norm2(a))


@wrong(
    "Norms by a formula without anything to learn",
    hint="`nn.LayerNorm` shifts and scales, and then once more by two vectors that are learned. Make two of them in `__init__`.",
    fails="block_order",
)
class OwnFormula(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(F.layer_norm(x, x.shape[-1:]))
        return x + self.mlp(F.layer_norm(x, x.shape[-1:]))


@wrong(
    "Divides by the root mean square only",
    hint="`nn.RMSNorm` leaves the mean as it is. Here the norm is `nn.LayerNorm`, which takes the mean off first.",
    fails="block_order",
)
class RootMeanSquare(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.RMSNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.RMSNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Norms over the positions instead of within each vector",
    hint="The norm works on each position's vector by itself. Over the positions it would tell the first ones what comes later.",
    fails="block_order",
)
class NormOverPositions(nn.Module):
    def over(self, x):
        return F.layer_norm(x.transpose(1, 2), x.shape[1:2]).transpose(1, 2)

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.over(x))
        return x + self.mlp(self.over(x))


@wrong(
    "Adds to its argument in place",
    hint="The tensor that was given has changed after your call, as `+=` changes it: who gave it still needs it as it was. Write `x = x + ...`.",
    fails="block_residual",
)
class AddsInPlace(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x += self.attention(self.norm1(x))
        x += self.mlp(self.norm2(x))
        return x


@wrong(
    "Adds in place, on a copy of the stream",
    hint="Something changes the stream in place, as `+=` does, after a norm has kept it for its gradient: forward runs, and backward fails. Write `x = x + ...`.",
    fails="block_residual",
)
class AddsInPlaceToACopy(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x.clone()
        x += self.attention(self.norm1(x))
        x += self.mlp(self.norm2(x))
        return x


@wrong(
    "Adds the second time in place",
    hint="The second norm has kept the stream for its gradient, and `+=` changes it: forward runs, and backward fails. Write `x = x + ...`.",
    fails="block_residual",
    like="AddsInPlaceToACopy",
)
class SecondSumInPlace(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        x += self.mlp(self.norm2(x))
        return x


@wrong(
    "Cuts the stream off from what comes before",
    hint="A `detach` or `no_grad` keeps gradients from running back along the sums, to the embeddings and to earlier blocks.",
    fails="block_residual",
)
class NoGraph(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x.detach() + self.attention(self.norm1(x.detach()))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Averages instead of adding",
    hint="What attention and `mlp` give is added in full. Half of it, or half of the stream, is something else.",
    fails="block_residual",
)
class Halves(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = (x + self.attention(self.norm1(x))) / 2
        return (x + self.mlp(self.norm2(x))) / 2


@wrong(
    "Drops some of what is added at random in training",
    hint="There is no dropout anywhere here: the result is the same in both modes.",
    fails="block_residual",
    constants=("0.1", "0.2", "0.5"),
)
class Dropout(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + F.dropout(self.attention(self.norm1(x)), 0.1, self.training)
        return x + F.dropout(self.mlp(self.norm2(x)), 0.1, self.training)


@wrong(
    "Ends `mlp` in a dropout layer",
    hint="There is no dropout anywhere here. `mlp` is linear, GELU, linear, and nothing else.",
    fails="block_order",
    constants=("0.1", "0.2", "0.5"),
)
class DropoutInMlp(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(
            nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model), nn.Dropout(0.1)
        )

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Calls `mlp` twice",
    hint="`forward` calls each of the two once.",
    fails=("block_residual", "block_order"),
)
class MlpTwice(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Calls attention twice, to look at the result once more",
    hint="`forward` calls each of the two once. More looks come from more blocks.",
    fails=("block_residual", "block_order"),
)
class AttentionTwice(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Leaves `mlp` out of `forward`",
    hint="`__init__` makes `mlp`, and `forward` goes without it. The second line of the formula is missing.",
    fails=("block_residual", "block_order"),
)
class NoMlp(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        return x + self.attention(self.norm1(x))


@wrong(
    "Leaves attention out of `forward`",
    hint="`__init__` makes attention, and `forward` goes without it. The first line of the formula is missing.",
    fails=("block_residual", "block_order"),
)
class NoAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        return x + self.mlp(self.norm2(x))


@wrong(
    "Has ReLU in `mlp`",
    hint="The activation is GELU here, as it was in `TinyLM`.",
    fails="block_order",
)
class ReluInMlp(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.ReLU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Has nothing between the two linear layers of `mlp`",
    hint="Two linear layers with nothing between them are one linear layer (`collapse`, notebook 02). GELU comes between.",
    fails="block_order",
)
class NoActivation(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Ends `mlp` in a second GELU",
    hint="What is added to the stream has no activation behind it: GELU stands between the two linear layers, once.",
    fails="block_order",
)
class GeluAtTheEnd(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model), nn.GELU())

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Puts GELU behind the two linear layers of `mlp`",
    hint="Two linear layers with nothing between them are one linear layer (`collapse`, notebook 02). Where does the activation have to stand?",
    fails="block_order",
)
class GeluBehindBoth(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model), nn.GELU())

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Puts GELU in front of the two linear layers of `mlp`",
    hint="Linear, GELU, linear: the activation stands between the two.",
    fails="block_order",
)
class GeluFirst(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.GELU(), nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Makes `mlp` no wider than the stream",
    hint="Between its two layers `mlp` has `4 * D` numbers.",
    fails="block_order",
)
class NarrowMlp(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, d_model), nn.GELU(), nn.Linear(d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Makes `mlp` too narrow in the middle, or too wide",
    hint="Between its two layers `mlp` has `4 * D` numbers, four for each of the stream's.",
    fails="block_order",
    constants=("2 * d_model", "3 * d_model", "8 * d_model"),
)
class TwiceAsWide(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 2 * d_model), nn.GELU(), nn.Linear(2 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Gives `mlp` a width that doesn't follow `d_model`",
    hint="A width written as a number equals `4 * d_model` for one `d_model` only.",
    fails="block_order",
    constants=("256", "128", "64"),
)
class FixedWidth(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 256), nn.GELU(), nn.Linear(256, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Has one linear layer in place of `mlp`",
    hint="`mlp` has two linear layers, to `4 * D` and back, and GELU between them.",
    fails="block_order",
)
class OneLayer(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, d_model), nn.GELU())

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Has a norm inside `mlp`",
    hint="The norm stands in front of `mlp`, in `forward`: what `mlp` is given is normed already, and `mlp` itself is linear, GELU, linear.",
    fails="block_order",
)
class NormInMlp(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(
            nn.LayerNorm(d_model), nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model)
        )

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(x)


@wrong(
    "Adds the input inside `mlp`, and once more outside",
    hint="`mlp` gives what is to be added, and nothing else. The sum is made in `forward`, once.",
    fails="block_order",
)
class MlpAddsItself(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)

        class Mlp(nn.Module):
            def __init__(self):
                super().__init__()
                self.up, self.down = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)

            def forward(self, x):
                return x + self.down(F.gelu(self.up(x)))

        self.mlp = Mlp()

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Makes attention with one head, whatever is asked for",
    hint="`n_heads` has to reach attention: `SelfAttention(d_model, n_heads)`.",
    fails="block_order",
)
class OneHeadOnly(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, 1)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Gives attention the size of a head instead of the number of heads",
    hint="`SelfAttention` takes `n_heads`, and divides by itself.",
    fails="block_order",
)
class SizeForNumber(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, d_model // n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Has an attention that sees what comes after",
    hint="`nn.MultiheadAttention` hides nothing unless it is given a mask. `SelfAttention` brings its own.",
    fails="block_causal",
)
class Bidirectional(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)

        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.MultiheadAttention(d_model, n_heads, batch_first=True)

            def forward(self, x):
                return self.inner(x, x, x, need_weights=False)[0]

        self.attention = Attention()
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Gives `nn.MultiheadAttention` its mask the wrong way round",
    hint="To `nn.MultiheadAttention`, `True` in a mask of booleans means *hidden*. Yours hides the past, and position 0 sees only what comes later.",
    fails="block_causal",
)
class MaskTurned(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)

        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.MultiheadAttention(d_model, n_heads, batch_first=True)

            def forward(self, x):
                past = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril(-1)
                return self.inner(x, x, x, attn_mask=past, need_weights=False)[0]

        self.attention = Attention()
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Attends over the batch, for want of `batch_first=True`",
    hint="`nn.MultiheadAttention` expects `(T, B, D)` unless it is told `batch_first=True`: it lets the rows of the batch look at each other.",
    fails="block_order",
)
class BatchSecond(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)

        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.MultiheadAttention(d_model, n_heads)

            def forward(self, x):
                past = torch.ones(x.shape[0], x.shape[0], dtype=torch.bool).triu(1)
                return self.inner(x, x, x, attn_mask=past, need_weights=False)[0]

        self.attention = Attention()
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Has a mask of a fixed size in its attention",
    hint="The block doesn't know a longest length: make the mask for the `T` at hand. `SelfAttention` does.",
    fails="block_causal",
    constants=("64, 64", "32, 32"),
)
class MaskOf64(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)

        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.MultiheadAttention(d_model, n_heads, batch_first=True)
                self.register_buffer("future", torch.ones(64, 64, dtype=torch.bool).triu(1))

            def forward(self, x):
                T = x.shape[1]
                return self.inner(x, x, x, attn_mask=self.future[:T, :T], need_weights=False)[0]

        self.attention = Attention()
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Takes the mean over all positions off the stream",
    hint="A mean over positions tells the first ones of the later. Nothing in a block may mix positions but attention.",
    fails=("block_residual", "block_order", "block_causal"),
)
class CentresTheStream(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x - x.mean(1, keepdim=True)
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Keeps `nn.MultiheadAttention` itself as `attention`",
    hint="It takes three tensors, gives a pair and hides nothing. `self.attention` is a module of one tensor: your `SelfAttention`.",
    fails=("block_residual", "block_order"),
)
class ReadyMadeAsItIs(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = nn.MultiheadAttention(d_model, n_heads, batch_first=True)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        n = self.norm1(x)
        future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        x = x + self.attention(n, n, n, attn_mask=future)[0]
        return x + self.mlp(self.norm2(x))


@wrong(
    "Gives attention and `mlp` other names",
    hint="The check looks at `self.attention` and `self.mlp`: these two attributes are part of the task.",
    fails=("block_residual", "block_order"),
)
class OtherNames(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attn = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.feed_forward(self.norm2(x))


@wrong(
    "Makes `mlp` a function instead of a module",
    hint="Layers in a function or a lambda are hidden from PyTorch: their parameters would not be trained. `nn.Sequential` is a module.",
    fails=("block_residual", "block_order"),
)
class PlainFunction(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        up, down = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)
        self.mlp = lambda x: down(F.gelu(up(x)))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Calls `forward` of the modules by itself",
    hint="`self.attention(x)` does more than `self.attention.forward(x)`: hooks see it, the check's too. Call the module.",
    fails=("block_residual", "block_order"),
)
class BypassesTheModules(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention.forward(self.norm1(x))
        return x + self.mlp.forward(self.norm2(x))


@wrong(
    "Lets no gradient reach the input through attention",
    hint="What attention is given is cut off, as by `detach`: the stream before this block is then not told what attention would need of it.",
    fails="block_residual",
)
class DetachedBranch(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x.detach()))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Keeps its norms in the class, so that all blocks share them",
    hint="What is made in the body of the class is there once, for all blocks. What each block should have for itself is made in `__init__`, after `super().__init__()`.",
    fails="block_order",
)
class NormsInTheClass(nn.Module):
    norms = {}

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = self.norms.setdefault((d_model, 1), nn.LayerNorm(d_model))
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = self.norms.setdefault((d_model, 2), nn.LayerNorm(d_model))
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@wrong(
    "Adds what `mlp` gives to the normed stream",
    hint="The normed copy is for `mlp` to read. Yours takes the stream's place, as by `x = self.norm2(x)`: what should the result of `mlp` be added to?",
    fails="block_residual",
    constants=(
        "self.attention = SelfAttention(d_model, n_heads)\n        self.norm2 = nn.LayerNorm(d_model)",
        "self.norm2 = nn.LayerNorm(d_model)\n        self.attention = SelfAttention(d_model, n_heads)",
    ),
)
class NormedForTheSecondSum(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        normed = self.norm2(x + self.attention(self.norm1(x)))
        return normed + self.mlp(normed)
