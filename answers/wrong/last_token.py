"""Wrong answers to `last_token(hidden)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Takes the first position",
    hint="Index 0 is the first token, which has seen nothing of the text that follows. Which index is the last one, whatever the length?",
    fails="last_token_values",
)
def first_position(hidden):
    return hidden[:, 0]


@wrong(
    "Takes the last sequence of the batch",
    hint="You get every token of the last sequence. The dimensions are (B, T, D), and you want the last place of T. Which dimension does your index count along, also after a transpose?",
    fails="last_token_values",
)
def last_sequence(hidden):
    return hidden[-1]


@wrong(
    "Takes the last number of every vector",
    hint="You index the last dimension, so you get one number of every token. The dimensions are (B, T, D); you want the last place of T, with its whole vector.",
    fails="last_token_values",
    like="last_feature_by_ellipsis",
)
def last_feature(hidden):
    return hidden[:, :, -1]


@wrong(
    "Takes one number of every vector, its last",
    hint="One number of every token comes out, so an index lands on the last dimension, D. The dimensions are (B, T, D); you want the last place of T, with its whole vector.",
    fails="last_token_values",
)
def last_feature_by_ellipsis(hidden):
    return hidden[..., -1]


@wrong(
    "Keeps the dimension of the positions",
    hint="The result is (B, 1, D): a slice, such as `-1:`, keeps a dimension of size 1. What about an index instead of a slice?",
    fails="last_token_values",
)
def keeps_the_axis(hidden):
    return hidden[:, -1:]


@wrong(
    "Drops every dimension of size one",
    hint="All dimensions of size 1 are dropped, as by `squeeze()`. With a single sequence in the batch, or vectors of one number, you lose a dimension that should stay. Name the one dimension to drop, or don't make it in the first place.",
    fails="last_token_values",
)
def squeezes_too_much(hidden):
    return hidden[:, -1:].squeeze()


@wrong(
    "Takes the last position but one",
    hint="You are one too early, as `T - 2` is. Positions count from 0, so the last of T has the index T - 1.",
    fails="last_token_values",
)
def off_by_one(hidden):
    T = hidden.shape[1]
    return hidden[:, max(T - 2, 0)]


@wrong(
    "Assumes a fixed length",
    hint="Index 2 is the last position only where there are three. Let the index depend on the length, or count from the end.",
    fails="last_token_values",
)
def fixed_length(hidden):
    return hidden[:, 2]


@wrong(
    "Takes the number of sequences for the number of positions",
    hint="`shape[0]`, or `len(hidden)`, is B, how many sequences there are. Which of the three sizes says how many positions each of them has?",
    fails="last_token_values",
)
def length_from_the_batch(hidden):
    return hidden[:, hidden.shape[0] - 1]


@wrong(
    "Gives the last vector of the first sequence only",
    hint="Only the first sequence gives its last vector: by `hidden[0]`, or because `return` stands inside a loop over the sequences. Keep all of the first dimension.",
    fails="last_token_values",
)
def first_sequence_only(hidden):
    return hidden[0, -1]


@wrong(
    "Averages over the positions",
    hint="A mean over the positions mixes all tokens. Models that label a whole text do that; one that guesses the next token reads the last vector alone.",
    fails="last_token_values",
)
def mean_over_positions(hidden):
    return hidden.mean(dim=1)


@wrong(
    "Takes the largest number over the positions",
    hint="`max` over the positions picks each number from whichever token has the largest. You want one token's vector, as it is.",
    fails="last_token_values",
)
def max_over_positions(hidden):
    return hidden.max(dim=1).values


@wrong(
    "Sums over the positions",
    hint="A sum over the positions mixes all tokens. Take the last vector and leave the others alone.",
    fails="last_token_values",
)
def sum_over_positions(hidden):
    return hidden.sum(dim=1)


@wrong(
    "Swaps the dimensions and then takes the wrong one",
    hint="After the transpose the positions come first, but you still index the second dimension, which is now the batch.",
    fails="last_token_values",
    like="last_sequence",
)
def swapped_axes(hidden):
    return hidden.transpose(0, 1)[:, -1]


@wrong(
    "Turns the features round instead of the positions",
    hint="You flip the last dimension, so every vector is read backwards, and then take the first position. Which dimension did you mean to turn round?",
    fails="last_token_values",
)
def flips_the_features(hidden):
    return hidden.flip(-1)[:, 0]


@wrong(
    "Gives a list of vectors",
    hint="A Python list isn't a tensor: the next layer can't multiply it. How does PyTorch join vectors into one tensor, or get them in one go?",
    fails="last_token_values",
)
def list_of_vectors(hidden):
    return [sequence[-1] for sequence in hidden]


@wrong(
    "Uses view on a tensor that may not be contiguous",
    hint="`view` only works where the numbers lie in memory in the order of the dimensions. A transposed or sliced tensor doesn't. No flattening is needed here.",
    fails="last_token_values",
)
def flat_view(hidden):
    B, T, D = hidden.shape
    return hidden.view(B * T, D)[T - 1 :: T]


@wrong(
    "Gives float32 whatever comes in",
    hint="What comes out should have the dtype of what went in. `.float()` turns float64 into float32, and `torch.zeros(…)` or `torch.tensor(…)` makes float32 unless told otherwise.",
    fails="last_token_values",
)
def float32_always(hidden):
    return hidden[:, -1].float()


@wrong(
    "Fills a float32 tensor",
    hint="`torch.zeros` makes float32 unless told otherwise. And there's no need to copy vector by vector: one index takes them all.",
    fails="last_token_values",
    like="float32_always",
)
def filled_float32(hidden):
    out = torch.zeros(hidden.shape[0], hidden.shape[2])
    for b in range(hidden.shape[0]):
        out[b] = hidden[b, -1]
    return out


@wrong(
    "Swaps the dimensions of the caller's tensor",
    hint="The caller finds the dimensions swapped: a method whose name ends in an underscore, such as `transpose_`, changes the tensor itself. Index the second dimension directly, or use the form without the underscore.",
    fails=("last_token_values", "last_token_gradients"),
)
def swaps_in_place(hidden):
    return hidden.transpose_(0, 1)[-1]


@wrong(
    "Erases the other positions",
    hint="You set the caller's other positions to zero on the way. Nobody asked for that, and other parts of the model may still need them. Taking a vector leaves the rest as it is.",
    fails="last_token_values",
)
def erases_the_others(hidden):
    last = hidden[:, -1].clone()
    with torch.no_grad():
        hidden[:, :-1] = 0
    return last


@wrong(
    "Lets no gradient back to the hidden states",
    hint="The numbers are right, but no gradient can flow back, so no layer of the model would learn. Look for `detach()`, `.data`, `no_grad` or plain numbers from `tolist()`: each of them cuts the result off.",
    fails="last_token_gradients",
)
def detached(hidden):
    return hidden[:, -1].detach()


@wrong(
    "Takes the vectors without a graph",
    hint="Under `no_grad` nothing is recorded, so no gradient can flow back to the hidden states. That is for measuring a model, not for a part of it.",
    fails="last_token_gradients",
    like="detached",
)
def without_graph(hidden):
    with torch.no_grad():
        return hidden[:, -1].clone()


@wrong(
    "Makes a new tensor of plain numbers",
    hint="`tolist()` gives plain numbers, which know nothing of where they came from, so no gradient flows back. Stay with tensors all the way.",
    fails="last_token_gradients",
    like="detached",
)
def through_lists(hidden):
    return torch.tensor(hidden[:, -1].tolist(), dtype=hidden.dtype)


@wrong(
    "Lets the gradient reach every position",
    hint="Your numbers are those of the last position, but the gradient spreads to tokens that don't count. Something of theirs, such as a mean, is added and taken off again, one of the two detached.",
    fails="last_token_gradients",
)
def spreads_the_gradient(hidden):
    mean = hidden.mean(dim=1)
    return hidden[:, -1] + mean - mean.detach()


@wrong(
    "Takes the last vector that isn't zero",
    hint="You skip vectors of zeros as if they were padding. A hidden state may be zero; the last position is simply the last one.",
    fails="last_token_values",
)
def last_that_is_not_zero(hidden):
    filled = (hidden != 0).any(-1)
    last = [int(row.nonzero()[-1]) if row.any() else -1 for row in filled]
    return torch.stack([sequence[t] for sequence, t in zip(hidden, last)])


@wrong(
    "Takes the length for the last position",
    hint="Positions count from 0, so the last of T is T - 1, and T is one past the end.",
    fails="last_token_values",
)
def one_past_the_end(hidden):
    return hidden[:, hidden.shape[1]]


@wrong(
    "Takes the length of a vector for the number of positions",
    hint="`shape[-1]` is D, how many numbers a vector has. Which of the three sizes says how many positions there are?",
    fails=("last_token_values", "last_token_gradients"),
)
def width_for_length(hidden):
    return hidden[:, hidden.shape[-1] - 1]


@wrong(
    "Looks at a fixed number of positions only",
    hint="You cut sequences to a fixed length and take the last of what is left. They come in any length: count from the end.",
    fails="last_token_values",
)
def first_16_positions(hidden):
    return hidden[:, :16][:, -1]


@wrong(
    "Takes no position beyond a fixed one",
    hint="128 may be the longest sequence that you have in mind, but nobody said so. The last position is T - 1, whatever T is.",
    fails="last_token_values",
)
def position_127_at_most(hidden):
    return hidden[:, min(hidden.shape[1], 128) - 1]


@wrong(
    "Subtracts the sum of the others from the total",
    hint="The total minus the rest is the last vector on paper only. Where the rest is large, the digits of the last one are lost in the total. Take the vector itself.",
    fails="last_token_values",
)
def total_minus_the_rest(hidden):
    return hidden.sum(dim=1) - hidden[:, :-1].sum(dim=1)


@wrong(
    "Takes the difference of the last two running sums",
    hint="A running sum minus the one before it is the last vector on paper only. Where the sum is large, the digits of what was added last are lost. Take the vector itself.",
    fails="last_token_values",
)
def difference_of_running_sums(hidden):
    sums = torch.cat([torch.zeros_like(hidden[:, :1]), hidden.cumsum(dim=1)], dim=1)
    return sums[:, -1] - sums[:, -2]


@wrong(
    "Remembers what it gave for the same tensor",
    hint="Your cache asks whether the tensor is the same object. Its numbers may have changed since, in place. Take the vector anew in each call.",
    fails="last_token_values",
)
def remembers(hidden, seen={}):
    if hidden not in seen:
        seen[hidden] = hidden[:, -1].clone()
    return seen[hidden]


@wrong(
    "Cuts large numbers off",
    hint="You clamp the vectors. They are wanted as they are, however large.",
    fails="last_token_values",
)
def clamped(hidden):
    return hidden[:, -1].clamp(-100, 100)


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Where the tensor is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` copies with the history; or index the tensor as it is.",
    fails="last_token_gradients",
)
def copies_without_history(hidden):
    if not hidden.is_contiguous():
        hidden = torch.empty_like(hidden, memory_format=torch.contiguous_format).copy_(hidden.detach())
    return hidden[:, -1]


@wrong(
    "Cuts the result off where the last vectors are zero",
    hint="Where the numbers are all zero you return new zeros, which know nothing of where they came from. The gradient doesn't depend on the value: take the vector itself.",
    fails="last_token_gradients",
)
def new_zeros(hidden):
    last = hidden[:, -1]
    return last if last.any() else torch.zeros_like(last)


@wrong(
    "Counts the vectors that aren't zero, and takes that for the length",
    hint="You take vectors of zeros for padding behind the text. A hidden state may be zero, and every sequence has T positions: the last position is simply the last one.",
    fails="last_token_values",
)
def counts_what_is_not_zero(hidden):
    lengths = (hidden != 0).any(dim=-1).sum(dim=1)
    return hidden[torch.arange(len(hidden)), lengths - 1]


@wrong(
    "Takes a zero vector for padding, and skips it",
    hint="Nothing says that zeros stand for padding: a zero vector is a vector as any other. The last position is the last one, whatever it holds.",
    fails=("last_token_values", "last_token_gradients"),
)
def skips_zeros(hidden):
    real = (hidden != 0).any(-1)
    last = (real * torch.arange(1, hidden.shape[1] + 1)).argmax(1)
    return hidden[torch.arange(len(hidden)), last]


@wrong(
    "Drops every dimension of size one, and puts back that of the batch alone",
    hint="A vector may have a single number, too: then `squeeze()` drops its dimension. Name the one dimension that goes.",
    fails="last_token_values",
)
def puts_back_the_batch(hidden):
    last = hidden[:, -1:, :].squeeze()
    if hidden.shape[0] == 1:
        last = last.unsqueeze(0)
    return last
