"""Wrong answers to `attend(q, k, v)`; the first is handed out."""

import math

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Takes softmax over the queries instead of the keys",
    hint="The scores are `(..., Tq, Tk)`. For each query the shares of all keys must sum to 1, so softmax runs over the last dimension.",
    fails=("attend_values", "attend_gradients"),
)
def softmax_over_the_queries(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    weights = softmax(scores, dim=-2)
    return weights @ v


@wrong(
    "Takes softmax over dimension 1, whatever that is",
    hint="Dimension 1 of the scores is that of the queries in a batch, and that of the heads where there are heads. Where do the keys stand, counted from behind?",
    fails=("attend_values", "attend_gradients"),
)
def softmax_over_dimension_1(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    weights = softmax(scores, dim=1)
    return weights @ v


@wrong(
    "Mends the sums of the rows, but keeps the softmax over the queries",
    hint="Your rows sum to 1 now, but the weights are still made of scores of different queries. Take the softmax over the keys "
    "in the first place: then nothing has to be divided again.",
    fails=("attend_values", "attend_gradients"),
)
def divides_again(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    weights = softmax(scores, dim=-2)
    return weights / weights.sum(-1, keepdim=True) @ v


@wrong(
    "Turns the scores round and the weights back, so that the queries still compete",
    hint="Two transposes undo each other: softmax still runs over the queries. Write down the shape on which it runs.",
    fails=("attend_values", "attend_gradients"),
    like="softmax_over_the_queries",
)
def turned_twice(q, k, v):
    scores = k @ q.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return softmax(scores, dim=-1).transpose(-2, -1) @ v


@wrong(
    "Takes softmax over all scores at once",
    hint="Then all queries together share 1. Each query has a 1 of its own to give away.",
    fails=("attend_values", "attend_gradients"),
)
def over_all(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return softmax(scores.flatten(-2), dim=-1).reshape(scores.shape) @ v


@wrong(
    "Leaves out the division by the square root of D",
    hint="The softmax is right now, but the scores are too large: each is a sum of D products. What did `attention_scores` divide by?",
    fails=("attend_values", "attend_gradients"),
)
def not_scaled(q, k, v):
    return softmax(q @ k.transpose(-2, -1), dim=-1) @ v


@wrong(
    "Divides by D instead of its square root",
    hint="The size of a sum of D products grows with the square root of D, so that is what to divide by.",
    fails=("attend_values", "attend_gradients"),
)
def divides_by_d(q, k, v):
    return softmax(q @ k.transpose(-2, -1) / q.shape[-1], dim=-1) @ v


@wrong(
    "Divides by the square root of the number of keys",
    hint="The number of keys, `k.shape[-2]`, has no part in the size of a score. What grows is the dot product, with the number of entries of a vector.",
    fails=("attend_values", "attend_gradients"),
)
def scaled_by_the_keys(q, k, v):
    return softmax(q @ k.transpose(-2, -1) / math.sqrt(k.shape[-2]), dim=-1) @ v


@wrong(
    "Masks the future, which nobody asked for",
    hint="Here every query may see every key. The mask belongs in `causal_attention_weights`.",
    fails=("attend_values", "attend_gradients"),
)
def causal(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf), dim=-1) @ v


@wrong(
    "Gives the weights, and forgets the values",
    hint="The weights say how much of each value to take. Take it: multiply them by `v`.",
    fails=("attend_values", "attend_gradients"),
)
def forgets_the_values(q, k, v):
    return softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), dim=-1)


@wrong(
    "Transposes with .T, which turns all dimensions round",
    hint="`.T` reverses every dimension, batch included. `transpose(-2, -1)` swaps the last two.",
    fails=("attend_values", "attend_gradients"),
)
def capital_t(q, k, v):
    return softmax(q @ k.T / math.sqrt(q.shape[-1]), dim=-1) @ v


@wrong(
    "Writes the softmax out without the largest score subtracted",
    hint="Scores above 88 overflow in `exp`. Your own `softmax` from this notebook is made for that.",
    fails="attend_values",
)
def plain_formula(q, k, v):
    exps = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).exp()
    return exps / exps.sum(-1, keepdim=True) @ v


@wrong(
    "Scales q in place",
    hint="The caller's `q` changes, as by `q /= ...` or a method with an underscore. `q = q / ...` makes a new one.",
    fails=("attend_values", "attend_gradients"),
)
def in_place(q, k, v):
    q /= math.sqrt(q.shape[-1])
    return softmax(q @ k.transpose(-2, -1), dim=-1) @ v


@wrong(
    "Cuts the weights off from q and k",
    hint="Without gradients through the weights the model can't learn what to attend to. Leave `detach` and `no_grad` out.",
    fails="attend_gradients",
)
def detached_weights(q, k, v):
    return softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), dim=-1).detach() @ v


@wrong(
    "Calls F.scaled_dot_product_attention",
    hint="That is all of attention, ready-made. Mend the function by your own `softmax`.",
    fails=("attend_values", "attend_gradients"),
)
def ready_made(q, k, v):
    return F.scaled_dot_product_attention(q, k, v)


@wrong(
    "Handles three dimensions at most",
    hint="`(..., Tq, D)`: any number of dimensions may come before the last two. `transpose(-2, -1)` and `@` take them as they are.",
    fails="attend_values",
)
def three_dimensions_at_most(q, k, v):
    turned = k.permute(0, 2, 1) if k.dim() == 3 else k.t()
    return softmax(q @ turned / math.sqrt(q.shape[-1]), dim=-1) @ v


@wrong(
    "Changes the caller's keys by their mean",
    hint="The softmax is the same whatever is added to all keys, but something writes it into the caller's tensor, as `k -= ...` does, also under `no_grad`.",
    fails="attend_values",
)
def centres_the_keys(q, k, v):
    with torch.no_grad():
        k -= k.mean(-2, keepdim=True)
    return softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), dim=-1) @ v


@wrong(
    "Swaps the first two dimensions of the keys",
    hint="`transpose(0, 1)` is right without a batch. With one in front, it swaps batch and tokens. Count from the end.",
    fails=("attend_values", "attend_gradients"),
)
def swaps_0_and_1(q, k, v):
    scores = q @ k.transpose(0, 1) / math.sqrt(q.shape[-1])
    return softmax(scores, dim=-1) @ v


@wrong(
    "Multiplies the weights with the values entry by entry",
    hint="The weights are `(..., Tq, Tk)` and the values `(..., Tk, Dv)`. For each query the values of all keys are mixed, each by its weight: that is a sum of products, which `@` gives.",
    fails=("attend_values", "attend_gradients"),
)
def entry_by_entry(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return softmax(scores, dim=-1) * v


@wrong(
    "Keeps the keys and values of earlier calls",
    hint="Each call stands alone: its queries look at the keys that it was given, and at no others. Keep nothing from call to call.",
    fails="attend_values",
)
def keys_of_earlier_calls(q, k, v, kept={}):
    if not q.requires_grad:
        before = kept.get((k.shape, v.shape, k.dtype))
        kept[k.shape, v.shape, k.dtype] = k, v
        if before:
            k, v = (torch.cat(both, -2) for both in zip(before, (k, v)))
    return softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, -1) @ v


@wrong(
    "Remembers the transposed keys",
    hint="You keep a copy of the keys from an earlier call and take the same tensor for the same numbers. Its numbers may have changed since. Transpose anew in each call; it costs nothing.",
    fails="attend_values",
)
def remembers_the_keys(q, k, v, seen={}):
    if k not in seen:
        seen[k] = k.transpose(-2, -1).contiguous()
    return softmax(q @ seen[k] / q.shape[-1] ** 0.5, -1) @ v


@wrong(
    "Flattens the leading dimensions with view",
    hint="`view` needs numbers that lie in memory in the order of the rows. Keys and values that were split into heads don't. `reshape` copies where it has to, and `@` needs no flattening.",
    fails="attend_values",
)
def flattens_with_view(q, k, v):
    q, k, v = q.contiguous(), k.view(-1, *k.shape[-2:]).view(k.shape), v.view(-1, *v.shape[-2:]).view(v.shape)
    return softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, -1) @ v


@wrong(
    "Reads values as if they lay in memory row by row",
    hint="A transposed or sliced tensor's numbers lie in another order than they are read. `as_strided`, or what goes through the memory itself, takes no notice of that. Use the tensor as it is.",
    fails="attend_values",
)
def values_as_they_lie(q, k, v):
    v = torch.as_strided(v, v.shape, torch.empty(v.shape).stride()) if q.is_contiguous() else v
    return softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, -1) @ v


@wrong(
    "Reads keys as if they lay in memory row by row",
    hint="A transposed or sliced tensor's numbers lie in another order than they are read. `as_strided`, or what goes through the memory itself, takes no notice of that. Use the tensor as it is.",
    fails="attend_values",
)
def keys_as_they_lie(q, k, v):
    k = torch.as_strided(k, k.shape, torch.empty(k.shape).stride()) if q.is_contiguous() else k
    return softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, -1) @ v


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Where a tensor is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` copies with the history; or compute with the tensor as it is.",
    fails="attend_gradients",
)
def copies_without_history(q, k, v):
    q, k, v = (t if t.is_contiguous() else t.detach().contiguous() for t in (q, k, v))
    return softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, -1) @ v


@wrong(
    "Divides by the square root of the values' size",
    hint="Scores are sums over the entries of `q` and `k`, so `D` is theirs. `v` may have another size.",
    fails="attend_values",
)
def scaled_by_the_values(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(v.shape[-1])
    return softmax(scores, dim=-1) @ v


@wrong(
    "Divides the shares instead of the scores",
    hint="The division by the square root of `D` belongs before the softmax: behind it, the shares no longer sum to 1.",
    fails="attend_values",
)
def scales_the_shares(q, k, v):
    weights = softmax(q @ k.transpose(-2, -1), dim=-1) / math.sqrt(q.shape[-1])
    return weights @ v


@wrong(
    "Hides later keys where there are as many queries as keys",
    hint="Nothing here says that a query may look back only: every query sees every key. The causal mask belongs to the model, where queries and keys are the same positions.",
    fails="attend_values",
)
def causal_where_square(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if scores.shape[-2] == scores.shape[-1]:
        return causal_attention_weights(scores) @ v
    return softmax(scores, dim=-1) @ v
