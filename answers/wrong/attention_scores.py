"""Wrong answers to `attention_scores(q, k)`."""

import math

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Does not divide by the square root of the width",
    hint="These are the raw dot products. With a width of 64 they are 8 times larger than the exercise asks for, "
    "and softmax would pick one token only.",
    fails="attention_scores_values",
)
def unscaled(q, k):
    return q @ k.transpose(-2, -1)


@wrong(
    "Divides by the width instead of its square root",
    hint="The dot product's spread grows with the *square root* of the width. Dividing by all of it makes long "
    "vectors all look alike. To divide queries and keys by the root, both of them, comes to the same: one is enough.",
    fails="attention_scores_values",
)
def divides_by_the_width(q, k):
    return q @ k.transpose(-2, -1) / q.shape[-1]


@wrong(
    "Scales both the queries and the keys by the square root",
    hint="You divide the queries by the square root of the width, and the keys as well. In the product that is "
    "dividing by the width. One of them is enough.",
    fails="attention_scores_values",
    like="divides_by_the_width",
)
def scales_twice(q, k):
    root = math.sqrt(q.shape[-1])
    return (q / root) @ (k / root).transpose(-2, -1)


@wrong(
    "Multiplies by the square root of the width",
    hint="The scores should become smaller as vectors grow longer. Yours grow.",
    fails="attention_scores_values",
)
def multiplies(q, k):
    return q @ k.transpose(-2, -1) * math.sqrt(q.shape[-1])


@wrong(
    "Divides by the same number at every width",
    hint="Your divisor fits one width only, that of an example perhaps. Take D from the tensors: it is their last size.",
    fails="attention_scores_values",
    constants=("math.sqrt(4)", "math.sqrt(8)", "math.sqrt(16)", "math.sqrt(64)", "math.sqrt(128)"),
)
def a_fixed_width(q, k):
    return q @ k.transpose(-2, -1) / math.sqrt(4)


@wrong(
    "Divides by the square root of the number of keys",
    hint="You take a size that is the number of keys, be it of the scores or of the keys. The scaling "
    "has to do with how many numbers are in one query: the width.",
    fails="attention_scores_values",
)
def root_of_the_keys(q, k):
    scores = q @ k.transpose(-2, -1)
    return scores / math.sqrt(scores.shape[-1])


@wrong(
    "Divides by the square root of the number of queries",
    hint="You take the last size but one, `shape[-2]` or the `T` of `(B, T, D)`, which is the number of tokens. The width is the very last size.",
    fails="attention_scores_values",
)
def root_of_the_queries(q, k):
    return q @ k.transpose(-2, -1) / math.sqrt(q.shape[-2])


@wrong(
    "Takes an integer square root",
    hint="`int(...)`, `//` and `math.isqrt` cut the root down to a whole number. That goes unnoticed at a width of "
    "64, but not at 10.",
    fails="attention_scores_values",
)
def whole_root(q, k):
    return q @ k.transpose(-2, -1) / math.isqrt(q.shape[-1])


@wrong(
    "Takes the root of the scores",
    hint="Only the width stands under the root, not the scores: those may be negative, and then the root is nan.",
    fails="attention_scores_values",
)
def root_of_the_scores(q, k):
    return torch.sqrt(q @ k.transpose(-2, -1) / q.shape[-1])


@wrong(
    "Divides by the length of each vector",
    hint="Dividing by the lengths of query and key gives the cosine. Attention lets a long key count for more; it "
    "divides by the square root of the width, which is the same for all.",
    fails="attention_scores_values",
)
def cosine(q, k):
    return (q / q.norm(dim=-1, keepdim=True)) @ (k / k.norm(dim=-1, keepdim=True)).transpose(-2, -1)


@wrong(
    "Gives keys against queries",
    hint="Your result is `(..., Tk, Tq)`. Rows belong to queries and columns to keys, so the queries come first in "
    "the product.",
    fails="attention_scores_values",
)
def keys_first(q, k):
    return k @ q.transpose(-2, -1) / math.sqrt(q.shape[-1])


@wrong(
    "Transposes the wrong factor",
    hint="`q` transposed is `(D, Tq)`. Times `(Tk, D)` that does not fit, and where it does fit it compares "
    "positions inside the vectors instead of tokens. The sizes `D` have to meet.",
    fails="attention_scores_values",
)
def transposes_the_queries(q, k):
    return q.transpose(-2, -1) @ k / math.sqrt(q.shape[-1])


@wrong(
    "Reshapes the keys instead of transposing them",
    hint="`reshape` and `view` keep the numbers in their order and only break the lines elsewhere, so the key "
    "vectors are torn apart. Swap the last two dimensions.",
    fails="attention_scores_values",
)
def reshaped_keys(q, k):
    return q @ k.reshape(*k.shape[:-2], k.shape[-1], k.shape[-2]) / math.sqrt(q.shape[-1])


@wrong(
    "Turns round all dimensions of the keys",
    hint="`.T` and `permute` to the reversed order turn the batch round too. Only the last two dimensions of the "
    "keys change places.",
    fails="attention_scores_values",
)
def reverses_all_dimensions(q, k):
    return q @ k.permute(*range(k.dim() - 1, -1, -1)) / math.sqrt(q.shape[-1])


@wrong(
    "Compares each query with the key at its own place only",
    hint="You multiply query `t` with key `t`. Attention needs every pair: the result has a row for each query and "
    "a column for each key.",
    fails="attention_scores_values",
)
def pairs_only(q, k):
    return (q * k).sum(-1) / math.sqrt(q.shape[-1])


@wrong(
    "Applies the softmax already",
    hint="Scores may be negative and need not sum to 1. Turning them into weights is the next step, and another "
    "function.",
    fails="attention_scores_values",
)
def weights_already(q, k):
    return F.softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), dim=-1)


@wrong(
    "Masks the future already",
    hint="Every query against every key: the mask comes later, and not every attention has one.",
    fails="attention_scores_values",
)
def masked_already(q, k):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return scores.masked_fill(torch.ones_like(scores, dtype=torch.bool).triu(1), float("-inf"))


@wrong(
    "Drops dimensions of size one",
    hint="All dimensions of size 1 are dropped, as by `squeeze()`, also those that belong to the answer: a single query against `Tk` keys is `(..., 1, Tk)`.",
    fails="attention_scores_values",
)
def squeezes(q, k):
    return (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).squeeze()


@wrong(
    "Drops the dimension of a single query",
    hint="With one query the result is `(..., 1, Tk)`: a table of one row. That dimension is taken away, as by `squeeze`, and the next step finds another number of dimensions for one token than for two.",
    fails="attention_scores_values",
)
def single_query(q, k):
    return (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).squeeze(-2)


@wrong(
    "Works in float32 and turns the result back",
    hint="The result has the right dtype but only float32's seven digits; converting back does not restore the others.",
    fails="attention_scores_values",
)
def through_float32(q, k):
    return (q.float() @ k.float().transpose(-2, -1) / math.sqrt(q.shape[-1])).to(q.dtype)


@wrong(
    "Scales the caller's queries in place",
    hint="The caller's queries are smaller after the call: `q /= ...` writes into the caller's tensor. `q / ...` makes a new one.",
    fails="attention_scores_values",
)
def scales_in_place(q, k):
    q /= math.sqrt(q.shape[-1])
    return q @ k.transpose(-2, -1)


@wrong(
    "Takes exactly three dimensions",
    hint="`transpose(1, 2)` and `bmm` count on one leading dimension. There may be none, or two, batch and heads. "
    "Count from the end.",
    fails="attention_scores_leading",
)
def three_dimensions_only(q, k):
    return torch.bmm(q, k.transpose(1, 2)) / math.sqrt(q.shape[2])


@wrong(
    "Takes exactly three or four dimensions",
    hint="Yours takes a batch, or batch and heads. A single sequence has neither, and there may be more. The leading dimensions need no names: `@` leaves them as they are.",
    fails="attention_scores_leading",
)
def three_or_four_dimensions(q, k):
    if q.dim() == 4:
        B, H, T, D = q.shape
        return torch.einsum("bhqd,bhkd->bhqk", q, k) / math.sqrt(D)
    B, T, D = q.shape
    return torch.bmm(q, k.transpose(1, 2)) / math.sqrt(D)


@wrong(
    "Swaps dimensions 1 and 2 whatever comes before",
    hint="`transpose(1, 2)` is right for `(B, T, D)`. With heads, `(B, H, T, D)`, it swaps heads and tokens. Count "
    "from the end.",
    fails="attention_scores_leading",
)
def counts_from_the_front(q, k):
    swapped = k.T if k.dim() == 2 else k.transpose(1, 2)
    return q @ swapped / math.sqrt(q.shape[-1])


@wrong(
    "Takes the width from a fixed dimension",
    hint="`shape[2]` is the width of a `(B, T, D)` tensor only. With heads in between it is the number of tokens. "
    "Count from the end.",
    fails="attention_scores_leading",
)
def width_from_the_front(q, k):
    width = q.shape[2] if q.dim() > 2 else q.shape[1]
    return q @ k.transpose(-2, -1) / math.sqrt(width)


@wrong(
    "Flattens batch and heads with view",
    hint="`view` needs the numbers to lie in memory in order. Queries that were split into heads and transposed "
    "don't. `reshape` copies where it has to, and `@` needs no flattening.",
    fails="attention_scores_leading",
)
def flattens_with_view(q, k):
    *leading, Tq, D = q.shape
    Tk = k.shape[-2]
    scores = torch.bmm(q.view(-1, Tq, D), k.view(-1, Tk, D).transpose(1, 2))
    return scores.view(*leading, Tq, Tk) / math.sqrt(D)


@wrong(
    "Lets no gradient reach the keys",
    hint="`.detach()` and `.data` give the numbers without their history. The layer that makes the keys would "
    "never learn.",
    fails="attention_scores_gradients",
)
def detached_keys(q, k):
    return q @ k.detach().transpose(-2, -1) / math.sqrt(q.shape[-1])


@wrong(
    "Computes without recording a graph",
    hint="Under `torch.no_grad()`, or wrapped in a new `torch.tensor`, the result has lost its history, and no "
    "gradient reaches queries or keys.",
    fails="attention_scores_gradients",
)
def no_graph(q, k):
    with torch.no_grad():
        return q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])


@wrong(
    "Reads weights off scaled_dot_product_attention",
    hint="`F.scaled_dot_product_attention` computes scores, softmax and the weighted sum in one, and none of it is "
    "left for you to see. What comes out are weights, not scores.",
    fails=("attention_scores_values", "attention_scores_leading", "attention_scores_gradients"),
)
def with_attention(q, k):
    values = torch.eye(k.shape[-2], dtype=q.dtype).expand(*k.shape[:-1], k.shape[-2])
    return F.scaled_dot_product_attention(q, k, values)


@wrong(
    "Multiplies by the keys without transposing them",
    hint="Queries are `(Tq, D)` and keys `(Tk, D)`: in `q @ k` the size `D` meets `Tk`. A query's numbers have to meet a key's numbers. Which two dimensions of `k` must be swapped?",
    fails="attention_scores_values",
)
def keys_not_transposed(q, k):
    return q @ k / math.sqrt(q.shape[-1])


@wrong(
    "Swaps dimensions 1 and 2, whichever those are",
    hint="`transpose(1, 2)` means the last two dimensions only where there are three. Without a batch there is no dimension 2, and with heads another one is last. Count from the end.",
    fails="attention_scores_leading",
)
def swaps_1_and_2(q, k):
    return q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])


@wrong(
    "Takes a score of zero for padding",
    hint="A score of exactly 0 means that query and key are at right angles, not that the key is missing. Masking, if any, is another step.",
    fails="attention_scores_values",
)
def zero_is_padding(q, k):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return scores.masked_fill(scores == 0, -math.inf)


@wrong(
    "Takes a key of zeros for padding",
    hint="A key of zeros gets the score 0 from every query, like any key at right angles. Nobody said that it is padding; masking is another step.",
    fails="attention_scores_values",
)
def zero_keys_are_padding(q, k):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return scores.masked_fill((k == 0).all(-1).unsqueeze(-2), -1e9)


@wrong(
    "Takes a key whose sum is zero for padding",
    hint="The numbers of a key may well cancel in its sum; it's a key like any other.",
    fails="attention_scores_values",
)
def keys_with_sum_zero(q, k):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return scores.masked_fill((k.sum(-1) == 0).unsqueeze(-2), 0)


@wrong(
    "Takes the scores from squared distances",
    hint="(|q|² + |k|² - |q - k|²) / 2 is the dot product on paper only. Where one vector is much longer than the other, the digits cancel. `@` multiplies.",
    fails="attention_scores_values",
)
def from_the_distance(q, k):
    squares = q.square().sum(-1)[..., :, None] + k.square().sum(-1)[..., None, :]
    dot = (squares - (q[..., :, None, :] - k[..., None, :, :]).square().sum(-1)) / 2
    return dot / math.sqrt(q.shape[-1])


@wrong(
    "Takes products from squares of sums",
    hint="((a + b)² - (a - b)²) / 4 is a times b on paper only. Where one number is much larger than the other, the two squares are nearly equal, and their difference has lost its digits. `@` multiplies.",
    fails="attention_scores_values",
)
def from_squares_of_sums(q, k):
    q, k = q[..., :, None, :], k[..., None, :, :]
    return ((q + k).square() - (q - k).square()).sum(-1) / 4 / math.sqrt(q.shape[-1])


@wrong(
    "Cuts large scores off",
    hint="You clamp the scores. The softmax, which comes next, takes them at any size, and a clamped score has lost its place among the others.",
    fails="attention_scores_values",
    constants=("-50, 50", "-80, 80", "-100, 100", "-1000, 1000", "-1e4, 1e4"),
)
def clamped(q, k):
    return (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).clamp(-50, 50)


@wrong(
    "Looks at a fixed number of keys only",
    hint="Your table of scores has a fixed number of columns filled. Every query meets every key.",
    fails="attention_scores_values",
)
def sixteen_keys(q, k):
    scores = q.new_zeros(*q.shape[:-1], k.shape[-2])
    scores[..., :16] = q @ k[..., :16, :].transpose(-2, -1) / math.sqrt(q.shape[-1])
    return scores


@wrong(
    "Fills a fixed number of rows only",
    hint="A loop or slice of yours ends after a fixed number of queries. Every query meets every key.",
    fails="attention_scores_values",
)
def queries_128(q, k):
    scores = q.new_zeros(*q.shape[:-1], k.shape[-2])
    for t in range(min(128, q.shape[-2])):
        scores[..., t, :] = (k @ q[..., t, :, None]).squeeze(-1) / math.sqrt(q.shape[-1])
    return scores


@wrong(
    "Uses a fixed number of each vector's numbers only",
    hint="A loop or slice of yours has a fixed end. A head may be wider than 64, and every number counts.",
    fails="attention_scores_values",
)
def widths_up_to_64(q, k):
    return q[..., :64] @ k[..., :64].transpose(-2, -1) / math.sqrt(q.shape[-1])


@wrong(
    "Takes no width for more than 128",
    hint="Your divisor stops growing at a width of 128, for instance where roots are looked up in a table. The width is `q.shape[-1]`, and its root is one operation away.",
    fails="attention_scores_values",
)
def root_of_128_at_most(q, k):
    return q @ k.transpose(-2, -1) / math.sqrt(min(q.shape[-1], 128))


@wrong(
    "Remembers the transposed keys",
    hint="You keep a copy of the keys from an earlier call and take the same tensor for the same numbers. They may have changed since, in place. Transpose anew in each call; it costs nothing.",
    fails="attention_scores_values",
)
def remembers_the_keys(q, k, seen={}):
    if k not in seen:
        seen[k] = k.transpose(-2, -1).contiguous()
    return q @ seen[k] / math.sqrt(q.shape[-1])


@wrong(
    "Remembers the scores by the tensors that it was given",
    hint="Your cache asks whether queries and keys are the same objects. Their numbers may have changed since, in place. Multiply anew in each call.",
    fails="attention_scores_values",
)
def remembers_the_scores(q, k, seen={}):
    key = id(q), id(k)
    if key not in seen:
        seen[key] = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), q, k
    return seen[key][0]


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Queries that were split into heads and transposed aren't contiguous, and you make a fresh copy of them with no graph: no gradient gets back. `contiguous()` copies with the history; or compute with them as they are.",
    fails="attention_scores_gradients",
)
def copies_without_history(q, k):
    q, k = (t if t.is_contiguous() else torch.empty(t.shape, dtype=t.dtype).copy_(t.detach()) for t in (q, k))
    return q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])


@wrong(
    "Swaps the first two dimensions of the keys",
    hint="`transpose(0, 1)` is right for a single sequence, `(T, D)`. With a batch in front, it swaps batch and tokens. Count from the end: which two dimensions are tokens and width?",
    fails="attention_scores_values",
)
def swaps_0_and_1(q, k):
    return q @ k.transpose(0, 1) / math.sqrt(q.shape[-1])


@wrong(
    "Cuts the scores down to whole numbers",
    hint="`//` divides and rounds down. A score of 0.9 and one of 0.1 then count the same, and no gradient is left. Divide by `/`.",
    fails="attention_scores_values",
)
def divides_down(q, k):
    return q @ k.transpose(-2, -1) // math.sqrt(q.shape[-1])


@wrong(
    "Gives keys against queries, turned round in all dimensions and cut down to whole numbers",
    hint="Three things: queries come first in the product, only the last two dimensions of the keys change places, and `//` rounds down where `/` divides.",
    fails="attention_scores_values",
)
def keys_first_and_down(q, k):
    return k @ q.T // math.sqrt(q.shape[-1])


@wrong(
    "Takes the width from a dimension counted from the front",
    hint="Which number the dimension of the width has depends on how many stand before it: 2 in a batch of sequences, 3 with heads. It is always the last one: count from the end.",
    fails="attention_scores_values",
    constants=("q.shape[0]", "q.shape[1]", "k.shape[0]", "k.shape[1]"),
)
def root_of_dimension_0(q, k):
    return q @ k.transpose(-2, -1) / q.shape[0] ** 0.5


@wrong(
    "Reads keys as if they lay in memory row by row",
    hint="A transposed or sliced tensor's numbers lie in another order than they are read. `as_strided`, or what goes through the memory itself, takes no notice of that. Index, or use `transpose` and `reshape`.",
    fails="attention_scores_leading",
)
def keys_as_they_lie(q, k):
    k = torch.as_strided(k, k.shape, torch.empty(k.shape).stride()) if q.is_contiguous() else k
    return q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5


@wrong(
    "Remembers the scores by the keys alone",
    hint="You keep scores and give them again where the keys have the same numbers. They depend on the queries as well. Compute anew in each call.",
    fails="attention_scores_values",
)
def remembers_without_the_queries(q, k, seen={}):
    key = tuple(k.flatten().tolist()), q.shape, k.shape, q.dtype
    if q.requires_grad or key not in seen:
        seen[key] = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    return seen[key]


@wrong(
    "Divides by half the width",
    hint="You divide by `D / 2`, where the square root of `D` belongs. Python reads `D ** 1 / 2` as `(D ** 1) / 2`: put the exponent in parentheses.",
    fails=("attention_scores_values", "attention_scores_leading", "attention_scores_gradients"),
)
def half_the_width(q, k):
    return q @ k.transpose(-2, -1) / (q.shape[-1] ** 1 / 2)


@wrong(
    "Divides by the length of each vector, and by the square root of the width",
    hint="The square root of the width is right, and all that a score is divided by. Divided by the lengths of query and key as well, a long key counts for no more than a short one: where do the lengths come in?",
    fails=("attention_scores_values", "attention_scores_leading", "attention_scores_gradients"),
)
def scaled_cosine(q, k):
    return F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1) / math.sqrt(q.shape[-1])


@wrong(
    "Gathers more than one leading dimension in a float32 tensor",
    hint="With several leading dimensions the result is float32 whatever `q` is, since `torch.zeros` makes float32. What goes in as float64 comes out as float64; and `@` takes any number of leading dimensions by itself.",
    fails="attention_scores_leading",
)
def gathered_in_float32(q, k):
    if q.dim() <= 3:
        return q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    out = torch.zeros(*q.shape[:-1], k.shape[-2])
    for i in range(len(q)):
        out[i] = gathered_in_float32(q[i], k[i])
    return out


@wrong(
    "Cuts off the gradient where there is more than one leading dimension",
    hint="With several leading dimensions no gradient reaches `q` and `k`: `.data`, `.detach()` or `torch.tensor` leaves the graph. `@` takes any number of leading dimensions by itself.",
    fails="attention_scores_gradients",
)
def detached_in_several(q, k):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return scores if q.dim() <= 3 else scores.detach()


@wrong(
    "Leaves the scores of two matrices in float64",
    hint="Where nothing stands in front of `(Tq, D)`, your result is float64 whatever came in. Cast it back: what comes out has the dtype of what went in.",
    fails="attention_scores_leading",
)
def matrices_in_double(q, k):
    size = math.sqrt(q.shape[-1])
    if q.dim() == 2:
        q, k = q.double(), k.double()
    return q @ k.transpose(-2, -1) / size


@wrong(
    "Leaves the keys as they are where they seem to fit",
    hint="With as many keys as numbers in each, `q @ k` runs, and gives other numbers. The keys are turned round whatever their sizes are.",
    fails="attention_scores_values",
)
def turned_where_needed(q, k):
    if k.shape[-2] != q.shape[-1]:
        k = k.transpose(-2, -1)
    return q @ k / math.sqrt(q.shape[-1])


@wrong(
    "Divides by twice the width instead of its square root",
    hint="If you wrote `D ** -1 / 2`: `**` binds more strongly than `/`, so that is half of 1 / D. Put the exponent in parentheses, or use `math.sqrt`.",
    fails=("attention_scores_values", "attention_scores_leading", "attention_scores_gradients"),
)
def twice_the_width(q, k):
    return q @ k.transpose(-2, -1) * q.shape[-1] ** -1 / 2


@wrong(
    "Divides by the square root of all heads' numbers together",
    hint="You multiply the last size by the number of heads. Each score is a sum over the numbers of one head alone, and `D` is how many there are: the last size of `q`.",
    fails=("attention_scores_leading", "attention_scores_gradients"),
)
def by_all_heads_together(q, k):
    D = q.shape[-1] * (q.shape[-3] if q.dim() > 3 else 1)
    return q @ k.transpose(-2, -1) / math.sqrt(D)


@wrong(
    "Divides by the square root of how many numbers one sequence has",
    hint="You count the numbers of all tokens, as `numel()` does. A score adds up the numbers of one query and one key alone: how many are these? The number of tokens plays no part.",
    fails=("attention_scores_values", "attention_scores_leading", "attention_scores_gradients"),
)
def by_all_numbers_of_a_sequence(q, k):
    return q @ k.transpose(-2, -1) / math.sqrt(q[0].numel())


@wrong(
    "Divides by the spread that the scores have",
    hint="You measure the standard deviation of the scores and divide by that. The division by $\\sqrt{D}$ brings it near 1 on average. $\\sqrt{D}$ is a fixed number, whatever the scores at hand are; a single score has no spread at all.",
    fails=("attention_scores_values", "attention_scores_leading", "attention_scores_gradients"),
)
def by_the_spread(q, k):
    scores = q @ k.transpose(-2, -1)
    return scores / scores.std(dim=(-2, -1), keepdim=True)


@wrong(
    "Gives keys the rows and queries the columns, and leaves out the division",
    hint="Two things: a row belongs to a query, as in `q @ k.transpose(-2, -1)`; and the scores are divided by the square root of the width.",
    fails=("attention_scores_values", "attention_scores_leading"),
)
def keys_first_unscaled(q, k):
    return k @ q.transpose(-2, -1)
