"""Wrong answers to `top_k_probs(logits, k)`."""

import math

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Takes the softmax first and cuts off afterwards, so that rows no longer sum to 1",
    hint="What is cut off leaves a gap. Cut the logits, then share out among those that are left.",
    fails="top_k_probs_values",
)
def cut_afterwards(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    probs = softmax(logits, -1)
    return probs.masked_fill(probs < probs.topk(k, -1).values[..., -1:], 0)


@wrong(
    "Gives the k probabilities alone, without the zeros",
    hint="The result has the shape of the logits: each of the V tokens keeps its place.",
    fails="top_k_probs_values",
)
def without_the_others(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    return softmax(logits.topk(k, -1).values, -1)


@wrong(
    "Puts the k probabilities first, and the zeros behind them",
    hint="The numbers are right, but sorted: `topk` gives the largest first. Each token keeps its place in the vocabulary, and `topk` also tells you which places these are.",
    fails="top_k_probs_values",
)
def largest_first(logits, k):
    V = logits.shape[-1]
    if not 1 <= k <= V:
        raise ValueError("k")
    return F.pad(softmax(logits.topk(k, -1).values, -1), (0, V - k))


@wrong(
    "Sets the other logits to 0 instead of -inf",
    hint="$e^0$ is 1: a logit of 0 still gets a share. Which logit gets none?",
    fails="top_k_probs_values",
)
def zeros_for_the_others(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    return softmax(logits.masked_fill(logits < logits.topk(k, -1).values[..., -1:], 0), -1)


@wrong(
    "Keeps the k smallest logits",
    hint="The k likeliest tokens have the largest logits.",
    fails="top_k_probs_values",
)
def smallest(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    return softmax(logits.masked_fill(logits > logits.topk(k, -1, largest=False).values[..., -1:], -math.inf), -1)


@wrong(
    "Takes any k, without ValueError",
    hint="For `k` below 1 or above V raise `ValueError`, before anything else.",
    fails="top_k_probs_values",
)
def any_k(logits, k):
    k = max(1, min(k, logits.shape[-1]))
    return softmax(logits.masked_fill(logits < logits.topk(k, -1).values[..., -1:], -math.inf), -1)


@wrong(
    "Cuts at one limit for the whole tensor",
    hint="Each row has k largest logits of its own; flattening makes all rows compete.",
    fails="top_k_probs_values",
)
def one_limit_for_all(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    return softmax(logits.masked_fill(logits < logits.flatten().topk(k).values[-1], -math.inf), -1)


@wrong(
    "Overwrites the logits in place",
    hint="The caller's logits hold -inf after the call: a method whose name ends in an underscore, such as `masked_fill_`, or an assignment to `logits[...]` writes into them.",
    fails="top_k_probs_values",
)
def in_place(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    with torch.no_grad():
        logits.masked_fill_(logits < logits.topk(k, -1).values[..., -1:], -math.inf)
    return softmax(logits, -1)


@wrong(
    "Cuts the result off from the logits",
    hint="Leave `detach` and `no_grad` out: gradients flow from the probabilities to the logits.",
    fails="top_k_probs_values",
)
def detached(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    return softmax(logits.masked_fill(logits < logits.topk(k, -1).values[..., -1:], -math.inf), -1).detach()


@wrong(
    "Sets the other logits to a large negative number instead of -inf",
    hint="Where the kept logits are that low themselves, your number still gets a share. Which logit gets none, whatever the others are?",
    fails="top_k_probs_values",
)
def minus_1e4_for_the_others(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    return softmax(logits.masked_fill(logits < logits.topk(k, -1).values[..., -1:], -1e4), -1)


@wrong(
    "Remembers the likeliest by the tensor that it was given",
    hint="You keep the largest logits and ask whether it is the same tensor object. Its numbers may have changed since. Look anew in each call.",
    fails="top_k_probs_values",
)
def remembers(logits, k, seen={}):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k is out of range")
    if (logits, k) not in seen:
        seen[logits, k] = logits.topk(k, -1)
    values, ids = seen[logits, k]
    return torch.zeros_like(logits).scatter(-1, ids, softmax(values, -1))


@wrong(
    "Keeps one token too many",
    hint="Place `k` of the sorted logits is the one behind the k likeliest, since places count from 0. The last that stays is at `k - 1`.",
    fails="top_k_probs_values",
)
def one_too_many(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    ordered = logits.sort(dim=-1, descending=True).values
    last = ordered[..., min(k, logits.shape[-1] - 1)].unsqueeze(-1)
    return softmax(logits.masked_fill(logits < last, -math.inf), dim=-1)


@wrong(
    "Takes the limit of the whole batch",
    hint="The least of all rows' limits lets more than k tokens of the other rows through. Each row has its own: keep its dimension, `[..., -1:]`.",
    fails="top_k_probs_values",
)
def least_limit_for_all(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    limit = logits.topk(k, dim=-1).values.min()
    return softmax(logits.masked_fill(logits < limit, -math.inf), dim=-1)


@wrong(
    "Takes the k-th largest logit out as well",
    hint="The k-th largest is one of the `k` that stay: only what is below it goes. With `k = 1` yours has nobody left, and 0 / 0 is nan.",
    fails="top_k_probs_values",
)
def one_too_few(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    return softmax(logits.masked_fill(logits <= logits.topk(k, -1).values[..., -1:], -math.inf), -1)


@wrong(
    "Compares with limits that have lost their dimension",
    hint="One limit a row is `(...)`, and broadcasting lines it up from the right: column `j` meets the limit of row `j`, or nothing fits. Keep the dimension, with size 1.",
    fails="top_k_probs_values",
)
def limits_without_dimension(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k")
    return softmax(logits.masked_fill(logits < logits.topk(k, -1).values[..., -1], -math.inf), -1)


@wrong(
    "Takes a logit of 0 for one that was dropped",
    hint="0 marks what isn't kept, and then each 0 becomes -inf. But a logit that is kept may be 0 itself. Start from -inf and put the kept ones in, or use a mask.",
    fails="top_k_probs_values",
)
def zero_as_the_mark(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k is out of range")
    best = logits.topk(k, dim=-1)
    kept = torch.zeros_like(logits).scatter(-1, best.indices, best.values)
    return softmax(kept.masked_fill(kept == 0, -math.inf), dim=-1)


@wrong(
    "Keeps in every row what any of the rows keeps",
    hint="`x[..., ids]` takes the columns of all the ids, in each row anew: it doesn't pair row 0 with the ids of row 0. `gather` and `scatter` along the last dimension do.",
    fails="top_k_probs_values",
)
def columns_of_all_rows(logits, k):
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k is out of range")
    ids = logits.topk(k, dim=-1).indices
    kept = torch.full_like(logits, -math.inf)
    kept[..., ids] = logits[..., ids]
    return softmax(kept, dim=-1)


@wrong(
    "Takes a `k` that is too large for all there are",
    hint="A `k` above V is cut down to V. The task asks for a `ValueError`: who asks for more tokens than there are has made a mistake, and should learn of it.",
    fails="top_k_probs_values",
)
def too_many_is_all(logits, k):
    if k < 1:
        raise ValueError("k is out of range")
    k = min(k, logits.shape[-1])
    dropped = torch.ones_like(logits, dtype=torch.bool).scatter(-1, logits.topk(k, dim=-1).indices, False)
    return softmax(logits.masked_fill(dropped, -math.inf), dim=-1)
