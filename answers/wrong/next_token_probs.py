"""Wrong answers to `next_token_probs(logits)`."""

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Takes the first position",
    hint="Position 0 has seen the first token only. Which position has seen the whole text?",
    fails="next_token_probs_values",
)
def first_position(logits):
    return softmax(logits[:, 0], dim=-1)


@wrong(
    "Takes the position before the last",
    hint="Position t already scores what comes *after* token t. No further step back is needed.",
    fails="next_token_probs_values",
)
def second_to_last(logits):
    return softmax(logits[:, max(logits.shape[1] - 2, 0)], dim=-1)


@wrong(
    "Takes the last sequence of the batch",
    hint="`logits[-1]` indexes the first dimension, the batch. The position is the second one.",
    fails="next_token_probs_values",
)
def last_sequence(logits):
    return softmax(logits[-1], dim=-1)


@wrong(
    "Takes the last token of the vocabulary",
    hint="`logits[..., -1]` indexes the vocabulary. What should be left is one number per token of it.",
    fails="next_token_probs_values",
)
def last_of_the_vocabulary(logits):
    return softmax(logits[..., -1], dim=-1)


@wrong(
    "Averages the logits over all positions",
    hint="Each position answers another question: what comes after its own token. Only one of them asks about the end of the text.",
    fails="next_token_probs_values",
)
def mean_of_logits(logits):
    return softmax(logits.mean(dim=1), dim=-1)


@wrong(
    "Averages the probabilities over all positions",
    hint="The earlier positions predict tokens that are already there. Only the last one predicts the next.",
    fails="next_token_probs_values",
)
def mean_of_probabilities(logits):
    return softmax(logits, dim=-1).mean(dim=1)


@wrong(
    "Normalises over the positions, then takes the last",
    hint="Your rows don't sum to 1: the positions competed with one another instead of the tokens.",
    fails="next_token_probs_values",
)
def over_positions(logits):
    return softmax(logits, dim=1)[:, -1]


@wrong(
    "Normalises over the batch",
    hint="After the position is picked, dimension 0 is the batch. Sequences of a batch don't compete; the tokens of the vocabulary do.",
    fails="next_token_probs_values",
)
def over_the_batch(logits):
    return softmax(logits[:, -1], dim=0)


@wrong(
    "Normalises over all sequences together",
    hint="The whole result sums to 1. Each row should.",
    fails="next_token_probs_values",
)
def over_everything(logits):
    last = logits[:, -1]
    return softmax(last.reshape(-1), dim=0).reshape(last.shape)


@wrong(
    "Gives all positions",
    hint="You return (B, T, V). Only the distribution at the last position is asked for: (B, V).",
    fails="next_token_probs_values",
)
def all_positions(logits):
    return softmax(logits, dim=-1)


@wrong(
    "Keeps a position dimension of size 1",
    hint="`logits[:, -1:]` is a slice, and a slice keeps its dimension: (B, 1, V). A plain index removes it.",
    fails="next_token_probs_values",
)
def keeps_the_position(logits):
    return softmax(logits[:, -1:], dim=-1)


@wrong(
    "Squeezes every dimension of size 1",
    hint="`squeeze()` without an argument removes the batch too when it has one sequence. Say which dimension should go, or index.",
    fails="next_token_probs_values",
)
def squeezes_everything(logits):
    return softmax(logits[:, -1:], dim=-1).squeeze()


@wrong(
    "Removes the batch dimension, as for a single sequence",
    hint="You return the first sequence alone. The caller has a batch, and wants one row for each.",
    fails="next_token_probs_values",
)
def first_sequence_only(logits):
    return softmax(logits[0, -1], dim=-1)


@wrong(
    "Gives the logits themselves",
    hint="These are raw scores: they may be negative and don't sum to 1. What turns them into probabilities?",
    fails="next_token_probs_values",
)
def raw_logits(logits):
    return logits[:, -1]


@wrong(
    "Gives the logarithms of the probabilities",
    hint="All your numbers are negative: take the exponential, or use your own `softmax`.",
    fails="next_token_probs_values",
)
def logarithms(logits):
    return softmax(logits[:, -1], dim=-1).log()


@wrong(
    "Applies softmax twice",
    hint="The second softmax takes probabilities for logits and flattens them. Once is enough.",
    fails="next_token_probs_values",
)
def twice(logits):
    return softmax(softmax(logits, dim=-1)[:, -1], dim=-1)


@wrong(
    "Gives 1 to the likeliest token and 0 to the others",
    hint="You give the model's favourite, but what is asked for is how likely each token is.",
    fails="next_token_probs_values",
)
def hard_maximum(logits):
    return F.one_hot(logits[:, -1].argmax(-1), logits.shape[-1]).to(logits.dtype)


@wrong(
    "Gives the id of the likeliest token",
    hint="An `argmax` is one id a row. The whole distribution is asked for: (B, V).",
    fails="next_token_probs_values",
)
def likeliest_id(logits):
    return logits[:, -1].argmax(-1)


@wrong(
    "Returns float32, whatever went in",
    hint="float64 logits should give float64 probabilities. Where does your code convert?",
    fails="next_token_probs_values",
)
def always_float32(logits):
    return softmax(logits[:, -1].float(), dim=-1)


@wrong(
    "Takes the exponential of the raw logits",
    hint="Large logits overflow again here. Your own `softmax` already takes care of them: use it.",
    fails="next_token_probs_values",
)
def without_shift(logits):
    exps = logits[:, -1].exp()
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Shifts the caller's logits in place",
    hint="After the call the caller's last position has changed. `logits[:, -1]` is a view: an in-place operation on it reaches the original.",
    fails="next_token_probs_values",
)
def shifts_in_place(logits):
    with torch.no_grad():
        logits[:, -1] -= logits[:, -1].amax(-1, keepdim=True)
    exps = torch.exp(logits[:, -1])
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Lets no gradient back to the logits",
    hint="The values are right, but no gradient reaches the logits: look for `no_grad`, `detach()`, `.data` or numbers from `.item()` or `tolist()`. For generating text alone, the caller can switch gradients off.",
    fails="next_token_probs_gradients",
)
def under_no_grad(logits):
    with torch.no_grad():
        return softmax(logits[:, -1], dim=-1)


@wrong(
    "Calls torch.softmax",
    hint="Use your own `softmax` from above: the built-in is ruled out in this whole notebook.",
    fails=("next_token_probs_values", "next_token_probs_gradients"),
)
def torch_softmax(logits):
    return torch.softmax(logits[:, -1], dim=-1)


@wrong(
    "Subtracts one maximum for the whole batch",
    hint="One `max()` for all rows leaves a row far below the batch's largest logit only zeros to share. Each row needs its own maximum.",
    fails="next_token_probs_values",
)
def maximum_of_the_batch(logits):
    last = logits[:, -1]
    exps = (last - last.max()).exp()
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Subtracts the logsumexp, and stops at the logarithms",
    hint="All your numbers are negative: they are the logarithms of the probabilities. Take the exponential, or use your own `softmax`.",
    fails="next_token_probs_values",
)
def stops_at_the_logarithms(logits):
    last = logits[:, -1]
    return last - torch.logsumexp(last, dim=-1, keepdim=True)


@wrong(
    "Takes no position beyond a fixed one",
    hint="You cut sequences to a fixed length. The last position is T - 1, whatever T is.",
    fails="next_token_probs_values",
    constants=("16", "8", "32", "64", "128"),
)
def position_15_at_most(logits):
    return softmax(logits[:, min(logits.shape[1], 16) - 1], dim=-1)


@wrong(
    "Has room for a fixed number of sequences",
    hint="Your result ends after a fixed number of sequences. A batch may hold any number.",
    fails="next_token_probs_values",
)
def eight_sequences(logits):
    return softmax(logits[:8, -1], dim=-1)


@wrong(
    "Takes a logit of 0 for padding",
    hint="A logit of 0 is a number like any other, larger than -1 and smaller than 1. Only -inf is out of the race.",
    fails="next_token_probs_values",
)
def zero_is_padding(logits):
    last = logits[:, -1]
    return softmax(last.masked_fill((last == 0) & last.any(-1, keepdim=True), -math.inf), dim=-1)


@wrong(
    "Takes the last position that isn't zero",
    hint="You take logits that are all zero, or sum to zero, for padding. Nobody said that they are: the last position counts, whatever stands there.",
    fails="next_token_probs_values",
)
def last_that_is_not_zero(logits):
    filled = logits.sum(dim=-1) != 0
    last = [int(row.nonzero()[-1]) if row.any() else -1 for row in filled]
    return softmax(torch.stack([sequence[t] for sequence, t in zip(logits, last)]), dim=-1)


@wrong(
    "Cuts small probabilities to 0",
    hint="A probability of one in a million is small, but it's not nothing: its logarithm, which the loss needs, is finite.",
    fails="next_token_probs_values",
    constants=("1e-6", "1e-5", "1e-7", "1e-8", "1e-9", "1e-10"),
)
def cuts_small_probabilities(logits):
    probs = softmax(logits[:, -1], dim=-1)
    return torch.where(probs < 1e-6, torch.zeros_like(probs), probs)


@wrong(
    "Remembers the distribution of a tensor that it has seen",
    hint="What you keep goes by the tensor, and not by its numbers, which may have changed since, in place. Compute anew in each call.",
    fails="next_token_probs_values",
)
def remembers(logits, seen={}):
    if logits not in seen:
        seen[logits] = softmax(logits[:, -1], dim=-1)
    return seen[logits]


@wrong(
    "Subtracts the other positions from the total",
    hint="The total minus the rest is the last position on paper only. Where the rest is large, the digits of the last one are lost in the total. Take the position itself.",
    fails="next_token_probs_values",
)
def total_minus_the_rest(logits):
    return softmax(logits.sum(1) - logits[:, :-1].sum(1), dim=-1)


@wrong(
    "Gives the last token what the others leave",
    hint="1 minus the rest is the last probability on paper only. Where it's small, its digits are lost in the 1.",
    fails="next_token_probs_values",
)
def one_minus_the_rest(logits):
    first = softmax(logits[:, -1], dim=-1)[:, :-1]
    return torch.cat([first, 1 - first.sum(-1, keepdim=True)], dim=-1)


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Where the tensor is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` copies with the history; or compute with the tensor as it is.",
    fails="next_token_probs_gradients",
)
def copies_without_history(logits):
    if not logits.is_contiguous():
        logits = torch.empty(logits.shape, dtype=logits.dtype).copy_(logits.detach())
    return softmax(logits[:, -1], dim=-1)


@wrong(
    "Remembers a distribution by the sum of the logits",
    hint="Your cache takes the same sum for the same logits. The same numbers in another order have it too. Compute anew in each call.",
    fails="next_token_probs_values",
)
def remembers_by_the_sum(logits, seen={}):
    key = round(logits.double().sum().item(), 3), logits.shape, logits.dtype
    if logits.requires_grad or key not in seen:
        seen[key] = softmax(logits[:, -1], -1)
    return seen[key]


@wrong(
    "Gives the probabilities in order of size",
    hint="They are sorted, the likeliest first. But the place tells which token a probability belongs to: number `v` is that of token `v`.",
    fails=("next_token_probs_values", "next_token_probs_gradients"),
)
def likeliest_first(logits):
    return softmax(logits[:, -1, :], dim=-1).sort(dim=-1, descending=True).values


@wrong(
    "Subtracts the largest logit of the whole sequence",
    hint="An earlier position may have logits so large that everything at the last one vanishes beside them, and 0 is divided by 0. Cut out the last position first, and subtract each row's own largest.",
    fails="next_token_probs_values",
)
def largest_of_all_positions(logits):
    exps = (logits - logits.flatten(1).amax(dim=1)[:, None, None]).exp()
    return (exps / exps.sum(dim=-1, keepdim=True))[:, -1]


@wrong(
    "Takes a sigmoid of each logit by itself",
    hint="Each of your numbers lies between 0 and 1, but the tokens don't compete: together they don't add up to 1. Which function shares 1 among all of them?",
    fails=("next_token_probs_values", "next_token_probs_gradients"),
)
def sigmoid(logits):
    return torch.sigmoid(logits[:, -1])


@wrong(
    "Divides the logits by their sum, without the exponential",
    hint="A logit may be negative, and their sum may be 0. A softmax shares out the *exponentials* of the logits.",
    fails=("next_token_probs_values", "next_token_probs_gradients"),
)
def without_exp(logits):
    return logits[:, -1] / logits[:, -1].sum(-1, keepdim=True)
