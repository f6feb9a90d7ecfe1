"""Wrong answers to `causal_attention_weights(scores)`."""

import math

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Makes the mask as large as the first dimension",
    hint="The first size is T only where the scores are (T, T). In front of the last two dimensions there may be others, the batch for one: count T from the end.",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking"),
)
def mask_of_the_batch(scores):
    T = scores.shape[0]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf), dim=-1)


@wrong(
    "Does not mask at all",
    hint="Every position also attends to those after it. Which half of each (T, T) tensor has to be empty?",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking"),
)
def without_mask(scores):
    return softmax(scores, dim=-1)


@wrong(
    "Masks the past instead of the future",
    hint="Your weights lie above the diagonal: each position sees only what comes after it. `tril` keeps the lower triangle, `triu` the upper one.",
    fails="causal_attention_weights_values",
)
def masks_the_past(scores):
    T = scores.shape[-1]
    past = torch.ones(T, T, dtype=torch.bool).tril(-1)
    return softmax(scores.masked_fill(past, -math.inf), dim=-1)


@wrong(
    "Masks the diagonal too, so the first row has nothing left",
    hint="A position may attend to itself. Without the diagonal the first row is all -inf, and its softmax is `nan`. Where should the mask begin?",
    fails="causal_attention_weights_values",
)
def masks_itself(scores):
    T = scores.shape[-1]
    hidden = torch.ones(T, T, dtype=torch.bool).triu(0)
    return softmax(scores.masked_fill(hidden, -math.inf), dim=-1)


@wrong(
    "Masks the diagonal too and turns the nan into 0",
    hint="The `nan` in the first row told you something: a position may attend to itself, and the first one must. Each row should sum to 1.",
    fails="causal_attention_weights_values",
)
def masks_itself_and_hides_nan(scores):
    T = scores.shape[-1]
    hidden = torch.ones(T, T, dtype=torch.bool).triu(0)
    return torch.nan_to_num(softmax(scores.masked_fill(hidden, -math.inf), dim=-1))


@wrong(
    "Lets each position see one token ahead",
    hint="Your mask begins one diagonal too late: position t sees t + 1, which is just the token it should learn to predict.",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking"),
)
def one_ahead(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(2)
    return softmax(scores.masked_fill(future, -math.inf), dim=-1)


@wrong(
    "Normalises over the columns",
    hint="Your columns sum to 1. A row holds what one position gives to all others, so the rows should.",
    fails="causal_attention_weights_values",
)
def over_columns(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf), dim=-2)


@wrong(
    "Normalises over both dimensions together",
    hint="The whole triangle sums to 1. Every row should.",
    fails="causal_attention_weights_values",
)
def over_the_triangle(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    masked = scores.masked_fill(future, -math.inf)
    return softmax(masked.reshape(*scores.shape[:-2], T * T), dim=-1).reshape(scores.shape)


@wrong(
    "Sets future scores to 0 before the softmax",
    hint="A score of 0 isn't no weight: `exp(0)` is 1. Which score gets a share of exactly 0?",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking"),
)
def zero_before_softmax(scores):
    return softmax(scores.tril(), dim=-1)


@wrong(
    "Sets future weights to 0 after the softmax",
    hint="The future still took its share before you removed it, so your rows sum to less than 1. Take it out before the softmax.",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking"),
)
def zero_after_softmax(scores):
    return softmax(scores, dim=-1).tril()


@wrong(
    "Sets future weights to 0 after the softmax and divides by what is left",
    hint="On paper that is right. But a huge future score takes everything in the first softmax and the allowed weights become 0: then you divide 0 by 0. "
    "Take the future out before the softmax.",
    fails="causal_attention_weights_masking",
)
def shared_again_after_softmax(scores):
    weights = softmax(scores, dim=-1).tril()
    return weights / weights.sum(-1, keepdim=True)


@wrong(
    "Hides 0 / 0 by a small number in the denominator",
    hint="The small number hides the `nan`: where a huge future score took everything, your row is all 0 instead of summing to 1. Take the future out before the softmax, or before you look for the maximum.",
    fails="causal_attention_weights_masking",
    constants=("1e-9", "1e-8", "1e-10", "1e-12", "1e-7", "1e-6", "1e-5"),
)
def shared_again_with_padding(scores):
    weights = softmax(scores, dim=-1).tril()
    return weights / (weights.sum(-1, keepdim=True) + 1e-9)


@wrong(
    "Shifts by the maximum of the whole row, the future included",
    hint="A huge future score sets your maximum, and all allowed exponentials become 0. The maximum must be taken over what is allowed.",
    fails="causal_attention_weights_masking",
)
def maximum_with_the_future(scores):
    exps = torch.exp(scores - scores.amax(-1, keepdim=True)).tril()
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Shifts by the maximum of the zeroed scores",
    hint="Zeros in the future, as `tril` puts them there, keep your maximum from falling below 0. With allowed scores near -1e4 every exponential is 0.",
    fails="causal_attention_weights_masking",
)
def maximum_with_zeros(scores):
    past = scores.tril()
    exps = torch.exp(past - past.amax(-1, keepdim=True)).tril()
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Shifts by one maximum for all rows",
    hint="A row far below the largest score of another row turns into zeros. Each row needs its own maximum.",
    fails="causal_attention_weights_masking",
)
def global_maximum(scores):
    T = scores.shape[-1]
    masked = scores.masked_fill(torch.ones(T, T, dtype=torch.bool).triu(1), -math.inf)
    exps = torch.exp(masked - masked.max())
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Takes the exponential without a shift",
    hint="Scores of 100 overflow in float32. Your own `softmax` already takes care of that: use it.",
    fails="causal_attention_weights_masking",
)
def without_shift(scores):
    exps = torch.exp(scores).tril()
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Fills the future with a number that is not far enough down",
    hint="A finite number is a score like any other: where the allowed scores are as low, or lower still, the future gets a weight. Only one value gets exactly 0.",
    fails="causal_attention_weights_masking",
    constants=("-100.0", "-10.0", "-50.0", "-999.0", "-1000.0"),
)
def fills_with_minus_100(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -100.0), dim=-1)


@wrong(
    "Fills the future with a number that large scores come near",
    hint="Real scores can be that small, and then the future gets weight. What does your softmax do with -inf?",
    fails="causal_attention_weights_masking",
)
def fills_with_minus_1e4(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -1e4), dim=-1)


@wrong(
    "Fills the future with a little less than the smallest score",
    hint="However much you go below the smallest score, the future gets a small weight as long as the number is finite and near.",
    fails="causal_attention_weights_values",
    constants=("30", "100", "110"),
)
def fills_below_the_smallest(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(torch.where(future, scores.detach().min() - 30, scores), dim=-1)


@wrong(
    "Adds a large negative number to future scores, which large scores outweigh",
    hint="A future score of 1e4 is then 0, and counts like any other. What you add should win against every score.",
    fails="causal_attention_weights_masking",
)
def adds_minus_1e4(scores):
    T = scores.shape[-1]
    return softmax(scores + torch.ones(T, T, dtype=scores.dtype).triu(1) * -1e4, dim=-1)


@wrong(
    "Adds the logarithm of the mask plus a small number",
    hint="The logarithm of a small number isn't that small, about -21 for 1e-9: future weights are tiny, but not exactly 0, and a huge score overcomes it.",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking"),
    constants=("1e-9", "1e-8", "1e-10", "1e-12", "1e-7", "1e-6", "1e-5"),
)
def log_of_padded_mask(scores):
    T = scores.shape[-1]
    mask = torch.ones(T, T, dtype=scores.dtype).tril()
    return softmax(scores + (mask + 1e-9).log(), dim=-1)


@wrong(
    "Multiplies -inf by a mask of zeros and ones",
    hint="`0 * -inf` is `nan`, so the allowed entries are spoilt too. Fill the future instead of adding a product.",
    fails="causal_attention_weights_values",
)
def zero_times_infinity(scores):
    T = scores.shape[-1]
    return softmax(scores + torch.ones(T, T, dtype=scores.dtype).triu(1) * -math.inf, dim=-1)


@wrong(
    "Takes every score of 0 for the future",
    hint="After `tril` the future is 0, but an allowed score can be 0 as well, and you mask that too. Build the mask from positions, not from values.",
    fails="causal_attention_weights_values",
)
def zero_means_future(scores):
    past = scores.tril()
    return softmax(past.masked_fill(past == 0, -math.inf), dim=-1)


@wrong(
    "Makes a mask as large as dimension 1",
    hint="Dimension 1 is the number of positions in (B, T, T) only. With heads, (B, H, T, T), it is the number of heads. Count from the end.",
    fails="causal_attention_weights_values",
)
def size_of_dimension_1(scores):
    T = scores.shape[1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf), dim=-1)


@wrong(
    "Expects a batch dimension",
    hint="You unpack three sizes, so only (B, T, T) works. Any number of leading dimensions is allowed, and none: use `scores.shape[-1]`.",
    fails="causal_attention_weights_values",
)
def three_dimensions_only(scores):
    B, T, _ = scores.shape
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf), dim=-1)


@wrong(
    "Loops over the rows of dimension 0",
    hint="In a (B, T, T) tensor dimension 0 is the batch, not the position. Index positions from the end: `scores[..., t, :]`.",
    fails="causal_attention_weights_values",
)
def loops_over_dimension_0(scores):
    weights = torch.zeros_like(scores)
    for t in range(scores.shape[0]):
        weights[t, ..., : t + 1] = softmax(scores[t, ..., : t + 1], dim=-1)
    return weights


@wrong(
    "Fills one table row by row, whatever stands in front of it",
    hint="Dimension 0 holds the rows only where the scores are (T, T). In (B, T, T) it holds whole sequences, so that positions of several rows share: count the dimensions from the end.",
    fails="causal_attention_weights_values",
)
def one_table_only(scores):
    weights = torch.zeros_like(scores)
    for t in range(scores.shape[0]):
        weights[t, : t + 1] = softmax(scores[t, : t + 1], dim=0)
    return weights


@wrong(
    "Stops each row before its own position",
    hint="A slice `[:t]` ends before t. Position t itself is allowed, so the slice has to include it.",
    fails="causal_attention_weights_values",
)
def slice_without_itself(scores):
    weights = torch.zeros_like(scores)
    for t in range(scores.shape[-1]):
        end = max(t, 1)
        weights[..., t, :end] = softmax(scores[..., t, :end], dim=-1)
    return weights


@wrong(
    "Lets each position see itself only",
    hint="Your mask keeps the diagonal alone, so each position gives all its weight to itself. It may see what came before, too: which entries of row t are those?",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking", "causal_attention_weights_gradients"),
)
def itself_only(scores):
    others = ~torch.eye(scores.shape[-1], dtype=torch.bool)
    return softmax(scores.masked_fill(others, -math.inf), dim=-1)


@wrong(
    "Fills each row up with zeros in front instead of behind",
    hint="The numbers of each row are right, but they stand at its end: row 0 gives its whole weight to the last position. The zeros belong to the future. On which side of the row is that? In `F.pad` the first number counts those in front, the second those behind.",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking", "causal_attention_weights_gradients"),
)
def zeros_in_front(scores):
    T = scores.shape[-1]
    rows = [F.pad(softmax(scores[..., t, : t + 1], dim=-1), (T - 1 - t, 0)) for t in range(T)]
    return torch.stack(rows, dim=-2)


@wrong(
    "Stacks the rows in front of all other dimensions",
    hint="Each row is right, but `torch.stack` puts the positions first unless it is told otherwise: with a batch, yours comes out as (T, B, T). Where do the positions stand in `scores`? Count from the end.",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking", "causal_attention_weights_gradients"),
)
def rows_stacked_in_front(scores):
    T = scores.shape[-1]
    rows = [F.pad(softmax(scores[..., t, : t + 1], dim=-1), (0, T - 1 - t)) for t in range(T)]
    return torch.stack(rows)


@wrong(
    "Gives the masked scores, without the softmax",
    hint="Your rows still hold scores, with -inf in the future. What turns them into weights?",
    fails="causal_attention_weights_values",
)
def only_masks(scores):
    T = scores.shape[-1]
    return scores.masked_fill(torch.ones(T, T, dtype=torch.bool).triu(1), -math.inf)


@wrong(
    "Spreads the weight evenly over the past, whatever the scores",
    hint="Every allowed position gets the same weight. The scores should decide how it is shared.",
    fails="causal_attention_weights_values",
)
def even_weights(scores):
    T = scores.shape[-1]
    mask = torch.ones(T, T, dtype=scores.dtype).tril()
    return (mask / mask.sum(-1, keepdim=True)).expand(scores.shape) + 0 * scores


@wrong(
    "Divides the scores by the square root of T as well",
    hint="The division by a square root belongs to the scores, and by the width at that. Here the scores are ready.",
    fails="causal_attention_weights_values",
)
def scales_again(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf) / math.sqrt(T), dim=-1)


@wrong(
    "Returns the transposed weights",
    hint="Row t should say what position t attends to. In your result the rows are columns.",
    fails="causal_attention_weights_values",
)
def transposed(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf), dim=-1).transpose(-2, -1)


@wrong(
    "Returns float32, whatever went in",
    hint="float64 scores should give float64 weights. Does your code build a tensor with a fixed dtype?",
    fails="causal_attention_weights_values",
)
def always_float32(scores):
    weights = torch.zeros(scores.shape)
    for t in range(scores.shape[-1]):
        weights[..., t, : t + 1] = softmax(scores[..., t, : t + 1], dim=-1)
    return weights


@wrong(
    "Masks the caller's scores in place",
    hint="After the call the caller's scores hold -inf, and autograd refuses that on a leaf: a method whose name ends in an underscore, or an assignment to `scores[...]`, writes into them. There is the same method without the underscore.",
    fails=("causal_attention_weights_values", "causal_attention_weights_gradients"),
)
def in_place(scores):
    T = scores.shape[-1]
    scores.masked_fill_(torch.ones(T, T, dtype=torch.bool).triu(1), -math.inf)
    return softmax(scores, dim=-1)


@wrong(
    "Masks the caller's scores, unseen by autograd",
    hint="`.data`, `detach()` and `no_grad` get round autograd's check, but the caller's scores are overwritten all the same. Make a new tensor.",
    fails="causal_attention_weights_values",
)
def in_place_through_data(scores):
    T = scores.shape[-1]
    scores.data.masked_fill_(torch.ones(T, T, dtype=torch.bool).triu(1), -math.inf)
    return softmax(scores, dim=-1)


@wrong(
    "Works for a fixed number of positions only",
    hint="Your mask has a fixed size. Texts differ in length: take the size from `scores.shape[-1]`.",
    fails="causal_attention_weights_values",
)
def four_positions(scores):
    future = torch.ones(4, 4, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf), dim=-1)


@wrong(
    "Cuts the weights off from the scores",
    hint="The values are right, but `detach`, `.data` or `no_grad` stops the gradient somewhere: queries and keys would never learn.",
    fails="causal_attention_weights_gradients",
)
def detached(scores):
    T = scores.shape[-1]
    masked = scores.detach().clone()
    masked[..., torch.ones(T, T, dtype=torch.bool).triu(1)] = -math.inf
    return softmax(masked, dim=-1)


@wrong(
    "Removes an overflowed future with where, after the exponential",
    hint="The value is right, but a huge future score still goes through `exp` to `inf`, and the backward pass turns that into `nan`. Mask before the exponential.",
    fails="causal_attention_weights_gradients",
)
def where_after_exp(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    largest = scores.masked_fill(future, -math.inf).amax(-1, keepdim=True)
    exps = torch.where(future, 0.0, torch.exp(scores - largest))
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Calls torch.softmax on the masked scores",
    hint="The mask is fine. For the rest use your own `softmax` from above: the built-in is ruled out in this whole notebook.",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking", "causal_attention_weights_gradients"),
)
def torch_softmax(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return torch.softmax(scores.masked_fill(future, -math.inf), dim=-1)


@wrong(
    "Makes a mask for a fixed number of positions",
    hint="Your mask has a fixed size, and sequences come in any length. Make it from `scores.shape[-1]`.",
    fails="causal_attention_weights_values",
    constants=("(8, 8)", "(16, 16)", "(32, 32)", "(64, 64)", "(128, 128)"),
)
def eight_positions(scores):
    T = scores.shape[-1]
    future = torch.ones((8, 8)).triu(1)[:T, :T].bool()
    return softmax(scores.masked_fill(future, -math.inf), dim=-1)


@wrong(
    "Masks a fixed number of positions and leaves the rest open",
    hint="Beyond your mask's size each position sees everything, the future too. Make the mask from `scores.shape[-1]`.",
    fails="causal_attention_weights_values",
    constants=("128", "8", "16", "32", "64"),
)
def open_beyond_128(scores):
    T = scores.shape[-1]
    future = torch.zeros(T, T, dtype=torch.bool)
    future[:128, :] = torch.ones(128, max(T, 128), dtype=torch.bool).triu(1)[: min(T, 128), :T]
    return softmax(scores.masked_fill(future, -math.inf), dim=-1)


@wrong(
    "Looks back a fixed number of positions",
    hint="That's attention with a sliding window. Here position t sees all of 0..t, however far back.",
    fails="causal_attention_weights_values",
    constants=("16", "8", "32", "64", "128"),
)
def window_of_16(scores):
    T = scores.shape[-1]
    open_ = torch.ones(T, T, dtype=torch.bool).tril().triu(-16 + 1)
    return softmax(scores.masked_fill(~open_, -math.inf), dim=-1)


@wrong(
    "Masks a fixed number of matrices only",
    hint="Only so many of the matrices in front are masked: does a loop or a slice over the leading dimensions have a fixed end? A mask of `(T, T)` is broadcast over all of them.",
    fails="causal_attention_weights_values",
)
def eight_matrices(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    flat = scores.reshape(-1, T, T).clone()
    flat[:8] = flat[:8].masked_fill(future, -math.inf)
    return softmax(flat, dim=-1).reshape(scores.shape)


@wrong(
    "Remembers the weights of a tensor that it has seen",
    hint="What you keep goes by the tensor, and not by its numbers, which may have changed since, in place. Only the mask, which depends on the size alone, may be kept.",
    fails="causal_attention_weights_values",
)
def remembers(scores, seen={}):
    if scores not in seen:
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        seen[scores] = softmax(scores.masked_fill(future, -math.inf), dim=-1)
    return seen[scores]


@wrong(
    "Remembers the masked scores of a tensor that it has seen",
    hint="Your cache asks whether the tensor lies in the same place. Its numbers may have changed since. Only the mask, which depends on the size alone, may be kept.",
    fails="causal_attention_weights_values",
    like="remembers",
)
def remembers_by_place(scores, seen={}):
    if scores.data_ptr() not in seen:
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        seen[scores.data_ptr()] = scores.masked_fill(future, -math.inf), scores
    return softmax(seen[scores.data_ptr()][0], dim=-1)


@wrong(
    "Cuts small weights to 0",
    hint="A weight of one in a million is small, but it's not nothing. Exactly 0 belongs to the future alone.",
    fails="causal_attention_weights_values",
    constants=("1e-6", "1e-5", "1e-7", "1e-8", "1e-9", "1e-10"),
)
def cuts_small_weights(scores):
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    weights = softmax(scores.masked_fill(future, -math.inf), dim=-1)
    return torch.where(weights < 1e-6, torch.zeros_like(weights), weights)


@wrong(
    "Spreads evenly where the scores of a row sum to 0",
    hint="3 and -3 cancel, and still the first is much larger. A sum of 0 doesn't mean that there is nothing.",
    fails="causal_attention_weights_values",
)
def even_where_the_sum_is_0(scores):
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    scores = torch.where(scores.tril().sum(-1, keepdim=True) == 0, torch.zeros_like(scores), scores)
    return softmax(scores.masked_fill(future, -math.inf), dim=-1)


@wrong(
    "Gives a position's own weight as what the others leave",
    hint="1 minus the rest is the last weight on paper only.",
    fails="causal_attention_weights_values",
)
def one_minus_the_rest(scores):
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    past = softmax(scores.masked_fill(future, -math.inf), dim=-1).tril(-1)
    return past + torch.diag_embed(1 - past.sum(-1))


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Where the tensor is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` copies with the history; or compute with the tensor as it is.",
    fails="causal_attention_weights_gradients",
)
def copies_without_history(scores):
    if not scores.is_contiguous():
        scores = torch.empty(scores.shape, dtype=scores.dtype).copy_(scores.detach())
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf), dim=-1)


@wrong(
    "Masks what it should keep",
    hint="Each row keeps the future alone, and the last row nothing: the mask is used the other way round. `masked_fill` fills where the mask is true, and `torch.where` keeps there; `~` turns it round.",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking"),
)
def inverted(scores):
    kept = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return softmax(scores.masked_fill(kept, -math.inf), dim=-1)


@wrong(
    "Keeps the mask of the first call, with its dtype",
    hint="A mask of -inf has a dtype, and the one that you keep was made for the first scores: what comes later is computed in it. Keep a mask of True and False, or make it anew in each call.",
    fails="causal_attention_weights_values",
)
def mask_of_the_first_dtype(scores, masks={}):
    T = scores.shape[-1]
    if T not in masks:
        masks[T] = torch.full((T, T), -torch.inf, dtype=scores.dtype).triu(1)
    return softmax(scores + masks[T], -1)


@wrong(
    "Gives the same tensor in every call",
    hint="You keep the result's tensor and fill it anew in each call, so that the weights which the caller still holds change. Make a new one each time.",
    fails="causal_attention_weights_values",
)
def one_result_for_all(scores, kept={}):
    rows = [softmax(scores[..., t, : t + 1], -1) for t in range(scores.shape[-1])]
    weights = torch.zeros_like(scores)
    if not scores.requires_grad:
        weights = kept.setdefault((scores.shape, scores.dtype), weights)
    for t, row in enumerate(rows):
        weights[..., t, : t + 1] = row
    return weights


@wrong(
    "Keeps the longest mask so far, with the dtype that it was made for",
    hint="A mask of -inf has a dtype, and the one that you keep was made for other scores: what comes later is computed in it. Keep a mask of True and False, or make it anew in each call.",
    fails="causal_attention_weights_values",
    like="mask_of_the_first_dtype",
)
def longest_mask(scores, kept=[]):
    T = scores.shape[-1]
    if not kept or len(kept[0]) < T:
        kept[:] = [torch.full((T, T), -torch.inf, dtype=scores.dtype).triu(1)]
    return softmax(scores + kept[0][:T, :T], -1)


@wrong(
    "Takes the last rows of a larger mask that it keeps",
    hint="The last rows of a mask that was made for a longer sequence hide nothing of a shorter one. Its first rows would do; better make the mask anew from `scores.shape[-1]`.",
    fails="causal_attention_weights_values",
)
def last_rows_of_a_kept_mask(scores, kept={}):
    T = scores.shape[-1]
    mask = kept.get(scores.dim())
    if mask is None or len(mask) < T:
        mask = kept[scores.dim()] = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(mask[-T:, :T], -math.inf), dim=-1)


@wrong(
    "Divides by a running sum",
    hint="Each weight is divided by the sum up to its own column. All weights of row `t` share one divisor, the sum over `0..t`, so that they sum to 1.",
    fails=("causal_attention_weights_values", "causal_attention_weights_masking", "causal_attention_weights_gradients"),
)
def by_a_running_sum(scores):
    T = scores.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    visible = scores.masked_fill(future, -math.inf)
    exps = (visible - visible.amax(dim=-1, keepdim=True)).exp()
    return exps / exps.cumsum(dim=-1).clamp(min=1e-30)


@wrong(
    "Takes a score of 0 in the past for the future",
    hint="After `tril` the future is 0, but a score of the past may be 0 as well. Say by position what is hidden, not by the score.",
    fails=("causal_attention_weights_values", "causal_attention_weights_gradients"),
)
def zero_in_the_past(scores):
    T = scores.shape[-1]
    past = torch.tril(scores)
    seen = (past != 0) | torch.eye(T, dtype=torch.bool)
    return softmax(past.masked_fill(~seen, float("-inf")), dim=-1)
