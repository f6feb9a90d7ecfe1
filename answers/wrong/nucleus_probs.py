"""Wrong answers to `nucleus_probs(logits, p)`."""

import math

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Leaves out the token that reaches p",
    hint="The fewest that *reach* `p` together: the one with which the sum gets there stays, too. (And one always stays.)",
    fails="nucleus_probs_values",
)
def one_too_few(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (probs.cumsum(dim=-1) < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Leaves out the token that reaches p, unless it is the first",
    hint="That at least one stays is right. But the one with which the sum reaches `p` always stays, first or not.",
    fails="nucleus_probs_values",
)
def one_too_few_but_one(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * ((probs.cumsum(dim=-1) < p) | (before == 0))
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Keeps one token too many",
    hint="Once the sum has reached `p`, nothing more is taken. What do the tokens *before* this one have together?",
    fails="nucleus_probs_values",
)
def one_too_many(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    before = torch.cat([before[..., :1], before[..., :-1]], dim=-1)
    kept = probs * (before < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Cuts, and doesn't share out again",
    hint="What is cut off leaves a gap: divide what stays by its sum.",
    fails="nucleus_probs_values",
)
def not_renormalised(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (before < p)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Leaves the probabilities sorted",
    hint="Each token keeps its place. `sort` gives the order, too: put each back where it came from, with `scatter`.",
    fails="nucleus_probs_values",
)
def sorted_out(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (before < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return kept


@wrong(
    "Puts the probabilities back with `gather` instead of `scatter`",
    hint="`gather(order)` sorts once more. To put a thing back to where it came from is `scatter(order)`.",
    fails="nucleus_probs_values",
)
def gathered_back(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (before < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return kept.gather(-1, order)


@wrong(
    "Takes the unlikeliest first",
    hint="The nucleus is made of the likeliest: sort with `descending=True`.",
    fails="nucleus_probs_values",
)
def ascending(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=False)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (before < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Keeps every token whose own probability reaches a limit",
    hint="`p` is what they have *together*, and not what each has alone.",
    fails="nucleus_probs_values",
)
def limit_for_each(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs = logits.softmax(dim=-1)
    kept = probs * (probs >= (1 - p) * probs.amax(dim=-1, keepdim=True))
    return kept / kept.sum(dim=-1, keepdim=True)


@wrong(
    "Keeps a share p of all tokens",
    hint="`p` is a share of the probability, and not of the number of tokens.",
    fails="nucleus_probs_values",
)
def share_of_the_vocabulary(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (torch.arange(logits.shape[-1]) < p * logits.shape[-1])
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Cuts at one limit for the whole tensor",
    hint="Each row has a nucleus of its own: sums run along the last dimension.",
    fails="nucleus_probs_values",
)
def one_nucleus_for_all(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs = logits.softmax(dim=-1)
    first = probs.reshape(-1, probs.shape[-1])[0].sort(descending=True).values
    least = first[(first.cumsum(-1) - first) < p].min()
    kept = probs * (probs >= least)
    return kept / kept.sum(dim=-1, keepdim=True)


@wrong(
    "Adds up the logits",
    hint="Take the softmax first: `p` is reached by probabilities.",
    fails="nucleus_probs_values",
)
def sums_of_logits(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    raw, order = logits.sort(dim=-1, descending=True)
    probs = raw.softmax(dim=-1)
    before = raw.cumsum(dim=-1) - raw
    kept = probs * (before < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Sets the other logits to 0 instead of -inf",
    hint="$e^0$ is 1: a logit of 0 still gets a share. Which logit gets none?",
    fails="nucleus_probs_values",
)
def logits_at_zero(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    dropped = torch.zeros_like(probs).scatter(-1, order, (before >= p).to(probs.dtype)) > 0
    return logits.masked_fill(dropped, 0.0).softmax(dim=-1)


@wrong(
    "Takes any p, without `ValueError`",
    hint="For a `p` of 0 or less, or above 1, raise `ValueError`, before anything else.",
    fails="nucleus_probs_values",
)
def any_p(logits, p):
    p = max(1e-9, min(p, 1.0))
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (before < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Refuses p = 1",
    hint="`p = 1` leaves everything as it is: it is allowed.",
    fails="nucleus_probs_values",
)
def refuses_1(logits, p):
    if not 0 < p < 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (before < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Overwrites the logits in place",
    hint="The caller's logits have changed after your call, as a method with an underscore, such as `copy_`, changes them. Make a new tensor.",
    fails="nucleus_probs_values",
)
def overwrites(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    with torch.no_grad():
        logits.copy_(logits - logits.amax(dim=-1, keepdim=True))
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (before < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Cuts the result off from the logits",
    hint="Gradients flow from the probabilities to the logits: leave `detach` and `no_grad` out.",
    fails="nucleus_probs_values",
)
def detached(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (before < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept).detach()


@wrong(
    "Remembers the order by the tensor that it was given",
    hint="The numbers in it may have changed since. Sort anew in each call.",
    fails="nucleus_probs_values",
)
def remembers(logits, p, seen={}):
    if not 0 < p <= 1:
        raise ValueError("p")
    if (logits, p) not in seen:
        seen[logits, p] = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    probs, order = seen[logits, p]
    before = probs.cumsum(dim=-1) - probs
    kept = probs * (before < p)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Accepts a p above 1",
    hint="Probabilities reach 1 together and no more. Refuse a larger `p` as you refuse 0: `not 0 < p <= 1`.",
    fails="nucleus_probs_values",
)
def accepts_more_than_1(logits, p):
    if p <= 0:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    kept = probs * (probs.cumsum(dim=-1) - probs < p)
    return torch.zeros_like(probs).scatter(-1, order, kept / kept.sum(dim=-1, keepdim=True))


@wrong(
    "Sets what it cuts to -inf in the caller's own logits",
    hint="The caller's logits hold -inf after your call, as `logits[...] = ...` or `masked_fill_` write it. `masked_fill`, without an underscore, gives a new tensor.",
    fails="nucleus_probs_values",
)
def cuts_in_place(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    cut = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, probs.cumsum(dim=-1) - probs >= p)
    logits[cut] = -math.inf
    return logits.softmax(dim=-1)


@wrong(
    "Collects the result in float32, whatever comes in",
    hint="The result is float32, as where you store it in `torch.zeros(shape)`. `torch.zeros_like(probs)` has the dtype of what comes in.",
    fails="nucleus_probs_values",
)
def float32_result(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    kept = probs * (probs.cumsum(dim=-1) - probs < p)
    result = torch.zeros(logits.shape).scatter(-1, order, kept.float())
    return result / result.sum(dim=-1, keepdim=True)


@wrong(
    "Applies a softmax to the probabilities that are kept",
    hint="They are probabilities already, and a softmax makes $e^0 = 1$ of a 0, so what was cut comes back. Divide by their sum.",
    fails="nucleus_probs_values",
)
def softmax_again(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    kept = probs * (probs.cumsum(dim=-1) - probs < p)
    return torch.zeros_like(kept).scatter(-1, order, kept).softmax(dim=-1)


@wrong(
    "Keeps one token where rounding keeps the sum below p",
    hint="The sum of all may end at 0.9999999. For `p = 1` then nothing in `cumsum >= p` is true, and `argmax` of that is 0. Ask of each token whether the sum *before* it is below `p`.",
    fails="nucleus_probs_values",
)
def argmax_of_reached(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    last = (probs.cumsum(dim=-1) >= p).int().argmax(dim=-1, keepdim=True)
    kept = probs * (torch.arange(probs.shape[-1]) <= last)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Keeps as many tokens in every row as in the first",
    hint="Each row reaches `p` with a number of tokens of its own: compare row by row, along the last dimension.",
    fails="nucleus_probs_values",
)
def count_of_the_first_row(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    first = probs.reshape(-1, probs.shape[-1])[0]
    kept = probs * (torch.arange(len(first)) < (first.cumsum(dim=-1) - first < p).sum())
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)


@wrong(
    "Keeps the tokens whose own probability is p or more",
    hint="`p` is what the likeliest tokens have *together*: one by itself may have less than `p`, and yet something must stay. Add the probabilities up, the largest first.",
    fails="nucleus_probs_values",
)
def p_for_each(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs = logits.softmax(dim=-1)
    kept = probs * (probs >= p)
    return kept / kept.sum(dim=-1, keepdim=True)


@wrong(
    "Keeps the tokens that are at least p times as likely as the likeliest",
    hint="That compares each token with the likeliest, by itself. `p` is what the likeliest tokens have *together*: which of them do you take first, and when is it enough?",
    fails="nucleus_probs_values",
)
def p_of_the_likeliest(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p")
    probs = logits.softmax(dim=-1)
    kept = probs * (probs >= p * probs.amax(dim=-1, keepdim=True))
    return kept / kept.sum(dim=-1, keepdim=True)


@wrong(
    "Keeps as many in each row as the row that needs most",
    hint="You count how many tokens each row needs, and keep the largest of these counts in all rows. Each row has a count of its own: `topk` with one number can't do that, a mask can.",
    fails="nucleus_probs_values",
)
def one_count_for_all_rows(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p must be above 0 and at most 1")
    probs = logits.softmax(dim=-1)
    if p == 1:
        return probs
    running = probs.sort(dim=-1, descending=True).values.cumsum(dim=-1)
    best = probs.topk(min(int((running < p).sum(dim=-1).max()) + 1, probs.shape[-1]), dim=-1)
    kept = torch.zeros_like(probs).scatter(-1, best.indices, best.values)
    return kept / kept.sum(dim=-1, keepdim=True)
