"""Wrong answers to `causal_mix(q, k, v)`; the first is handed out."""

import math

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Lets each position see the next one, with a mask that is one diagonal off",
    hint="Look at row 0 of the mask. `triu(diagonal=2)` begins two places right of the main diagonal: what stands one place right of it, the next position, is not hidden.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def one_diagonal_off(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=2)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Hides each position from itself, too",
    hint="Position `t` sees `0..t`, itself included. Position 0 has nobody else, and a softmax over nothing is nan.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def hides_itself(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=0)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Hides each position from itself, but for the first",
    hint="You have mended the nan, and not its cause: every position sees itself, `0..t`. Which diagonal of the mask stands for a position and itself?",
    fails="causal_mix_values",
)
def hides_itself_but_the_first(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=0)
    future[0, 0] = False
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Hides what came before instead of what comes after",
    hint="The mask is turned round: `tril` keeps what is below the diagonal, `triu` what is above. Row `t` is what position `t` sees.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def hides_the_past(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).tril(diagonal=-1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Leaves the mask out",
    hint="Then each position sees all that comes after it, and not the next one only.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def no_mask(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    weights = scores.softmax(dim=-1)
    return weights @ v


@wrong(
    "Makes the mask, and goes on with the scores as they were",
    hint="`masked_fill`, without an underscore, gives a new tensor and leaves the old one as it was. Use what it gives.",
    fails=("causal_mix_values", "causal_mix_causal"),
    like="no_mask",
)
def mask_without_effect(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    scores.masked_fill(future, -math.inf)
    weights = scores.softmax(dim=-1)
    return weights @ v


@wrong(
    "Sets shares to 0 after the softmax, so that rows no longer sum to 1",
    hint="The softmax has given part of the 1 to later positions, and that part is missing now. Mask the scores, before the softmax.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def zeroed_after_softmax(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.softmax(dim=-1).masked_fill(future, 0)
    return weights @ v


@wrong(
    "Masks after the softmax, and divides by what is left",
    hint="Where a later position wins by far, nothing is left to divide by, and the last digits come to depend on what was hidden. Give the hidden scores `-inf` before the softmax.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def divided_again(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.softmax(dim=-1).masked_fill(future, 0)
    weights = weights / weights.sum(dim=-1, keepdim=True)
    return weights @ v


@wrong(
    "Gives hidden scores 0 instead of -inf",
    hint="$e^0$ is 1: a score of 0 still gets a share. Which score gets none?",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def zero_scores(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, 0.0).softmax(dim=-1)
    return weights @ v


@wrong(
    "Hides with a large negative number that is not large enough",
    hint="Where all that a position may see has scores near your number, what is hidden gets a share as well. `-math.inf` hides whatever the others are.",
    fails="causal_mix_causal",
    constants=("-1e4", "-10000", "-9999", "-1000.0"),
)
def minus_1e4(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -1e4).softmax(dim=-1)
    return weights @ v


@wrong(
    "Takes a large number off the hidden scores, which is not large enough",
    hint="A hidden score that is large to begin with is still above the others afterwards. Replace it by `-math.inf` instead, whatever it was.",
    fails="causal_mix_causal",
    constants=("1e4", "10000"),
)
def takes_off_1e4(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = (scores - 1e4 * future).softmax(dim=-1)
    return weights @ v


@wrong(
    "Takes the softmax over the queries instead of the keys",
    hint="For each query the shares of all keys sum to 1, so the softmax runs over the last dimension. That was right before.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def softmax_over_queries(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-2)
    return weights @ v


@wrong(
    "Leaves out the division by the square root of d",
    hint="The leak is mended, and something that was right is gone: a score is divided by the square root of `d`.",
    fails="causal_mix_values",
)
def not_scaled(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1)
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Divides by d instead of its square root",
    hint="The size of a sum of `d` products grows with the square root of `d`. That was right before.",
    fails="causal_mix_values",
)
def divides_by_d(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / q.shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Divides by the square root of the values' size",
    hint="Scores are sums over the entries of `q` and `k`, so `d` is theirs, and `v` may have another.",
    fails="causal_mix_values",
)
def scaled_by_the_values(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(v.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Has a mask of a fixed size",
    hint="It is as large as it was made, and no longer text fits. Make it for the `T` at hand.",
    fails=("causal_mix_values", "causal_mix_causal"),
    constants=("64, 64", "32, 32"),
)
def mask_of_a_size(q, k, v):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(64, 64, dtype=torch.bool).triu(diagonal=1)[: q.shape[-2], : q.shape[-2]]
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Reads the length off dimension 1",
    hint="Counted from the front, dimension 1 is the tokens' only where there is one dimension before it. Counted from behind it is always -2.",
    fails="causal_mix_values",
)
def mask_of_dimension_1(q, k, v):
    T = q.shape[1]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Reads the length off dimension 0",
    hint="Counted from the front, dimension 0 is the batch where there is one. Counted from behind the tokens are always -2.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def mask_of_dimension_0(q, k, v):
    T = q.shape[0]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Makes the mask as large as a vector is long",
    hint="`q.shape[-1]` is how many numbers a position has. The mask is for pairs of positions: `q.shape[-2]`.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def mask_of_the_width(q, k, v):
    T = q.shape[-1]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Shifts the values by one, against the leak",
    hint="The values stand where they belong; what leaks is the mask. A shift only moves everything by one place.",
    fails="causal_mix_values",
)
def drops_the_last(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=2)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    earlier = torch.cat([torch.zeros_like(v[..., :1, :]), v[..., :-1, :]], dim=-2)
    return weights @ earlier


@wrong(
    "Takes a batch of heads only",
    hint="Any number of leading dimensions may stand before `(T, d)`, none included.",
    fails="causal_mix_values",
)
def batches_only(q, k, v):
    B, H, T, d = q.shape
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Computes in float32 whatever comes in",
    hint="What comes out has the dtype of what went in, with all of its digits.",
    fails="causal_mix_values",
)
def through_float32(q, k, v):
    dtype = v.dtype
    q, k, v = q.float(), k.float(), v.float()
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return (weights @ v).to(dtype)


@wrong(
    "Computes the softmax by `exp` alone, which overflows for large scores",
    hint="`exp` of 1000 is infinite. `softmax` takes the largest score off first.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def overflows(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.exp().masked_fill(future, 0)
    weights = weights / weights.sum(dim=-1, keepdim=True)
    return weights @ v


@wrong(
    "Takes the mean of all keys off each",
    hint="A softmax doesn't mind a shift, but the mean is over later positions as well, and they change the last bits of the result.",
    fails="causal_mix_causal",
)
def centred_keys(q, k, v):
    T = q.shape[-2]
    k = k - k.mean(dim=-2, keepdim=True)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Looks back over the last few positions only",
    hint="Position `t` sees all of `0..t`, however long ago.",
    fails="causal_mix_values",
    constants=("tril(-64)", "tril(-32)", "tril(-16)", "tril(-128)"),
)
def looks_back_64(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    future = future | torch.ones(T, T, dtype=torch.bool).tril(-64)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Looks back over two or three positions only",
    hint="Your mask hides the future, and also what lies a few places back. Nothing of the past is hidden: position `t` sees all of `0..t`.",
    fails="causal_mix_values",
    constants=("tril(-3)", "tril(-2)", "tril(-4)"),
)
def looks_back_3(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    future = future | torch.ones(T, T, dtype=torch.bool).tril(-3)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Cuts the result off from the values",
    hint="No gradient flows to `v`, as after `detach`.",
    fails="causal_mix_values",
)
def detached_values(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v.detach()


@wrong(
    "Cuts the result off from queries and keys",
    hint="`detach`, or `no_grad` around the shares, keeps gradients from flowing to `q` and `k`.",
    fails="causal_mix_values",
)
def detached_weights(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights.detach() @ v


@wrong(
    "Overwrites the queries in place",
    hint="The caller's `q` has changed after your call, as `/=` changes it. Divide into a new tensor.",
    fails="causal_mix_values",
)
def in_place(q, k, v):
    T = q.shape[-2]
    with torch.no_grad():
        q /= math.sqrt(q.shape[-1])
    scores = q @ k.transpose(-2, -1)
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Keeps the shares of the tensors that it was given",
    hint="The numbers in them may have changed since. Compute the shares anew in each call.",
    fails="causal_mix_values",
)
def remembers(q, k, v, seen={}):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    if (q, k) not in seen:
        seen[q, k] = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    weights = seen[q, k]
    return weights @ v


@wrong(
    "Divides by the square root of the number of positions",
    hint="A score is a sum over the entries of `q` and `k`, and grows with their number, `d`. How many positions there are doesn't matter.",
    fails="causal_mix_values",
)
def scaled_by_the_positions(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(T)
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Hides each position and the one before it, too",
    hint="`triu(diagonal=-1)` begins one below the diagonal, so the first two positions have nothing left to see, and come out as nan. The future begins one above it.",
    fails="causal_mix_values",
)
def hides_the_one_before(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=-1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Divides the scores by their sum, without a softmax",
    hint="Scores may be negative, and then so are your shares, and their sum may come close to 0. What makes positive shares of any numbers, before they are divided by their sum?",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def scores_by_their_sum(q, k, v):
    rows = []
    for t in range(q.shape[-2]):
        scores = q[..., [t], :] @ k[..., : t + 1, :].transpose(-2, -1) / math.sqrt(q.shape[-1])
        shares = scores / scores.sum(dim=-1, keepdim=True)
        rows.append(shares @ v[..., : t + 1, :])
    return torch.cat(rows, dim=-2)


@wrong(
    "Puts the positions together along dimension 1",
    hint="You compute the right vector for each position, and stack them along a dimension counted from the front. How many dimensions stand before the positions isn't fixed: count from the end.",
    fails="causal_mix_values",
)
def stacks_along_1(q, k, v):
    rows = []
    for t in range(q.shape[-2]):
        scores = q[..., [t], :] @ k[..., : t + 1, :].transpose(-2, -1) / math.sqrt(q.shape[-1])
        rows.append((scores.softmax(dim=-1) @ v[..., : t + 1, :]).squeeze(-2))
    return torch.stack(rows, dim=1)


@wrong(
    "Gives nan for every position, as 0 times infinity does",
    hint="A mask of zeros and ones times `-math.inf` is nan wherever the mask is 0, and every row holds one. Put `-math.inf` only where the mask hides: which method fills?",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def zero_times_infinity(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    mask = torch.ones(T, T).triu(diagonal=1) * -math.inf
    return (scores + mask).softmax(dim=-1) @ v


@wrong(
    "Takes the softmax over the queries, and lets each position see the next one",
    hint="Two things. For each query the shares of all keys sum to 1, so the softmax runs over the last dimension, which was right before. And look at row 0 of the mask: what stands one place right of the main diagonal is not hidden yet.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def queries_and_diagonal(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=2)
    return scores.masked_fill(future, -math.inf).softmax(dim=-2) @ v


@wrong(
    "Multiplies keys by queries instead of queries by keys",
    hint="Row `t` of your scores belongs to key `t`. Mask and softmax take a row for what position `t` looks for, its query. Which of the two comes first?",
    fails="causal_mix_values",
)
def keys_ask(q, k, v):
    T = q.shape[-2]
    scores = k @ q.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return weights @ v


@wrong(
    "Gives PyTorch a mask of what is hidden",
    hint="In a mask of truth values for `scaled_dot_product_attention`, True stands for what takes part. Yours is True in the future: each position sees just what it shouldn't.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def mask_the_wrong_way_round(q, k, v):
    T = q.shape[-2]
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=future)


@wrong(
    "Subtracts one largest score from all rows",
    hint="A row whose scores lie far below the largest of all vanishes when `exp` is taken, and nothing is left to divide. Each row subtracts its own largest.",
    fails=("causal_mix_values", "causal_mix_causal"),
)
def one_largest_for_all(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    exps = (scores - scores.max()).exp() * torch.ones(T, T, dtype=q.dtype).tril()
    return exps / (exps.sum(dim=-1, keepdim=True) + 1e-9) @ v


@wrong(
    "Takes a score of 0 for one that is hidden",
    hint="`tril` puts 0 where the future is, and then each 0 becomes -inf. But a score that is allowed may be 0 itself, and where a query is zero all of them are: nothing is left to look at. Let the mask say what is hidden, not the score.",
    fails="causal_mix_values",
)
def zero_means_hidden(q, k, v):
    scores = torch.tril(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]))
    return scores.masked_fill(scores == 0, -math.inf).softmax(dim=-1) @ v
