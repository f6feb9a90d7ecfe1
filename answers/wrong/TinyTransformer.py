"""Wrong answers to `TinyTransformer(vocab_size, d_model, n_heads, n_layers, max_len)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Leaves out the last norm",
    hint="The stream was never normed: blocks only add to it. Before the last linear layer comes one more norm.",
    fails="tiny_transformer_logits",
)
class NoLastNorm(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.blocks(x))


@wrong(
    "Makes a last norm and leaves it out of `forward`",
    hint="The last norm takes no part in `forward`: its numbers get no gradient, and the stream isn't normed.",
    fails=("tiny_transformer_logits", "tiny_transformer_gradients"),
)
class LastNormUnused(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.blocks(x))


@wrong(
    "Norms before the blocks instead of after them",
    hint="Each block norms what it looks at by itself. What is missing is the norm after the last one.",
    fails="tiny_transformer_logits",
)
class NormBeforeTheBlocks(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.blocks(self.norm(x)))


@wrong(
    "Norms the logits",
    hint="The norm comes before the linear layer to the vocabulary, not behind it: logits may be of any size.",
    fails="tiny_transformer_logits",
)
class NormOfTheLogits(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(vocab_size)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.norm(self.head(self.blocks(x)))


@wrong(
    "Gives probabilities",
    hint="You apply a softmax at the end. The loss does that itself, from raw logits.",
    fails="tiny_transformer_logits",
)
class Probabilities(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x))).softmax(-1)


@wrong(
    "Gives log-probabilities",
    hint="You apply a log-softmax at the end. The loss normalises raw logits by itself.",
    fails="tiny_transformer_logits",
)
class LogProbabilities(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return F.log_softmax(self.head(self.norm(self.blocks(x))), dim=-1)


@wrong(
    "Applies an activation to the logits",
    hint="The last layer is linear, and what it gives are the logits: they may be of any size and sign.",
    fails="tiny_transformer_logits",
)
class ActivationAtTheEnd(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return F.gelu(self.head(self.norm(self.blocks(x))))


@wrong(
    "Keeps the logits within limits",
    hint="A bound makes all logits beyond it alike. Give what the last layer gives.",
    fails="tiny_transformer_logits",
    constants=("2.0", "5.0", "1.0"),
)
class CappedLogits(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return 2.0 * torch.tanh(self.head(self.norm(self.blocks(x))) / 2.0)


@wrong(
    "Gives logits for the last position only",
    hint="Every position guesses its next token: `(B, T, V)`. Whoever wants the last one takes it from there.",
    fails="tiny_transformer_logits",
)
class LastPositionOnly(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))[:, -1]


@wrong(
    "Gives logits for the last position only, as `(B, 1, V)`",
    hint="Every position guesses its next token: `(B, T, V)`. Training learns from all of them at once.",
    fails="tiny_transformer_logits",
)
class LastPositionKept(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)[:, -1:]))


@wrong(
    "Gives `(B * T, V)`",
    hint="The loss flattens by itself. The model gives `(B, T, V)`.",
    fails="tiny_transformer_logits",
)
class Flattened(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x))).flatten(0, 1)


@wrong(
    "Gives the loss as well",
    hint="`forward` gives one tensor, the logits. The loss is the training loop's.",
    fails="tiny_transformer_logits",
)
class Pair(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x))), None


@wrong(
    "Has one block, however many layers are asked for",
    hint="`n_layers` changes nothing in yours.",
    fails="tiny_transformer_logits",
)
class OneBlock(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = Block(d_model, n_heads)
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Runs one and the same block `n_layers` times",
    hint="One block runs many times, as `[Block(...)] * n_layers` makes it: its weights are shared. Make a new one for each layer, by a comprehension.",
    fails="tiny_transformer_logits",
    constants=("starts_small = True", "starts_small = False"),
)
class SameBlockAgain(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        starts_small = True
        if starts_small:
            nn.init.normal_(self.tokens.weight, std=0.02)
            nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads)] * n_layers)
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Has a block too many",
    hint="Count them: `n_layers` of them, and nothing before or after.",
    fails="tiny_transformer_logits",
)
class OneBlockTooMany(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers + 1)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Keeps its blocks in a plain list",
    hint="A Python list hides the blocks from PyTorch: they would not be trained. `nn.ModuleList` or `nn.Sequential` shows them.",
    fails="tiny_transformer_logits",
)
class PlainList(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = [Block(d_model, n_heads) for _ in range(n_layers)]
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


@wrong(
    "Makes its blocks anew in each call",
    hint="Blocks that are made in `forward` begin at random each time, and PyTorch never sees them. Make them in `__init__`.",
    fails="tiny_transformer_logits",
)
class NewBlocksInForward(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.n_layers, self.n_heads = n_layers, n_heads
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        for _ in range(self.n_layers):
            x = Block(x.shape[-1], self.n_heads)(x)
        return self.head(self.norm(x))


@wrong(
    "Leaves its blocks out of `forward`",
    hint="`__init__` makes blocks, and `forward` goes from the embeddings straight to the end.",
    fails=("tiny_transformer_positions", "tiny_transformer_gradients"),
)
class BlocksUnused(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(x))


@wrong(
    "Gives every block the embeddings, and keeps what the last one makes",
    hint="Each block goes on with what the one before it made: `x = block(x)`.",
    fails="tiny_transformer_gradients",
)
class OnlyTheLastBlock(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        for block in self.blocks:
            out = block(x)
        return self.head(self.norm(out))


@wrong(
    "Makes its blocks with a number of heads of its own",
    hint="`n_heads` has to reach the blocks: `Block(d_model, n_heads)`.",
    fails="tiny_transformer_logits",
    constants=("d_model, 1)", "d_model, 4)", "d_model, 8)", "d_model, 2)"),
)
class OneHead(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, 1) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Takes the number of layers for the number of heads",
    hint="Look at the order of the arguments: `n_heads` heads in each block, `n_layers` blocks.",
    fails="tiny_transformer_logits",
)
class LayersForHeads(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_layers) for _ in range(n_heads)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Leaves the positions out",
    hint="Attention is a sum, and a sum has no order: without a vector for each position the model can't tell where a token stands.",
    fails="tiny_transformer_positions",
)
class NoPositions(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids)
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Makes a table of positions and leaves it out of `forward`",
    hint="The table of positions takes no part in `forward`. Its rows are added to those of the tokens.",
    fails=("tiny_transformer_positions", "tiny_transformer_gradients"),
)
class PositionsUnused(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids)
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Computes the positions by sines and cosines",
    hint="They tell the positions apart, but they are not learned. Here the positions are a table of `max_len` rows, learned like everything else.",
    fails="tiny_transformer_positions",
)
class Sinusoids(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids)
        D = x.shape[-1]
        angles = torch.arange(T)[:, None] / 10000 ** (torch.arange(D) // 2 * 2 / D)
        x = x + torch.where(torch.arange(D) % 2 == 0, angles.sin(), angles.cos()).to(x.dtype)
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Adds the number of the position itself",
    hint="One number for all entries tells little, and the norm takes it off again. Each position has a learned vector.",
    fails="tiny_transformer_positions",
)
class PositionsAsNumbers(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + torch.arange(T)[:, None]
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Keeps the positions' table from learning",
    hint="A buffer, or a table from `from_pretrained`, is not learned. Positions are learned like everything else.",
    fails="tiny_transformer_positions",
)
class FrozenPositions(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.register_buffer("positions", 0.02 * torch.randn(max_len, d_model))
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions[:T]
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Lets no gradient reach the positions' table",
    hint="`detach`, `.data` or `requires_grad_(False)` cuts the table off: it would stay random forever.",
    fails="tiny_transformer_gradients",
)
class DetachedPositions(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T)).detach()
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Adds the positions after the blocks",
    hint="Attention must see where a token stands, so the positions are added before the first block.",
    fails="tiny_transformer_positions",
)
class PositionsAfterTheBlocks(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids)
        return self.head(self.norm(self.blocks(x) + self.positions(torch.arange(T))))


@wrong(
    "Gives every position the row of position 0",
    hint="Each position picks its own row: `torch.arange(T)`, not zeros.",
    fails="tiny_transformer_positions",
)
class PositionZero(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.zeros(T, dtype=torch.int64))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Gives every position the row of the last one",
    hint="One row of the table is looked up for the whole text, by its length, and added to every token. Each position picks its own row: which numbers stand for the positions of `T` tokens?",
    fails=("tiny_transformer_logits", "tiny_transformer_positions", "tiny_transformer_gradients"),
    constants=("starts_small = True", "starts_small = False"),
)
class PositionOfTheLast(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        starts_small = True
        if starts_small:
            nn.init.normal_(self.tokens.weight, std=0.02)
            nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.tensor(T - 1))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Looks positions up by the token's id",
    hint="The row of a position depends on where it stands, 0 to `T - 1`, and not on what stands there.",
    fails="tiny_transformer_positions",
)
class PositionsByToken(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(ids % self.max_len)
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Counts positions from the end",
    hint="Then the row of a token changes when the text goes on. The first token stands at position 0, however long the text is.",
    fails="tiny_transformer_logits",
)
class PositionsFromTheEnd(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(self.max_len - T, self.max_len))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Counts positions backwards",
    hint="The first token stands at position 0, however long the text is. Yours gives it row `T - 1`.",
    fails="tiny_transformer_logits",
)
class PositionsBackwards(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T - 1, -1, -1))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Gives two neighbours the same position",
    hint="Each position has a row of its own, so that no two of them are alike.",
    fails="tiny_transformer_positions",
)
class PairsOfPositions(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T) // 2)
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Has rows for the first few positions only, and repeats the last",
    hint="The table has `max_len` rows, one for each position.",
    fails="tiny_transformer_positions",
    constants=("max=63", "max=31", "max=15"),
)
class ClampedPositions(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T).clamp(max=63))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Adds a row of the positions' table to each row of the batch",
    hint="The positions run along dimension 1, the tokens'. Yours give every token of a text the same vector.",
    fails=("tiny_transformer_logits", "tiny_transformer_positions"),
)
class PositionsOfTheRow(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(len(ids)) % self.max_len)[:, None]
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Multiplies tokens by positions instead of adding",
    hint="`x = token + position`: the two are added.",
    fails="tiny_transformer_positions",
)
class Multiplied(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) * self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Puts token and position side by side, with half of the numbers each",
    hint="The two are *added*, and each has all `D` numbers.",
    fails="tiny_transformer_positions",
)
class Concatenated(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model - d_model // 2)
        self.positions = nn.Embedding(max_len, d_model // 2)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = torch.cat([self.tokens(ids), self.positions(torch.arange(T)).expand(len(ids), T, -1)], -1)
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Learns one number for each position instead of a vector",
    hint="A position is a vector of `D` numbers, as a token is.",
    fails="tiny_transformer_positions",
)
class OneNumberAPosition(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, 1)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Adds one and the same number to all entries of a token",
    hint="A norm takes it off again, and nothing is left of the position. Add the whole row: `(T, D)` to `(B, T, D)`.",
    fails="tiny_transformer_positions",
)
class MeanOfThePosition(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + 100 * self.positions(torch.arange(T)).sum(-1, keepdim=True)
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Has a table of positions of a fixed size",
    hint="The table has `max_len` rows, so that the model grows with `max_len`. Yours has as many whatever is asked for.",
    fails="tiny_transformer_positions",
    constants=("1024", "512", "256", "2048"),
)
class FixedTable(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(1024, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Mixes the positions before the first block",
    hint="What enters the first block at a position is the sum of the token's row and of the position's, and of nothing else. Yours holds something of the tokens before it.",
    fails="tiny_transformer_positions",
)
class NormedEmbeddings(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        x = x + x.cumsum(1) / torch.arange(1, T + 1)[:, None]
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Ends in PyTorch's own error for a text that is too long",
    hint="An `IndexError` from deep inside tells little. Compare `T` with `max_len` first, and raise a `ValueError` that says both.",
    fails="tiny_transformer_errors",
)
class NoError(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Asserts that the text isn't too long, instead of raising `ValueError`",
    hint="`assert` raises `AssertionError`, and is left out where Python runs with `-O`. Write `if ...: raise ValueError(...)`.",
    fails="tiny_transformer_errors",
)
class Asserts(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        assert T <= self.max_len
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Looks at the last `max_len` tokens of a longer text",
    hint="That hides a mistake: `T` logits were asked for. `generate` cuts the text by itself; the model raises a `ValueError`.",
    fails="tiny_transformer_errors",
)
class CutsTheText(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        ids = ids[:, -self.max_len :]
        T = ids.shape[1]
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Gives two tokens of a longer text one position",
    hint="That hides a mistake, whether positions begin again or the last one is repeated where the table ends. Raise a `ValueError` where `T` is larger than `max_len`.",
    fails="tiny_transformer_errors",
)
class WrapsAround(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        x = self.tokens(ids) + self.positions(torch.arange(T) % self.max_len)
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Refuses a text of exactly `max_len` tokens",
    hint="`max_len` tokens have a position each, 0 to `max_len - 1`. Only more are too many.",
    fails="tiny_transformer_errors",
)
class OneTooFew(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T >= self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Refuses only what is two tokens too long",
    hint="`T > max_len` is the condition: one token more has no position either.",
    fails="tiny_transformer_errors",
)
class OneTooMany(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len + 1:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Compares the batch with `max_len`",
    hint="`ids` is `(B, T)`: `len(ids)` and `ids.shape[0]` are `B`. The length of the texts is `ids.shape[1]`.",
    fails="tiny_transformer_errors",
)
class BatchForLength(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if len(ids) > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Shares an embedding with the last layer that is too large for it",
    hint="One table for both is fine, but `nn.Embedding` starts with numbers of size 1, far too large for a last layer. The fresh model is confident without knowing anything. Start it small.",
    fails="tiny_transformer_start",
    constants=(
        "nn.Linear(d_model, vocab_size, bias=False)\n        self.head.weight = self.tokens.weight",
        "lambda x: x @ self.tokens.weight.T",
        "lambda x: F.linear(x, self.tokens.weight)",
    ),
)
class LargeTied(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Starts the positions small, but not the embedding that the last layer shares",
    hint="The table of positions starts small, and the one that counts doesn't: `nn.Embedding` starts with numbers of size 1, and as a last layer it makes large logits of them. Start the shared table small as well.",
    fails="tiny_transformer_start",
    constants=(
        "nn.Linear(d_model, vocab_size, bias=False)\n        self.head.weight = self.tokens.weight",
        "lambda x: x @ self.tokens.weight.T",
    ),
)
class LargeTiedSmallPositions(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        return self.head(self.norm(self.blocks(self.tokens(ids) + self.positions(torch.arange(T)))))


@wrong(
    "Starts the last layer too large",
    hint="Its numbers have size 1, and a logit adds up `D` of them. PyTorch's own start shrinks with the width: leave it, or use `std=0.02`.",
    fails="tiny_transformer_start",
)
class LargeHead(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)
        nn.init.normal_(self.head.weight)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Starts with a bias of its own",
    hint="Your last bias favours some tokens from the start, before any data was seen. Leave it as `nn.Linear` draws it, or at zero.",
    fails="tiny_transformer_start",
)
class BiasedHead(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)
        nn.init.normal_(self.head.bias, std=2.0)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Starts the last layer for another activation",
    hint="Your start makes the logits of a fresh model several times too large. The last layer has no activation behind it: leave it as `nn.Linear` draws it, or use `std=0.02`.",
    fails="tiny_transformer_start",
)
class XavierTwice(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)
        nn.init.kaiming_normal_(self.head.weight)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Has a layer that is never used",
    hint="One of your layers takes no part in `forward`, so its parameters get no gradient. Use it or leave it out.",
    fails="tiny_transformer_gradients",
)
class UnusedLayer(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.extra = nn.Linear(d_model, d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Lets no gradient reach the tokens' table",
    hint="The table would stay random forever; it is learned like everything else. Look for a `detach` or `no_grad` around it.",
    fails="tiny_transformer_gradients",
)
class DetachedTokens(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids).detach() + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Runs without a graph",
    hint="Autograd records nothing of a part of your `forward`, as under `no_grad`, so there is nothing to walk back. That belongs around evaluation and generation, outside the model.",
    fails="tiny_transformer_gradients",
)
class NoGraph(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        with torch.no_grad():
            x = self.blocks(self.tokens(ids) + self.positions(torch.arange(T)))
        return self.head(self.norm(x))


@wrong(
    "Runs all of `forward` without a graph",
    hint="Autograd records nothing of your `forward`, as under `no_grad`, so there is nothing to walk back. That belongs around evaluation and generation, outside the model.",
    fails="tiny_transformer_gradients",
)
class AllWithoutGraph(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        with torch.no_grad():
            x = self.tokens(ids) + self.positions(torch.arange(T))
            return self.head(self.norm(self.blocks(x)))


@wrong(
    "Keeps the last layer from learning",
    hint="The last layer doesn't require a gradient, as after `requires_grad_(False)`. It is learned like everything else.",
    fails="tiny_transformer_gradients",
)
class FrozenHead(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size).requires_grad_(False)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Drops some numbers at random in training",
    hint="There is no dropout anywhere here: the result is the same in both modes.",
    fails="tiny_transformer_logits",
    constants=("0.1", "0.2", "0.5"),
)
class Dropout(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        x = F.dropout(x, 0.1, self.training)
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Lets every token see those after it",
    hint="`nn.TransformerEncoder` hides nothing unless it is given a mask, and then training sees the answer. Your `Block` brings its own.",
    fails="tiny_transformer_logits",
)
class Bidirectional(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(
            d_model, n_heads, 4 * d_model, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, n_layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.encoder(x)))


@wrong(
    "Lets the rows of a batch look at each other",
    hint="`nn.TransformerEncoderLayer` expects `(T, B, D)` unless it is told `batch_first=True`. Rows are different texts.",
    fails="tiny_transformer_logits",
)
class BatchSecond(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(d_model, n_heads, 4 * d_model, 0.0, "gelu", norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, n_layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        past = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
        return self.head(self.norm(self.encoder(x, past)))


@wrong(
    "Takes PyTorch's encoder as it comes",
    hint="It is 2048 numbers wide inside, drops some at random, has ReLU, and norms after the sum. Each of these is an argument of `nn.TransformerEncoderLayer`, or use your `Block`.",
    fails="tiny_transformer_logits",
)
class DefaultEncoder(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(d_model, n_heads, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, n_layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        future = torch.ones(T, T, dtype=torch.bool).triu(1)
        return self.head(self.norm(self.encoder(x, future)))


@wrong(
    "Has blocks that norm the sum",
    hint="Blocks of this kind norm what attention and `mlp` are given, and leave the stream itself alone (`norm_first=True`).",
    fails=("tiny_transformer_logits", "tiny_transformer_positions"),
)
class NormsAfterTheSum(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(d_model, n_heads, 4 * d_model, 0.0, "gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, n_layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        future = torch.ones(T, T, dtype=torch.bool).triu(1)
        return self.head(self.norm(self.encoder(x, future)))


@wrong(
    "Computes the embeddings in float32 whatever the model is",
    hint="What comes out has the dtype of the model: float64 after `.double()`. A `.float()` on the way throws half of the digits away, or mixes dtypes.",
    fails=("tiny_transformer_logits", "tiny_transformer_positions"),
)
class InFloat32(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        x = x.float()
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Keeps the logits of ids that it has seen",
    hint="The parameters change with every step of training, and what you keep is from before. Compute it anew.",
    fails="tiny_transformer_logits",
)
class RemembersTheLogits(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len, self.seen = max_len, {}
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        key = str(ids.tolist())
        if key in self.seen:
            return self.seen[key]
        x = self.tokens(ids) + self.positions(torch.arange(T))
        self.seen[key] = self.head(self.norm(self.blocks(x)))
        return self.seen[key]


@wrong(
    "Keeps the sum of the embeddings for the next text of that length",
    hint="It was made of other tokens. Each call looks up its own.",
    fails="tiny_transformer_logits",
)
class RemembersTheEmbeddings(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len, self.seen = max_len, {}
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        if ids.shape not in self.seen:
            self.seen[ids.shape] = self.tokens(ids) + self.positions(torch.arange(T))
        x = self.seen[ids.shape]
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Shares its embedding with every model of the same size",
    hint="The table stands in the class, or in a default argument, and is made once for all models: train one, and the others change too. Make it anew in `__init__`.",
    fails="tiny_transformer_logits",
)
class SharedTable(nn.Module):
    made: dict = {}

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        if (vocab_size, d_model) not in self.made:
            self.made[vocab_size, d_model] = nn.Embedding(vocab_size, d_model)
        self.tokens = self.made[vocab_size, d_model]
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Gives probabilities in evaluation mode",
    hint="`generate` and `evaluate` expect raw logits as well. A mode changes nothing here.",
    fails="tiny_transformer_logits",
)
class ProbabilitiesInEvaluation(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        logits = self.head(self.norm(self.blocks(x)))
        return logits if self.training else logits.softmax(-1)


@wrong(
    "Has two linear layers at the end",
    hint="After the last norm comes one linear layer to the vocabulary.",
    fails="tiny_transformer_logits",
)
class TwoLayersAtTheEnd(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.before = nn.Linear(d_model, d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(F.gelu(self.before(self.norm(self.blocks(x)))))


@wrong(
    "Takes the mean over all positions before the last layer",
    hint="Each position guesses its own next token, by its own vector. A mean over all tells the first ones of the last.",
    fails="tiny_transformer_logits",
)
class MeanOfAll(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        x = self.norm(self.blocks(x))
        return self.head(x + x.mean(1, keepdim=True))


@wrong(
    "Adds the positions once more after every block",
    hint="Position and token are added once, before the first block. From there on blocks alone add to the stream: each is given what the one before it made.",
    fails="tiny_transformer_logits",
)
class PositionsAfterEveryBlock(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(d_model, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        for block in self.blocks:
            x = block(x) + self.positions(torch.arange(T))
        return self.head(self.norm(x))


@wrong(
    "Adds the positions in front of every block, and not before",
    hint="With one layer that is the same. With more, each block is given what the one before it made, and nothing else.",
    fails="tiny_transformer_logits",
)
class PositionsBeforeEveryBlock(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(d_model, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids)
        for block in self.blocks:
            x = block(x + self.positions(torch.arange(T)))
        return self.head(self.norm(x))


@wrong(
    "Adds the embeddings once more after the blocks",
    hint="The blocks add to the stream, so the embeddings are still in it. The last norm is given what the last block makes.",
    fails="tiny_transformer_logits",
)
class EmbeddingsOnceMore(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(d_model, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = first = self.tokens(ids) + self.positions(torch.arange(T))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x + first))


@wrong(
    "Gives every block the embeddings, and adds up what they add",
    hint="Blocks run one after the other: the second is given what the first one made, not what the first one was given.",
    fails="tiny_transformer_logits",
)
class BlocksSideBySide(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(d_model, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = first = self.tokens(ids) + self.positions(torch.arange(T))
        for block in self.blocks:
            x = x + block(first) - first
        return self.head(self.norm(x))


@wrong(
    "Norms the embeddings before the first block",
    hint="Each block norms what its attention and its `mlp` see. The stream itself runs through without a norm, and one last norm comes after the blocks.",
    fails="tiny_transformer_logits",
)
class NormsTheEmbeddings(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.first = nn.LayerNorm(d_model)
        self.blocks = nn.ModuleList(Block(d_model, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.first(self.tokens(ids) + self.positions(torch.arange(T)))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


@wrong(
    "Squeezes the stream by tanh where the last norm belongs",
    hint="tanh treats each number by itself. A norm brings each vector, as a whole, to one size.",
    fails="tiny_transformer_logits",
)
class TanhForTheNorm(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(d_model, n_heads) for _ in range(n_layers))
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        for block in self.blocks:
            x = block(x)
        return self.head(torch.tanh(x))


@wrong(
    "Takes token 0 for padding, so that its row never learns",
    hint="Row 0 of the table stays as it is, as with `padding_idx=0`, for texts that are filled up with a token that says nothing. Here token 0 is a token like all others.",
    fails="tiny_transformer_gradients",
)
class PaddingIsTokenZero(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model, padding_idx=0)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(d_model, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


@wrong(
    "Leaves ReLU in PyTorch's ready-made blocks",
    hint='`nn.TransformerEncoderLayer` has ReLU in its network unless it is told otherwise: `activation="gelu"`.',
    fails=("tiny_transformer_logits", "tiny_transformer_gradients"),
)
class ReadyMadeWithRelu(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(d_model, n_heads, 4 * d_model, 0.0, batch_first=True, norm_first=True)
            for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        future = torch.ones(T, T, dtype=torch.bool).triu(1)
        for block in self.blocks:
            x = block(x, src_mask=future)
        return self.head(self.norm(x))


@wrong(
    "Gives logits for the last position only in evaluation mode",
    hint="The mode changes nothing here: `(B, T, V)` in both. `generate` takes the last position by itself, and `evaluate` needs them all.",
    fails="tiny_transformer_logits",
)
class LastPositionInEvaluation(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        x = self.norm(self.blocks(x))
        return self.head(x if self.training else x[:, -1:])


@wrong(
    "Keeps a table of sines and cosines for the positions",
    hint="They tell the positions apart, but they are not learned. Here the positions are a table of `max_len` rows, learned like everything else.",
    fails="tiny_transformer_positions",
)
class TableOfWaves(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        angles = torch.arange(max_len)[:, None] * torch.exp(-math.log(10000.0) / d_model * torch.arange(0, d_model, 2))
        self.register_buffer("waves", torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1))
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        return self.head(self.norm(self.blocks(self.tokens(ids) + self.waves[:T])))


@wrong(
    "Keeps a table of sines for the positions",
    hint="Your vectors for the positions are computed once and stay as they are. Here they are a table of `max_len` rows, learned like everything else.",
    fails="tiny_transformer_positions",
    constants=("10000.0", "100.0", "1000.0"),
)
class TableOfSines(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        lengths = 10000.0 ** (torch.arange(d_model) / d_model)
        self.register_buffer("waves", torch.sin(torch.arange(max_len)[:, None] / lengths))
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        return self.head(self.norm(self.blocks(self.tokens(ids) + self.waves[:T])))


@wrong(
    "Leaves dropout, and the norm after the sum, in PyTorch's ready-made blocks",
    hint="`nn.TransformerEncoderLayer` drops a tenth in training and norms after the sum unless it is told otherwise: `dropout=0.0`, `norm_first=True`.",
    fails=("tiny_transformer_logits", "tiny_transformer_positions"),
)
class ReadyMadeWithDropout(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(d_model, n_heads, 4 * d_model, activation="gelu", batch_first=True)
            for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        future = torch.ones(T, T, dtype=torch.bool).triu(1)
        for block in self.blocks:
            x = block(x, src_mask=future)
        return self.head(self.norm(x))


@wrong(
    "Applies an activation between the last norm and the last layer",
    hint="An activation belongs between two linear layers, and stands in `mlp` already. The last layer is given what the norm makes, as it is.",
    fails="tiny_transformer_logits",
)
class ActivationBehindTheNorm(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(F.gelu(self.norm(self.blocks(x))))


@wrong(
    "Looks the positions' rows up once, and keeps them",
    hint="The table of the positions learns, so its rows are others after each step, and the graph of the first step is gone. Look the rows up in every `forward`.",
    fails="tiny_transformer_gradients",
)
class KeepsTheRows(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len, self.rows = max_len, {}
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        if T not in self.rows:
            self.rows[T] = self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(self.tokens(ids) + self.rows[T])))


@wrong(
    "Norms over the batch and its positions instead of within each vector",
    hint="`nn.BatchNorm1d` takes mean and spread over all tokens of a batch, so texts mix, and a single token can't be normed at all. The last norm is `nn.LayerNorm`.",
    fails="tiny_transformer_logits",
)
class BatchNormAtTheEnd(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.BatchNorm1d(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError(f"{T} tokens are more than {self.max_len}")
        x = self.blocks(self.tokens(ids) + self.positions(torch.arange(T)))
        return self.head(self.norm(x.transpose(1, 2)).transpose(1, 2))


@wrong(
    "Has one head in its own blocks, whatever `n_heads` is",
    hint="The blocks that you wrote take `n_heads` and don't use it: with the same weights, two heads and three give the same logits. It has to reach the attention.",
    fails="tiny_transformer_logits",
)
class OwnPiecesWithOneHead(nn.Module):
    class Piece(nn.Module):
        def __init__(self, d_model, n_heads):
            super().__init__()
            self.before, self.between = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
            self.attend = SelfAttention(d_model, 1)
            up, down = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)
            self.think = nn.Sequential(up, nn.GELU(), down)

        def forward(self, x):
            x = x + self.attend(self.before(x))
            return x + self.think(self.between(x))

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[self.Piece(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Has attention and the two layers work side by side in its own blocks",
    hint="Both norms are given the same `x`. The second one comes after attention has been added to the stream: `x = x + attention(norm(x))` first, and then the rest with the new `x`.",
    fails="tiny_transformer_logits",
)
class OwnPiecesSideBySide(nn.Module):
    class Piece(nn.Module):
        def __init__(self, d_model, n_heads):
            super().__init__()
            self.before, self.between = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
            self.attend = SelfAttention(d_model, n_heads)
            up, down = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)
            self.think = nn.Sequential(up, nn.GELU(), down)

        def forward(self, x):
            return x + self.attend(self.before(x)) + self.think(self.between(x))

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[self.Piece(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Takes the number of heads for the width of a head",
    hint="Your blocks have `d_model // n_heads` heads: that is how wide each of `n_heads` heads is. `Block(d_model, n_heads)` divides by itself.",
    fails="tiny_transformer_logits",
)
class WidthForHeads(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, d_model // n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Has a row too few in the table of positions",
    hint="`max_len` tokens have a position each, 0 to `max_len - 1`: that is `max_len` rows, and `max_len - 1` is the last of them.",
    fails="tiny_transformer_errors",
)
class RowTooFew(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len - 1, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Keeps the tokens' table from learning",
    hint="A buffer is not learned: it would stay random forever. The rows of the tokens are parameters, as `nn.Embedding` and `nn.Parameter` make them.",
    fails="tiny_transformer_gradients",
)
class TokensInABuffer(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.register_buffer("tokens", 0.02 * torch.randn(vocab_size, d_model))
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens[ids] + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Keeps the positions of the first length that it met",
    hint="The first text decides how many positions there are for all later ones. A model is fed with texts of many lengths: make the positions from the `T` at hand, in every `forward`.",
    fails="tiny_transformer_logits",
)
class PositionsOfTheFirstLength(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len, self.first = max_len, None
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        if self.first is None:
            self.first = T
        x = self.tokens(ids) + self.positions(torch.arange(T).clamp(max=self.first - 1))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Keeps the positions' rows for evaluation",
    hint="The table learns on after the first evaluation, and the rows that you keep are from before. Look them up in every `forward`, in both modes.",
    fails="tiny_transformer_logits",
)
class RowsKeptInEvaluation(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len, self.rows = max_len, None
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        if self.training:
            rows = self.positions(torch.arange(T))
        else:
            if self.rows is None:
                self.rows = self.positions.weight.detach().clone()
            rows = self.rows[:T]
        return self.head(self.norm(self.blocks(self.tokens(ids) + rows)))


@wrong(
    "Norms the embeddings by `F.layer_norm`",
    hint="The stream runs into the first block as the sum of token and position, without a norm. Each block norms what its attention and its `mlp` see, and one last norm comes after the blocks.",
    fails="tiny_transformer_logits",
)
class NormsTheEmbeddingsByFunction(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(F.layer_norm(x, x.shape[-1:]))))


@wrong(
    "Leaves the norms out of its own blocks",
    hint="Attention and `mlp` are given the stream itself. In each block they look at it through a norm, each through one of its own.",
    fails="tiny_transformer_logits",
)
class OwnPiecesWithoutNorms(nn.Module):
    class Piece(nn.Module):
        def __init__(self, d_model, n_heads):
            super().__init__()
            self.attend = SelfAttention(d_model, n_heads)
            up, down = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)
            self.think = nn.Sequential(up, nn.GELU(), down)

        def forward(self, x):
            x = x + self.attend(x)
            return x + self.think(x)

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[self.Piece(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@wrong(
    "Has fixed positions, and doesn't learn them",
    hint="Sines and cosines tell positions apart, too, but here each of the `max_len` positions has a vector that is learned: which module of PyTorch is a table of vectors?",
    fails="tiny_transformer_positions",
)
class FixedPositions(nn.Module):

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        i = torch.arange(0, d_model, 2) / d_model
        angle = torch.arange(max_len)[:, None] / 10000 ** i
        self.register_buffer('positions', torch.cat([angle.sin(), angle.cos()], 1)[:, :d_model])
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.blocks = nn.ModuleList([Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.out = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError('too long')
        x = self.tokens(ids) + self.positions[:T]
        for block in self.blocks:
            x = block(x)
        return self.out(self.norm(x))


@wrong(
    "Norms the stream after each block",
    hint="A block gets what the block before it gave, as it is: each norms its own input inside. The model's own norm comes once, after the last block.",
    fails="tiny_transformer_logits",
)
class NormInTheStream(nn.Module):

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList([Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.out = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError('too long')
        x = self.tokens(ids) + self.positions(torch.arange(T))
        for block in self.blocks:
            x = self.norm(block(x))
        return self.out(x)
