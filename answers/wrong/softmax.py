"""Wrong answers to `softmax(x, dim)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Normalises over the last dimension, whatever dim says",
    hint="The last dimension is the usual choice, but the caller chooses. Where does your code use `dim`?",
    fails="softmax_values",
)
def over_the_last_dimension(x, dim):
    exps = torch.exp(x - x.amax(-1, keepdim=True))
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Normalises over dimension 0, whatever dim says",
    hint="Your sum always runs over dimension 0. Which entries compete with one another? The caller tells you in `dim`.",
    fails="softmax_values",
)
def over_dimension_0(x, dim):
    exps = torch.exp(x - x.amax(0, keepdim=True))
    return exps / exps.sum(0, keepdim=True)


@wrong(
    "Puts the slices back together along dimension 0, whatever dim says",
    hint="Each slice has the right numbers: you took `x` apart along `dim` and shared out among the pieces. But `stack` puts them along dimension 0 unless it is told otherwise, and the result's dimensions are in another order than those of `x`.",
    fails=("softmax_values", "softmax_stability", "softmax_gradients"),
)
def stacks_along_dimension_0(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    shares = exps / exps.sum(dim, keepdim=True)
    return torch.stack(shares.unbind(dim))


@wrong(
    "Shares out over the whole tensor instead of along dim",
    hint="You divide by the sum of everything, so the whole tensor sums to 1. Each slice along `dim` should sum to 1 by itself.",
    fails="softmax_values",
)
def over_everything(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum()


@wrong(
    "Takes one maximum and one sum for the whole tensor",
    hint="Without `dim`, `max()` and `sum()` see every entry at once, so the whole tensor sums to 1. Each slice along `dim` has a maximum and a sum of its own.",
    fails="softmax_values",
)
def one_maximum_and_one_sum(x, dim):
    exps = torch.exp(x - x.max())
    return exps / exps.sum()


@wrong(
    "Sums without keepdim, so the sums meet the wrong dimension",
    hint="Without `keepdim=True` the summed dimension is gone, and broadcasting lines the sums up from the right: an error, or, where "
    "sizes happen to agree, the wrong slice's sum. Print the two shapes that you divide.",
    fails="softmax_values",
)
def sum_without_keepdim(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim)


@wrong(
    "Sums without keepdim, so the sums meet the wrong dimension, and takes the exponential of the raw logits",
    hint="Without `keepdim=True` the summed dimension is gone, and broadcasting lines the sums up from the right. Print the two "
    "shapes that you divide. Then try a logit of 1000: what is its exponential?",
    fails=("softmax_values", "softmax_stability"),
)
def sum_without_keepdim_or_shift(x, dim):
    exps = torch.exp(x)
    return exps / exps.sum(dim)


@wrong(
    "Divides the logits by their sum, without the exponential",
    hint="Your shares may be negative, and are undefined where the logits sum to 0. What makes every score positive before it is shared out?",
    fails=("softmax_values", "softmax_stability"),
)
def without_exp(x, dim):
    return x / x.sum(dim, keepdim=True)


@wrong(
    "Shares out how far each logit lies above the smallest, without the exponential",
    hint="Nothing is negative now, but the smallest logit gets exactly 0, and equal logits give 0 / 0. What makes every score positive before it is shared out?",
    fails=("softmax_values", "softmax_stability"),
)
def above_the_smallest(x, dim):
    above = x - x.amin(dim, keepdim=True)
    return above / above.sum(dim, keepdim=True)


@wrong(
    "Sets negative logits to 0 instead of taking the exponential",
    hint="To cut off at 0, as `relu` or `clamp(min=0)` does, makes scores non-negative by throwing away all that is below 0. Even a negative logit should get a share, and a bigger one where it is less negative.",
    fails="softmax_values",
)
def relu_instead_of_exp(x, dim):
    kept = x.clamp(min=0) + 1e-9
    return kept / kept.sum(dim, keepdim=True)


@wrong(
    "Squares the logits instead of taking the exponential",
    hint="A square is positive, but it loses the sign: -3 would get more than 2. Look at the function in the formula.",
    fails="softmax_values",
)
def squares(x, dim):
    return x**2 / (x**2).sum(dim, keepdim=True)


@wrong(
    "Uses powers of 2 instead of powers of e",
    hint="Your shares are positive, ordered and sum to 1, but one more in the logit should multiply the share by e, and yours by 2.",
    fails="softmax_values",
)
def base_2(x, dim):
    powers = torch.exp2(x - x.amax(dim, keepdim=True))
    return powers / powers.sum(dim, keepdim=True)


@wrong(
    "Takes a rounded number for e",
    hint="One more in the logit should multiply the share by e, and yours multiplies it by a little more or less: the farther two logits lie apart, the more their shares are off. Which function raises e itself to a power?",
    fails="softmax_values",
    constants=("2.718", "2.7183", "2.71828", "2.72", "2.7"),
)
def rounded_e(x, dim):
    powers = 2.718 ** (x - x.amax(dim, keepdim=True))
    return powers / powers.sum(dim, keepdim=True)


@wrong(
    "Flips the sign, so the smallest logit gets the largest share",
    hint="Your shares are in the reverse order of the logits: look at the sign inside `exp`. A difference that is never above 0 is "
    "the logit minus the maximum, not the other way round.",
    fails="softmax_values",
)
def minimum_wins(x, dim):
    exps = torch.exp(x.amin(dim, keepdim=True) - x)
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Takes the sigmoid of each logit, so the entries do not compete",
    hint="A sigmoid looks at one logit at a time, so the results don't sum to 1. In a softmax one logit's gain is the others' loss.",
    fails="softmax_values",
)
def sigmoid(x, dim):
    return torch.sigmoid(x)


@wrong(
    "Divides sigmoids by their sum",
    hint="Your shares sum to 1, but the sigmoid flattens big logits: 10 and 20 come out nearly equal. Compare your formula with the one given.",
    fails="softmax_values",
)
def shared_sigmoids(x, dim):
    positive = torch.sigmoid(x)
    return positive / positive.sum(dim, keepdim=True)


@wrong(
    "Divides by the largest exponential instead of their sum",
    hint="Your largest entry is always 1, and the entries sum to more than that. What should the entries of a slice add up to?",
    fails="softmax_values",
)
def divides_by_the_maximum(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.amax(dim, keepdim=True)


@wrong(
    "Divides by the length of the exponentials instead of their sum",
    hint="You make each slice a vector of length 1: its squares sum to 1. Shares should themselves sum to 1.",
    fails="softmax_values",
)
def unit_length(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.norm(dim=dim, keepdim=True)


@wrong(
    "Gives the logarithm of the shares",
    hint="Your result is never above 0: it is the logarithm of what is asked. Is an `exp` missing at the end, or is there a `log` too many?",
    fails="softmax_values",
)
def logarithms(x, dim):
    return x - torch.logsumexp(x, dim, keepdim=True)


@wrong(
    "Gives 1 to the largest logit and 0 to all others",
    hint="That is a hard choice of the maximum. A softmax is soft: the others get something too, according to how far behind they are.",
    fails="softmax_values",
)
def hard_maximum(x, dim):
    return (x == x.amax(dim, keepdim=True)).to(x.dtype)


@wrong(
    "Computes and returns float32, whatever went in",
    hint="float64 went in and float32 came out, with the last digits lost. Does your code convert, or make a new tensor of a fixed dtype?",
    fails="softmax_values",
)
def always_float32(x, dim):
    x = x.float()
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Loses digits on a way through float32",
    hint="The dtype is right at the end, but somewhere in between your numbers were float32, which keeps only seven digits.",
    fails="softmax_values",
)
def through_float32(x, dim):
    y = x.float()
    exps = torch.exp(y - y.amax(dim, keepdim=True))
    return (exps / exps.sum(dim, keepdim=True)).to(x.dtype)


@wrong(
    "Rounds the shares",
    hint="Rounding is for printing. It makes small shares 0, and its gradient is 0 everywhere.",
    fails=("softmax_values", "softmax_gradients"),
)
def rounded(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return torch.round(exps / exps.sum(dim, keepdim=True), decimals=4)


@wrong(
    "Adds a small number to the sum so as not to divide by 0",
    hint="Your shares sum to a little less than 1. With the right constant subtracted, one exponential of each slice is 1, so the sum cannot be 0.",
    fails="softmax_values",
    constants=("1e-5", "1e-6", "1e-4", "1e-3"),
)
def padded_sum(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / (exps.sum(dim, keepdim=True) + 1e-5)


@wrong(
    "Uses view, which fails on a transposed tensor",
    hint="`view` needs the entries one after the other in memory, and a transposed or sliced tensor doesn't have them so. You may not need to "
    "change the shape at all: `sum` takes a `dim`.",
    fails="softmax_values",
)
def flattens_with_view(x, dim):
    shape = x.shape
    dim = dim % x.dim()
    slices = x.view(math.prod(shape[:dim]), shape[dim], math.prod(shape[dim + 1 :]))
    exps = torch.exp(slices - slices.amax(1, keepdim=True))
    return (exps / exps.sum(1, keepdim=True)).view(shape)


@wrong(
    "Works in place on the argument",
    hint="Something changes the caller's tensor, which autograd refuses on a leaf: `-=`, for instance, or a method whose name ends in an underscore, such as `exp_`. `x = x - ...`, or the method without the underscore, makes a new tensor.",
    fails=("softmax_values", "softmax_gradients"),
)
def in_place(x, dim):
    x -= x.amax(dim, keepdim=True)
    exps = torch.exp(x)
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Subtracts the maximum from the caller's logits",
    hint="It is true that the shift needs no gradient, but the caller's logits have changed after the call. `no_grad`, `.data` and `detach()` only keep autograd from noticing: make a new tensor.",
    fails="softmax_values",
)
def in_place_under_no_grad(x, dim):
    with torch.no_grad():
        x -= x.amax(dim, keepdim=True)
    exps = torch.exp(x)
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Handles two dimensions only",
    hint="To go through rows fits a (B, V) tensor. With `dim` and `keepdim=True` one line serves any number of dimensions.",
    fails="softmax_values",
)
def two_dimensions_only(x, dim):
    rows = x if dim in (1, -1) else x.transpose(0, 1)
    shares = torch.stack([torch.exp(row - row.max()) / torch.exp(row - row.max()).sum() for row in rows])
    return shares if dim in (1, -1) else shares.transpose(0, 1)


@wrong(
    "Moves dim to the end by its number, which fails for a negative dim",
    hint="A dim of -1 means the last dimension, but your list of dimensions looks for the number -1. `sum` and `amax` know what -1 means.",
    fails="softmax_values",
)
def no_negative_dim(x, dim):
    order = [d for d in range(x.dim()) if d != dim] + [dim]
    back = [order.index(d) for d in range(x.dim())]
    moved = x.permute(order)
    exps = torch.exp(moved - moved.amax(-1, keepdim=True))
    return (exps / exps.sum(-1, keepdim=True)).permute(back)


@wrong(
    "Takes exp without subtracting the maximum",
    hint="In float32 `exp(89)` is `inf` and `exp(-104)` is 0, and then `inf / inf` or `0 / 0` is `nan`. Which constant can you subtract first? (If you do subtract one: is it the largest logit itself, or the position of it?)",
    fails="softmax_stability",
)
def without_shift(x, dim):
    exps = torch.exp(x)
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Goes to float64 instead of subtracting a constant",
    hint="float64 only moves the limit, from 88 to 709. Logits of 1e4 still overflow.",
    fails="softmax_stability",
)
def float64_without_shift(x, dim):
    exps = torch.exp(x.double())
    return (exps / exps.sum(dim, keepdim=True)).to(x.dtype)


@wrong(
    "Subtracts the maximum of the whole tensor",
    hint="One maximum for all: a slice that lies far below it turns into zeros only, and 0 / 0 is `nan`. Each slice needs its own maximum.",
    fails="softmax_stability",
)
def global_maximum(x, dim):
    exps = torch.exp(x - x.max())
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Subtracts the maximum over the last dimension, but sums along dim",
    hint="Where `dim` isn't the last one, entries of one slice get different constants taken off, so nothing cancels. Maximum "
    "and sum must run along the same dimension.",
    fails="softmax_values",
)
def maximum_over_another_dimension(x, dim):
    exps = torch.exp(x - x.amax(-1, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Subtracts the mean",
    hint="With logits 1e4 and -1e4 the mean is 0 and `exp(1e4)` still overflows. Only one constant makes sure that nothing is above 0 afterwards.",
    fails="softmax_stability",
)
def mean_shift(x, dim):
    exps = torch.exp(x - x.mean(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Subtracts the minimum",
    hint="After that every entry is at least 0, and the largest can be huge: it overflows more often than before. Which end of the slice should be at 0?",
    fails="softmax_stability",
)
def minimum_shift(x, dim):
    exps = torch.exp(x - x.amin(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Subtracts the smallest, or the mean, of the finite logits",
    hint="You take care of -inf, but after your shift the largest entry may still be far above 0, and its exponential overflows. Which end of the slice should be at 0, so that nothing is above it?",
    fails="softmax_stability",
)
def finite_minimum_shift(x, dim):
    exps = torch.exp(x - x.masked_fill(x == -math.inf, math.inf).amin(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Subtracts the largest absolute value",
    hint="With all logits near -1e4 you subtract +1e4 and land at -2e4, where every exponential is 0. Is the sign part of the maximum?",
    fails="softmax_stability",
)
def largest_size(x, dim):
    exps = torch.exp(x - x.abs().amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Subtracts the largest absolute value of the finite logits",
    hint="You take care of -inf, but with all logits near -1e4 you subtract +1e4 and land at -2e4, where every exponential is 0. Is the sign part of the maximum?",
    fails="softmax_stability",
)
def largest_finite_size(x, dim):
    exps = torch.exp(x - x.masked_fill(x == -math.inf, 0).abs().amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Subtracts the maximum only where it is above 0",
    hint="You guard against `inf`, not against 0: with all logits near -1e4 every exponential is 0, and 0 / 0 is `nan`.",
    fails="softmax_stability",
)
def positive_maximum(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True).clamp(min=0))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Cuts the logits off",
    hint="Nothing overflows, but logits of 150 and 149 become equal: the winner is lost. Subtracting loses nothing.",
    fails="softmax_stability",
)
def clamped(x, dim):
    exps = torch.exp(x.clamp(-80, 80))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Divides the logits by the largest absolute value",
    hint="Dividing changes the differences between the logits, and with them the shares. Subtracting keeps the differences.",
    fails="softmax_values",
)
def divides_the_logits(x, dim):
    exps = torch.exp(x / x.abs().amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Replaces nan by 0 after the overflow",
    hint="The `nan` is gone, but so is the winner: it should get nearly 1 and gets 0. Prevent the overflow instead of hiding it.",
    fails="softmax_stability",
)
def hides_nan(x, dim):
    exps = torch.exp(x)
    return torch.nan_to_num(exps / exps.sum(dim, keepdim=True))


@wrong(
    "Subtracts the logarithm of a sum that has overflowed",
    hint="On paper that is right, but the sum of the raw exponentials overflows to `inf` all the same, or is 0, and so is its logarithm spoilt. Subtract the maximum first, inside; or look for a function that takes the logarithm of such a sum safely.",
    fails=("softmax_stability", "softmax_gradients"),
)
def exp_of_log_share(x, dim):
    return torch.exp(x - torch.log(torch.exp(x).sum(dim, keepdim=True)))


@wrong(
    "Falls back to the hard maximum where the plain formula overflows",
    hint="Two logits of 1000 and 999 should share 0.73 to 0.27 like any two that are 1 apart. One formula can serve all sizes.",
    fails="softmax_stability",
)
def hard_maximum_on_overflow(x, dim):
    exps = torch.exp(x)
    shares = exps / exps.sum(dim, keepdim=True)
    return torch.where(shares.isnan(), (x == x.amax(dim, keepdim=True)).to(x.dtype), shares)


@wrong(
    "Takes a maximum that is too high where all logits are very low",
    hint="A slice in which all logits lie below a fixed number never gets its own maximum. Does a loop start from a number such as -1e9, or is there a bound? You could start with the first entry.",
    fails="softmax_stability",
)
def loop_from_minus_1e9(x, dim):
    largest = torch.full_like(x.select(dim, 0), -1e9)
    for entry in x.unbind(dim):
        largest = torch.maximum(largest, entry)
    exps = torch.exp(x - largest.unsqueeze(dim))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Keeps a running maximum, and computes -inf minus -inf at the first entry",
    hint="A single pass works until a slice begins with -inf: then `-inf - -inf` is `nan`, and the sum never recovers. Finding the maximum first and summing afterwards avoids it.",
    fails="softmax_stability",
)
def running_maximum(x, dim):
    entries = x.unbind(dim)
    largest, total = entries[0], torch.ones_like(entries[0])
    for entry in entries[1:]:
        larger = torch.maximum(largest, entry)
        total = total * torch.exp(largest - larger) + torch.exp(entry - larger)
        largest = larger
    return torch.stack([torch.exp(entry - largest) / total for entry in entries], dim)


@wrong(
    "Adds a small number to every exponential, so that no share is 0",
    hint="A logit of -inf means exactly 0, and attention counts on that. Your result gives it a little.",
    fails="softmax_stability",
)
def tiny_share_for_all(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True)) + 1e-12
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Cuts the shifted logits off",
    hint="After the shift small numbers do no harm: `exp` of a very negative number is 0, which is right. An entry of -inf must come out as exactly 0.",
    fails="softmax_stability",
    constants=(
        "amax(dim, keepdim=True)).clamp(min=-50)",
        "amax(dim, keepdim=True)).clamp(min=-10)",
        "amax(dim, keepdim=True)).clamp(min=-20)",
        "amax(dim, keepdim=True)).clamp(min=-30)",
        "amax(dim, keepdim=True)).clamp(min=-60)",
        "amax(dim, keepdim=True)).clamp(min=-80)",
        "amax(dim, keepdim=True)).clamp(min=-88)",
        "amax(dim, keepdim=True)).clamp(min=-100)",
        "max(dim, keepdim=True).values).clamp(min=-50)",
        "max(dim, keepdim=True).values).clamp(min=-20)",
        "max(dim, keepdim=True).values).clamp(min=-30)",
        "max(dim, keepdim=True).values).clamp(min=-60)",
        "max(dim, keepdim=True).values).clamp(min=-80)",
        "max(dim, keepdim=True).values).clamp(min=-88)",
        "max(dim, keepdim=True).values).clamp(min=-100)",
    ),
)
def clamps_after_the_shift(x, dim):
    exps = torch.exp((x - x.amax(dim, keepdim=True)).clamp(min=-50))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Takes -inf for a logit of 0",
    hint="You replace -inf by 0, and a logit of 0 gets a share. What is `exp(-inf)`? You may not have to replace anything.",
    fails="softmax_stability",
)
def infinity_becomes_0(x, dim):
    x = x.masked_fill(x.isinf(), 0.0)
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Takes -inf for a large negative logit",
    hint="A real logit can be that small. `exp(-inf)` is exactly 0, without any replacement.",
    fails="softmax_stability",
)
def infinity_becomes_minus_1e4(x, dim):
    x = x.clamp(min=-1e4)
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Cuts the result off from x",
    hint="The values are right, but no gradient flows back to `x`, so nothing before your softmax could ever learn. Look for `detach()`, `.data`, `no_grad` or Python numbers from `tolist` and `item`: each of them leaves autograd's graph.",
    fails="softmax_gradients",
)
def detached(x, dim):
    x = x.detach()
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Computes under no_grad",
    hint="Under `torch.no_grad()` autograd records nothing, so the result has no gradient. That is for generating text, not for a part of the model.",
    fails="softmax_gradients",
    like="detached",
)
def under_no_grad(x, dim):
    with torch.no_grad():
        exps = torch.exp(x - x.amax(dim, keepdim=True))
        return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Detaches the sum",
    hint="The constant that is subtracted may be detached, since it cancels. The sum may not: every logit changes it.",
    fails="softmax_gradients",
)
def detached_sum(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True).detach()


@wrong(
    "Rebuilds the result from Python numbers",
    hint="`tolist` and `item` leave autograd's graph: the numbers are right, but no gradient flows. Stay with tensors.",
    fails="softmax_gradients",
    like="detached",
)
def python_numbers(x, dim):
    slices = x.movedim(dim, -1)
    shares = []
    for row in slices.reshape(-1, slices.shape[-1]).tolist():
        exps = [math.exp(v - max(row)) for v in row]
        shares.append([e / sum(exps) for e in exps])
    return torch.tensor(shares, dtype=x.dtype).reshape(slices.shape).movedim(-1, dim)


@wrong(
    "Chooses between the plain and the shifted formula with where",
    hint="`torch.where` picks the right value, but its backward pass goes through both branches, and the branch with `inf` sends `nan`. "
    "The shifted formula is right at every size, so you need no other.",
    fails="softmax_gradients",
)
def where_overflow(x, dim):
    plain = torch.exp(x) / torch.exp(x).sum(dim, keepdim=True)
    shifted = torch.exp(x - x.amax(dim, keepdim=True))
    shifted = shifted / shifted.sum(dim, keepdim=True)
    plain_is_fine = (x.abs() < 80).all(dim, keepdim=True)
    return torch.where(plain_is_fine, plain, shifted)


@wrong(
    "Calls torch.softmax",
    hint="This exercise is about building what `torch.softmax` does. `exp`, a sum and a division will do.",
    fails=("softmax_values", "softmax_stability", "softmax_gradients"),
)
def torch_softmax(x, dim):
    return torch.softmax(x, dim)


@wrong(
    "Calls F.softmax",
    hint="`F.softmax` is the built-in again, in another place. `exp`, a sum and a division will do.",
    fails=("softmax_values", "softmax_stability", "softmax_gradients"),
)
def functional_softmax(x, dim):
    return F.softmax(x, dim=dim)


@wrong(
    "Uses the module nn.Softmax",
    hint="A module is the built-in in another form. `exp`, a sum and a division will do.",
    fails=("softmax_values", "softmax_stability", "softmax_gradients"),
)
def softmax_module(x, dim):
    return nn.Softmax(dim=dim)(x)


@wrong(
    "Takes the exponential of log_softmax",
    hint="`log_softmax` already does all the work. It is one of the three that this exercise asks you to build without.",
    fails=("softmax_values", "softmax_stability", "softmax_gradients"),
)
def exp_of_log_softmax(x, dim):
    return x.log_softmax(dim).exp()


@wrong(
    "Calls softmin with the sign turned",
    hint="`softmin(-x)` is softmax under another name. Build it from `exp`, a sum and a division.",
    fails=("softmax_values", "softmax_stability", "softmax_gradients"),
)
def softmin_of_the_negative(x, dim):
    return F.softmin(-x, dim=dim)


@wrong(
    "Overwrites -inf in its argument",
    hint="Something writes into the caller's logits: a method with an underscore, or an assignment to `x[...]`, also by way of `detach()` or `.data`, which share their memory with `x`. Work on a copy, or leave -inf alone: its exponential is 0.",
    fails="softmax_values",
)
def overwrites_minus_infinity(x, dim):
    shared = x.detach()
    shared[shared == -math.inf] = -1e9
    exps = (x - x.amax(dim, keepdim=True)).exp()
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Finds the maxima without keepdim, so they meet the wrong dimension",
    hint="Without `keepdim=True` the dimension of the maximum is gone, and broadcasting lines the maxima up from the right: an error, or, where sizes happen to agree, the wrong slice's maximum. Print the two shapes that you subtract.",
    fails="softmax_values",
)
def maximum_without_keepdim(x, dim):
    exps = torch.exp(x - x.amax(dim))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Takes logsumexp without keepdim, so it meets the wrong dimension",
    hint="Without `keepdim=True` the dimension that `logsumexp` sums over is gone, and broadcasting lines the rest up from the right: an error, or, where sizes happen to agree, the wrong slice's sum. Print the two shapes that you subtract.",
    fails="softmax_values",
)
def logsumexp_without_keepdim(x, dim):
    return torch.exp(x - torch.logsumexp(x, dim))


@wrong(
    "Divides by the mean of the exponentials instead of their sum",
    hint="Your shares sum to the number of entries instead of 1. A share is a part of the sum.",
    fails="softmax_values",
)
def divides_by_the_mean(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.mean(dim, keepdim=True)


@wrong(
    "Subtracts the maximum over dimension 0, but sums along dim",
    hint="Where `dim` isn't 0, entries of one slice get different constants taken off, so nothing cancels. Maximum and sum must run along the same dimension.",
    fails="softmax_values",
)
def maximum_over_dimension_0(x, dim):
    exps = torch.exp(x - x.amax(0, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Adds a small number to the sum instead of subtracting the maximum",
    hint="The small number saves you from 0 / 0, but not from `inf / inf`, and it makes every share a little too small. Which constant can you subtract from the logits first?",
    fails=("softmax_values", "softmax_stability"),
    constants=("1e-8", "1e-9", "1e-10", "1e-12", "1e-7", "1e-6"),
)
def padded_sum_without_shift(x, dim):
    exps = torch.exp(x)
    return exps / (exps.sum(dim, keepdim=True) + 1e-8)


@wrong(
    "Shares out among a few of the largest logits only",
    hint="Your other entries get 0. That's top-k sampling, another step; in a softmax every entry gets something, however many there are.",
    fails="softmax_values",
    constants=("5", "10", "3", "4", "8", "20", "50"),
)
def five_largest(x, dim):
    most = min(5, x.shape[dim])
    least = x.topk(most, dim=dim).values.amin(dim, keepdim=True)
    exps = torch.exp(x - x.amax(dim, keepdim=True)) * (x >= least)
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Adds up a fixed number of entries only",
    hint="Your sum ends after a fixed number of entries. A slice may be of any size, and each entry counts.",
    fails="softmax_values",
)
def sums_16(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / sum(exps.unbind(dim)[:16]).unsqueeze(dim)


@wrong(
    "Knows a fixed number of dimensions at most",
    hint="Your code refuses more than four dimensions. `x` may have any number; with `dim` and `keepdim=True` one line serves them all.",
    fails="softmax_values",
)
def up_to_four_dimensions(x, dim):
    if x.dim() > 4:
        raise ValueError("too many dimensions")
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Takes a logit of 0 for padding",
    hint="A logit of 0 is a number like any other, larger than -1 and smaller than 1. Only -inf is out of the race.",
    fails="softmax_values",
)
def zero_is_padding(x, dim):
    x = x.masked_fill((x == 0) & (x != 0).any(dim, keepdim=True), -math.inf)
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Spreads evenly where the logits sum to 0",
    hint="A sum of 0 doesn't mean that there is nothing: 3 and -3 cancel, and still the first is much larger. What you divide by is the sum of the exponentials, which is never 0.",
    fails="softmax_values",
)
def even_where_the_sum_is_0(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    even = torch.full_like(x, 1 / x.shape[dim])
    return torch.where(x.sum(dim, keepdim=True) == 0, even, exps / exps.sum(dim, keepdim=True))


@wrong(
    "Cuts small shares to 0",
    hint="A share of one in a million is small, but it's not nothing: its logarithm, which the loss needs, is finite. Leave small shares as they are.",
    fails="softmax_values",
    constants=("1e-6", "1e-5", "1e-7", "1e-8", "1e-9", "1e-10"),
)
def cuts_small_shares(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    shares = exps / exps.sum(dim, keepdim=True)
    return torch.where(shares < 1e-6, torch.zeros_like(shares), shares)


@wrong(
    "Keeps the shares away from 0",
    hint="You raise small shares to a bound, as `clamp_min` does. A logit of -inf means exactly 0, and attention counts on that; other small shares are wrong with the bound in their place, and the sum is no longer 1.",
    fails=("softmax_values", "softmax_stability"),
    constants=("1e-12", "1e-10", "1e-9", "1e-8", "1e-7", "1e-6", "1e-15"),
)
def bounds_the_shares(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return (exps / exps.sum(dim, keepdim=True)).clamp(min=1e-12)


@wrong(
    "Gives the last entry what the others leave",
    hint="1 minus the rest is the last share on paper only. Where it's small, its digits are lost in the 1. Divide its own exponential by the sum.",
    fails="softmax_values",
)
def one_minus_the_rest(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    n = x.shape[dim] - 1
    others = exps.narrow(dim, 0, n) / exps.sum(dim, keepdim=True)
    return torch.cat([others, 1 - others.sum(dim, keepdim=True)], dim)


@wrong(
    "Takes the shares as differences of running sums",
    hint="A running sum minus the one before gives a share back on paper only: beside a sum near 1 the digits of a small share are gone. Divide each exponential by the sum.",
    fails="softmax_values",
)
def differences_of_running_sums(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    sums = (exps / exps.sum(dim, keepdim=True)).cumsum(dim)
    return torch.diff(sums, dim=dim, prepend=torch.zeros_like(sums.narrow(dim, 0, 1)))


@wrong(
    "Remembers the shares of a tensor that it has seen",
    hint="What you keep goes by the tensor, and not by its numbers, which may have changed since, in place. Compute anew in each call.",
    fails="softmax_values",
)
def remembers(x, dim, seen={}):
    if (x, dim) not in seen:
        exps = torch.exp(x - x.amax(dim, keepdim=True))
        seen[x, dim] = exps / exps.sum(dim, keepdim=True)
    return seen[x, dim]


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Where the tensor is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` copies with the history; or compute with the tensor as it is.",
    fails="softmax_gradients",
)
def copies_without_history(x, dim):
    if not x.is_contiguous():
        x = torch.empty(x.shape, dtype=x.dtype).copy_(x.detach())
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Gives new numbers where all logits are 0",
    hint="The shares are right, but numbers of your own know nothing of `x`, so no gradient gets back. Zeros go through the formula like anything else.",
    fails="softmax_gradients",
)
def even_for_zeros(x, dim):
    if not x.any():
        return torch.full_like(x, 1 / x.shape[dim])
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Overwrites -inf in its argument with the lowest finite number",
    hint="The caller's -inf is gone after the call: something writes into `x`, as a method does whose name ends in an underscore. Without the underscore it makes a new tensor.",
    fails="softmax_values",
)
def replaces_minus_infinity(x, dim):
    with torch.no_grad():
        x.masked_fill_(x == -math.inf, torch.finfo(x.dtype).min)
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim, keepdim=True)


@wrong(
    "Computes into a tensor that it keeps",
    hint="The shares of this call overwrite those of the call before of that shape, which the caller still holds. `out=` does that, and so does an assignment into a tensor that you keep: give a new one each time.",
    fails="softmax_values",
)
def computes_into_a_kept_tensor(x, dim, kept={}):
    shifted = x - x.amax(dim, keepdim=True)
    if x.requires_grad:
        return shifted.exp() / shifted.exp().sum(dim, keepdim=True)
    shares = kept.setdefault((x.shape, x.dtype), torch.empty_like(x))
    torch.exp(shifted, out=shares)
    shares /= shares.sum(dim, keepdim=True)
    return shares


@wrong(
    "Shifts the exponentials above the line, and not those below it",
    hint="Above you subtract the maximum, below you add up the exponentials of the raw logits. The shift cancels out only if it is the same in both: compute the exponentials once.",
    fails=("softmax_values", "softmax_stability"),
)
def shifts_above_the_line_only(x, dim):
    largest = x.max(dim=dim, keepdim=True).values
    return torch.exp(x - largest) / torch.exp(x).sum(dim=dim, keepdim=True)


@wrong(
    "Puts the summed dimension back at the end, whichever it was",
    hint="`unsqueeze(-1)` makes a last dimension, and the sum took `dim` away. Where that isn't the last, the sums meet the wrong entries. What leaves the summed dimension in its place, with size 1?",
    fails="softmax_values",
)
def sums_put_at_the_end(x, dim):
    exps = torch.exp(x - x.amax(dim, keepdim=True))
    return exps / exps.sum(dim).unsqueeze(-1)


@wrong(
    "Takes differences of every two logits, also of two that are -inf",
    hint="One over the sum of the exponentials of all differences is the same share. But -inf less -inf is nan, and where two logits are far apart the gradient becomes nan. Subtract one and the same number from all of a slice: its largest.",
    fails="softmax_stability",
)
def of_every_difference(x, dim):
    moved = x.transpose(dim, -1)
    differences = moved.unsqueeze(-2) - moved.unsqueeze(-1)
    return (1 / differences.exp().sum(dim=-1)).transpose(dim, -1)


@wrong(
    "Divides large logits by a number to make them fit",
    hint="Subtracting a number from all logits leaves the shares as they are, as only differences count. Dividing makes the differences smaller, and the shares more even.",
    fails=("softmax_stability", "softmax_gradients"),
)
def scaled_to_fit(x, dim):
    size = x.masked_fill(x == -math.inf, 0.0).abs().amax(dim=dim, keepdim=True)
    exps = (x / torch.where(size > 80, size / 80, torch.ones_like(size))).exp()
    return exps / exps.sum(dim=dim, keepdim=True)


@wrong(
    "Puts a number in the place of -inf",
    hint="Its exponential is small, and not 0: where all other logits are far below 0 as well, it gets a share. `exp` gives exactly 0 for `-inf` by itself.",
    fails="softmax_stability",
    constants=("-100.0", "-50.0", "-1000.0", "-30.0"),
)
def a_number_for_minus_infinity(x, dim):
    finite = x.masked_fill(x == float("-inf"), -100.0)
    e = (finite - finite.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)
