"""Wrong answers to `TinyLM(vocab_size, d_model)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Returns probabilities",
    hint="You apply a softmax at the end. The loss does that itself, from raw logits, and more stably; a second softmax flattens everything.",
    fails="TinyLM_logits",
)
class Probabilities(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids)))).softmax(-1)


@wrong(
    "Returns log-probabilities",
    hint="You apply a log-softmax at the end. The task asks for raw logits: the loss normalises them itself.",
    fails="TinyLM_logits",
)
class LogProbabilities(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return F.log_softmax(self.head(F.gelu(self.hidden(self.embedding(ids)))), dim=-1)


@wrong(
    "Uses ReLU",
    hint="Your activation is ReLU. It does a similar job, but the model here, as in the steps to come, has GELU.",
    fails="TinyLM_logits",
)
class WithReLU(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Embedding(vocab_size, d_model), nn.Linear(d_model, 4 * d_model), nn.ReLU(), nn.Linear(4 * d_model, vocab_size)
        )

    def forward(self, ids):
        return self.layers(ids)


@wrong(
    "Uses SiLU",
    hint="Your activation is SiLU, `x * sigmoid(x)`. It looks much like GELU, but its curve is another one.",
    fails="TinyLM_logits",
)
class WithSiLU(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Embedding(vocab_size, d_model), nn.Linear(d_model, 4 * d_model), nn.SiLU(), nn.Linear(4 * d_model, vocab_size)
        )

    def forward(self, ids):
        return self.layers(ids)


@wrong(
    "Uses tanh",
    hint="Your activation is tanh. It flattens large values on both sides; GELU lets positive ones pass.",
    fails="TinyLM_logits",
)
class WithTanh(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Embedding(vocab_size, d_model), nn.Linear(d_model, 4 * d_model), nn.Tanh(), nn.Linear(4 * d_model, vocab_size)
        )

    def forward(self, ids):
        return self.layers(ids)


@wrong(
    "Has no activation",
    hint="Your two linear layers follow each other directly, so together they are no more than one (notebook 02). What goes between them?",
    fails="TinyLM_logits",
)
class NoActivation(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(self.hidden(self.embedding(ids)))


@wrong(
    "Has only one linear layer",
    hint="From the embedding you go straight to the logits. There is a hidden layer with an activation in between.",
    fails="TinyLM_logits",
)
class OneLinear(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        return self.head(self.embedding(ids))


@wrong(
    "Activates the embedding instead of the hidden layer",
    hint="Your GELU comes before the first linear layer. The two linear layers then follow each other directly, and together they are no more than one.",
    fails="TinyLM_logits",
)
class ActivationFirst(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(self.hidden(F.gelu(self.embedding(ids))))


@wrong(
    "Activates the logits too",
    hint="There is a GELU after the last layer. It cuts off negative logits, and those are how a model says that a token is unlikely.",
    fails="TinyLM_logits",
)
class ActivationLast(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return F.gelu(self.head(F.gelu(self.hidden(self.embedding(ids)))))


@wrong(
    "Activates the logits instead of the hidden layer",
    hint="Your two linear layers follow each other directly, so together they are no more than one, and the GELU behind them cuts off negative logits. Where between the layers does it belong?",
    fails="TinyLM_logits",
)
class ActivationOnlyAtTheEnd(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return F.gelu(self.head(self.hidden(self.embedding(ids))))


@wrong(
    "Maps back to `d_model` at the end instead of to the vocabulary",
    hint="The last layer maps back to `d_model`, so there is no logit for each entry of the vocabulary. How many scores does the softmax need?",
    fails=("TinyLM_logits", "TinyLM_start"),
)
class BackToTheWidth(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, d_model)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Returns logits for the last position only",
    hint="You keep the last position. In training every position is an example: the logits of all of them are wanted.",
    fails="TinyLM_logits",
)
class LastPosition(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))[:, -1]


@wrong(
    "Flattens batch and positions",
    hint="Your logits are `(B*T, V)`. The loss wants them so, but the model gives `(B, T, V)`, and the training loop does the flattening.",
    fails="TinyLM_logits",
)
class Flattened(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids.flatten()))))


@wrong(
    "Puts the vocabulary before the positions",
    hint="Your logits are `(B, V, T)`. PyTorch's loss can be called that way, but everything here expects the vocabulary last.",
    fails="TinyLM_logits",
)
class VocabularySecond(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids)))).transpose(1, 2)


@wrong(
    "Returns logits and a loss",
    hint="Some models return a pair of logits and loss. This one knows no targets: it returns the logits alone.",
    fails="TinyLM_logits",
)
class WithLoss(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids, targets=None):
        return self.head(F.gelu(self.hidden(self.embedding(ids)))), None


@wrong(
    "Adds a position embedding",
    hint="You add a vector for each position, so one token gets other logits at another place. Transformers do that, but here a position's logits depend on its token alone.",
    fails="TinyLM_logits",
)
class WithPositions(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.position = nn.Embedding(512, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        x = self.embedding(ids) + self.position(torch.arange(ids.shape[1]))
        return self.head(F.gelu(self.hidden(x)))


@wrong(
    "Averages over the sequence",
    hint="You take the mean over all positions, so each one sees the whole sequence, its own answer included. A position's logits depend on its token alone.",
    fails="TinyLM_logits",
)
class MeanOfTheSequence(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        x = self.embedding(ids)
        return self.head(F.gelu(self.hidden(x + x.mean(1, keepdim=True))))


@wrong(
    "Sums up the tokens so far",
    hint="Your position `t` sees the tokens `0` to `t`. Looking back is what attention will do; this model sees one token.",
    fails="TinyLM_logits",
)
class RunningSum(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids).cumsum(1))))


@wrong(
    "Adds dropout",
    hint="There is a dropout in your model, so that in training mode the same ids give other logits each time. The task names four steps, and it is none of them.",
    fails="TinyLM_logits",
    constants=("0.3", "0.1", "0.2", "0.25", "0.5"),
)
class WithDropout(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(self.drop(F.gelu(self.hidden(self.embedding(ids)))))


@wrong(
    "Adds a layer norm",
    hint="You normalise in between. That belongs to the transformer blocks of later steps; here there are four steps and no more.",
    fails="TinyLM_logits",
)
class WithLayerNorm(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.norm = nn.LayerNorm(d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.norm(self.embedding(ids)))))


@wrong(
    "Adds a residual connection",
    hint="You add the embedding back to the hidden layer's output. Residual connections come with the transformer; here each step takes only the result of the one before.",
    fails="TinyLM_logits",
)
class WithResidual(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        x = self.embedding(ids)
        return self.head(x + F.gelu(self.hidden(x)))


@wrong(
    "Scales the logits",
    hint="You divide the logits by the square root of the width. That belongs to attention scores; raw logits are the last layer's output as it is.",
    fails="TinyLM_logits",
)
class ScaledLogits(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.d_model = d_model
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids)))) / math.sqrt(self.d_model)


@wrong(
    "Ignores d_model",
    hint="Your embedding has a fixed width. The caller says in `d_model` how wide it should be.",
    fails="TinyLM_logits",
)
class FixedWidth(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Embedding(vocab_size, 64), nn.Linear(64, 256), nn.GELU(), nn.Linear(256, vocab_size)
        )

    def forward(self, ids):
        return self.layers(ids)


@wrong(
    "Ignores vocab_size",
    hint="Your model has a fixed number of logits. The caller says in `vocab_size` how many tokens there are.",
    fails=("TinyLM_logits", "TinyLM_start"),
)
class FixedVocabulary(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Embedding(128, d_model), nn.Linear(d_model, 64), nn.GELU(), nn.Linear(64, 128)
        )

    def forward(self, ids):
        return self.layers(ids)


@wrong(
    "Feeds the id as a number",
    hint="You turn the id itself into a number and multiply it. Ids have no size that means anything: token 40 is not twice token 20. An embedding gives each its own vector.",
    fails="TinyLM_logits",
)
class IdAsANumber(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Linear(1, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids[..., None].float()))))


@wrong(
    "Makes new layers in every forward pass",
    hint="Your layers are created inside `forward`, with new random weights each time, and the optimizer never gets to see them. Create them once, in `__init__`.",
    fails=("TinyLM_logits", "TinyLM_gradients"),
)
class LayersInForward(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.vocab_size, self.d_model = vocab_size, d_model

    def forward(self, ids):
        x = nn.Embedding(self.vocab_size, self.d_model)(ids)
        x = F.gelu(nn.Linear(self.d_model, 4 * self.d_model)(x))
        return nn.Linear(4 * self.d_model, self.vocab_size)(x)


@wrong(
    "Makes new linear layers in every forward pass",
    hint="Your linear layers are created inside `forward`, with new random weights each time, and the optimizer never gets to see them. Create them where the embedding is created.",
    fails="TinyLM_logits",
)
class LinearInForward(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.vocab_size, self.d_model = vocab_size, d_model
        self.embedding = nn.Embedding(vocab_size, d_model)

    def forward(self, ids):
        x = self.embedding(ids)
        x = F.gelu(nn.Linear(self.d_model, 4 * self.d_model)(x))
        return nn.Linear(4 * self.d_model, self.vocab_size)(x)


@wrong(
    "Keeps its layers in a plain list",
    hint="A Python list hides the layers from PyTorch: `model.parameters()` is empty, and nothing would be trained. Keep each layer as an attribute, or use `nn.ModuleList`.",
    fails=("TinyLM_logits", "TinyLM_gradients"),
)
class PlainList(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.layers = [
            nn.Embedding(vocab_size, d_model),
            nn.Linear(d_model, 4 * d_model),
            nn.GELU(),
            nn.Linear(4 * d_model, vocab_size),
        ]

    def forward(self, ids):
        for layer in self.layers:
            ids = layer(ids)
        return ids


@wrong(
    "Has a layer that is never used",
    hint="One of your layers takes no part in `forward`, so its parameters get no gradient. Use it or leave it out.",
    fails="TinyLM_gradients",
)
class UnusedLayer(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.position = nn.Embedding(512, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Makes a hidden layer and leaves it out",
    hint="`__init__` makes the hidden linear layer, but `forward` goes from the embedding straight to the last one, so the hidden layer's parameters get no gradient. Call every layer that you make.",
    fails=("TinyLM_logits", "TinyLM_gradients"),
)
class UnusedHidden(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.embedding(ids)))


@wrong(
    "Lets no gradient reach the embedding",
    hint="The table would stay random forever; it is learned like everything else. Look for a `detach` or `no_grad` around it, or a table that doesn't require a gradient: `from_pretrained` freezes it unless told otherwise.",
    fails="TinyLM_gradients",
)
class DetachedEmbedding(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids).detach())))


@wrong(
    "Freezes the embedding",
    hint="Your table does not require a gradient. (`from_pretrained` freezes it unless told otherwise.) The embedding is learned like everything else.",
    fails="TinyLM_gradients",
    like="DetachedEmbedding",
)
class FrozenEmbedding(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(torch.randn(vocab_size, d_model))
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Runs without a graph",
    hint="Autograd records nothing of your `forward`, as under `no_grad`, so there is nothing to walk back. That belongs around evaluation and generation, outside the model.",
    fails="TinyLM_gradients",
)
class NoGraph(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        with torch.no_grad():
            return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Treats token 0 as padding",
    hint="The row of token 0 never gets a gradient, as with `padding_idx=0`. Here id 0 is a character like any other.",
    fails="TinyLM_gradients",
)
class PaddingToken(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model, padding_idx=0)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Starts with weights that are too large",
    hint="Your matrices are drawn with standard deviation 1. Sums over the width then grow large, and the fresh model is confident without knowing anything. PyTorch's layers scale their weights down with the width.",
    fails="TinyLM_start",
)
class LargeWeights(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocab_size, d_model))
        self.W1 = nn.Parameter(torch.randn(4 * d_model, d_model))
        self.W2 = nn.Parameter(torch.randn(vocab_size, 4 * d_model))

    def forward(self, ids):
        return F.gelu(self.table[ids] @ self.W1.T) @ self.W2.T


@wrong(
    "Shares an embedding that is too large for the last layer",
    hint="Using one matrix for the embedding and the last layer is fine, but an embedding is drawn with standard deviation 1, far too large for a linear layer. The fresh model is then confident without knowing anything.",
    fails="TinyLM_start",
)
class LargeTiedWeights(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, d_model)
        self.head = nn.Linear(d_model, vocab_size)
        self.head.weight = self.embedding.weight

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Starts with a bias of its own",
    hint="Your last bias favours some tokens from the start, before any data was seen. Leave it as `nn.Linear` draws it, or at zero.",
    fails="TinyLM_start",
)
class BiasedStart(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)
        nn.init.normal_(self.head.bias, std=2.0)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Starts with zeros everywhere",
    hint="With every weight at zero the loss starts at exactly log V, and stays where it is: all that comes from the last layer's weights is multiplied by zero on its way back, and they get only zeros from below. One layer may start at zero, not all.",
    fails="TinyLM_gradients",
)
class StartsAtZero(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.first = nn.Linear(d_model, 4 * d_model)
        self.last = nn.Linear(4 * d_model, vocab_size)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, ids):
        return self.last(F.gelu(self.first(self.embedding(ids))))


@wrong(
    "Gives probabilities in evaluation mode",
    hint="`generate` and `evaluate` expect raw logits as well. A mode changes layers such as dropout, not what the model gives.",
    fails="TinyLM_logits",
)
class ProbabilitiesInEvaluation(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        logits = self.head(F.gelu(self.hidden(self.embedding(ids))))
        return logits if self.training else logits.softmax(-1)


@wrong(
    "Keeps the logits within limits",
    hint="A bound makes all logits beyond it alike and stops their gradient. Softmax needs no bound: give the raw logits.",
    fails="TinyLM_logits",
    constants=("-50, 50", "-10, 10", "-20, 20", "-30, 30", "-100, 100"),
)
class ClampedLogits(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids)))).clamp(-50, 50)


@wrong(
    "Looks at the last few positions only",
    hint="Each position sees its own token alone, so there is no context to cut. Every position gets its logits.",
    fails="TinyLM_logits",
    constants=("-64", "-16", "-32"),
)
class BlockOf64(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids[:, -64:]))))


@wrong(
    "Keeps the ids in one byte",
    hint="A byte holds 0 to 255, so token 256 becomes token 0. The ids are `int64`: leave them so.",
    fails="TinyLM_logits",
)
class IdsInAByte(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids.to(torch.uint8).long()))))


@wrong(
    "Computes the first few rows of a batch only",
    hint="A batch may have any number of rows. Let the layers work on all of them at once.",
    fails="TinyLM_logits",
)
class SixteenRows(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.vocab_size = vocab_size
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        logits = self.head(F.gelu(self.hidden(self.embedding(ids[:16]))))
        return torch.cat([logits, logits.new_zeros(max(0, len(ids) - 16), ids.shape[1], self.vocab_size)])


@wrong(
    "Remembers the logits of all tokens in evaluation mode",
    hint="The weights may change after the first call, and then your table is that of another model. Compute it from the weights, each time.",
    fails="TinyLM_logits",
)
class RemembersTheTable(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)
        self.table = None

    def forward(self, ids):
        if self.training or self.table is None:
            self.table = self.head(F.gelu(self.hidden(self.embedding.weight)))
        return self.table[ids]


@wrong(
    "Draws the last layer's weights too large for a wide model",
    hint="The wider the hidden layer, the more terms each logit adds up, so a spread that suits a narrow model is too large for a wide one. PyTorch's own start shrinks with the width.",
    fails="TinyLM_start",
)
class LargeForWideModels(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)
        nn.init.normal_(self.head.weight, std=0.1)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Remembers the ids of the first call",
    hint="The ids that you keep are those of another batch. Each call uses the ids that it is given.",
    fails="TinyLM_logits",
)
class RemembersTheIds(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)
        self.ids = None

    def forward(self, ids):
        if self.ids is None or self.ids.shape != ids.shape:
            self.ids = ids
        return self.head(F.gelu(self.hidden(self.embedding(self.ids))))


@wrong(
    "Squeezes away a vocabulary of one token",
    hint="`squeeze` takes every dimension of size 1, also where it has a meaning. The logits are always `(B, T, V)`.",
    fails="TinyLM_logits",
)
class SqueezedVocabulary(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids)))).squeeze(-1)


@wrong(
    "Shares its layers with every model of the same size",
    hint="What stands in the class, or in a default argument, is made once for all models: train one, and the others change too. Make the layers anew in `__init__`.",
    fails="TinyLM_logits",
)
class SharedLayers(nn.Module):
    made: dict = {}

    def __init__(self, vocab_size, d_model):
        super().__init__()
        if (vocab_size, d_model) not in self.made:
            layers = nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, vocab_size)
            self.made[vocab_size, d_model] = nn.Sequential(nn.Embedding(vocab_size, d_model), *layers)
        self.layers = self.made[vocab_size, d_model]

    def forward(self, ids):
        return self.layers(ids)


@wrong(
    "Shares its embedding with every model of the same size",
    hint="The table stands in the class, or in a default argument, and is made once for all models: train one, and the others change too. Make it anew in `__init__`.",
    fails="TinyLM_logits",
)
class SharedTable(nn.Module):
    made: dict = {}

    def __init__(self, vocab_size, d_model):
        super().__init__()
        if (vocab_size, d_model) not in self.made:
            self.made[vocab_size, d_model] = nn.Embedding(vocab_size, d_model)
        self.embedding = self.made[vocab_size, d_model]
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Goes from the activated embedding straight to the logits",
    hint="Between the embedding and the GELU there is a linear layer missing: embedding, linear, GELU, linear.",
    fails="TinyLM_logits",
)
class NoHiddenLayer(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.embedding(ids)))


@wrong(
    "Activates twice",
    hint="The task has one GELU, between the two linear layers. Yours has one behind the embedding as well.",
    fails="TinyLM_logits",
)
class ActivatesTwice(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(F.gelu(self.embedding(ids)))))


@wrong(
    "Has a linear layer too many",
    hint="The task names two linear layers, with one GELU between them. Yours has three.",
    fails="TinyLM_logits",
)
class ThreeLinear(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.back = nn.Linear(4 * d_model, d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.back(F.gelu(self.hidden(self.embedding(ids))))))


@wrong(
    "Has no embedding",
    hint="A one-hot vector and a linear layer look up a row, too, but of the hidden layer's width. The first of the four steps is an embedding of width `d_model`.",
    fails="TinyLM_logits",
)
class OneHot(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.vocab_size = vocab_size
        self.hidden = nn.Linear(vocab_size, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(F.one_hot(ids, self.vocab_size).to(self.hidden.weight.dtype))))


@wrong(
    "Starts with weights that are too large",
    hint="Your matrices are drawn with standard deviation 1, as by `torch.randn`, whatever the width. Sums over the width then grow large, and the fresh model is confident without knowing anything. `nn.Linear` scales its weights down with the width.",
    fails="TinyLM_start",
)
class LargeMatrices(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocab_size, d_model))
        self.W1 = nn.Parameter(torch.randn(d_model, 4 * d_model))
        self.W2 = nn.Parameter(torch.randn(4 * d_model, vocab_size))

    def forward(self, ids):
        return F.gelu(self.table[ids] @ self.W1) @ self.W2


@wrong(
    "Adds a layer norm before the last layer",
    hint="Transformers have a norm there, and come later. Here what GELU gives goes into the last layer as it is: four steps and no more.",
    fails="TinyLM_logits",
)
class NormBeforeTheHead(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.norm = nn.LayerNorm(4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(self.norm(F.gelu(self.hidden(self.embedding(ids)))))


@wrong(
    "Gives a fixed number of logits",
    hint="The last layer has as many logits whatever `vocab_size` is, as where the size of the course's own vocabulary is written into it. The caller says how many tokens there are.",
    fails=("TinyLM_logits", "TinyLM_start"),
    constants=("45", "65"),
)
class FixedHead(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, 45)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Makes a layer norm and leaves it out",
    hint="The layer norm takes no part in `forward`, so its parameters get no gradient. The task has no norm: leave it out of `__init__`, too.",
    fails="TinyLM_gradients",
)
class UnusedNorm(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.norm = nn.LayerNorm(4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Averages the tokens so far",
    hint="Your position `t` sees the mean of the tokens `0` to `t`. Looking back is what attention will do; this model sees one token.",
    fails="TinyLM_logits",
)
class RunningMean(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        x = self.embedding(ids)
        x = x.cumsum(dim=1) / torch.arange(1, ids.shape[1] + 1)[:, None]
        return self.head(F.gelu(self.hidden(x)))


@wrong(
    "Draws all weights and biases with standard deviation 1",
    hint="The fresh model is confident without knowing anything. Each hidden number adds up `d_model` such terms, and each logit `4 * d_model`: how far do these sums spread? See with which spread `nn.Linear` draws for itself.",
    fails="TinyLM_start",
)
class AllOfSpreadOne(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)
        for parameter in self.parameters():
            nn.init.normal_(parameter)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids))))


@wrong(
    "Scales the embedding",
    hint="You multiply the embedding by the square root of the width, as the first transformer did. Here its vectors go into the linear layer as they are.",
    fails="TinyLM_logits",
)
class ScaledEmbedding(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.d_model = d_model
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.embedding(ids) * math.sqrt(self.d_model))))


@wrong(
    "Lets the table cut its rows to a length",
    hint="`max_norm` shortens each row that is looked up and is longer than that, and writes it into the table: a forward pass changes the parameters. The task asks for a plain embedding.",
    fails="TinyLM_logits",
)
class RowsCutToALength(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Embedding(vocab_size, d_model, max_norm=1.0),
            nn.Linear(d_model, 4 * d_model),
            nn.GELU(),
            nn.Linear(4 * d_model, vocab_size),
        )

    def forward(self, ids):
        return self.layers(ids)


@wrong(
    "Keeps its table where nothing is learned",
    hint="`register_buffer`, or a tensor without `nn.Parameter`, keeps the table as it was drawn: the optimizer never sees it, and the vectors of the tokens are not learned. `nn.Embedding` holds a parameter.",
    fails="TinyLM_logits",
)
class TableInABuffer(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.register_buffer("table", torch.randn(vocab_size, d_model))
        self.hidden = nn.Linear(d_model, 4 * d_model)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        return self.head(F.gelu(self.hidden(self.table[ids])))


@wrong(
    "Divides the logits by a square root",
    hint="That scale belongs to attention's scores. Logits are what the last layer gives, as they are.",
    fails="TinyLM_logits",
)
class scaled_logits(nn.Module):

    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.table = nn.Embedding(vocab_size, d_model)
        self.up = nn.Linear(d_model, 4 * d_model)
        self.act = nn.GELU()
        self.out = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids):
        x = self.table(ids)
        x = self.act(self.up(x))
        return self.out(x) / math.sqrt(x.shape[-1])
