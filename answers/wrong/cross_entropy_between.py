"""Wrong answers to `cross_entropy_between(p, q)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Multiplies without looking at zeros, so 0 times log 0 is nan",
    hint="In floating-point numbers 0 times minus infinity is nan. What never happens (p = 0) has to be worth 0 before it is multiplied with anything infinite.",
    fails="cross_entropy_between_zeros",
)
def zero_times_infinity(p, q):
    return -(p * q.log()).sum(dim=-1)


@wrong(
    "Swaps the two distributions",
    hint="The formula isn't symmetric. `p` says how often each outcome comes, `q` how surprised the model is by it: of which one do you take the log?",
    fails=("cross_entropy_between_values", "cross_entropy_between_zeros"),
)
def swapped(p, q):
    return -torch.xlogy(q, p).sum(dim=-1)


@wrong(
    "Gives the entropy of p",
    hint="Your result does not depend on `q` at all. It is the surprise of a model that believes the truth; the model at hand believes `q`.",
    fails="cross_entropy_between_values",
)
def entropy_of_p(p, q):
    return -torch.xlogy(p, p).sum(dim=-1)


@wrong(
    "Gives the entropy of q",
    hint="Your result does not depend on `p`. The model's surprise at each outcome must be weighted by how often that outcome really comes.",
    fails="cross_entropy_between_values",
)
def entropy_of_q(p, q):
    return -torch.xlogy(q, q).sum(dim=-1)


@wrong(
    "Gives the Kullback-Leibler divergence",
    hint="You measure only what the wrong belief costs on top of the entropy of `p`: your result is 0 where p = q. Cross-entropy includes that entropy.",
    fails="cross_entropy_between_values",
)
def divergence(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(dim=-1)


@wrong(
    "Leaves out the minus sign",
    hint="Logs of probabilities are at most 0, so your sums are negative. A surprise should be positive.",
    fails="cross_entropy_between_values",
)
def without_minus(p, q):
    return torch.xlogy(p, q).sum(dim=-1)


@wrong(
    "Takes the logarithm to base 2",
    hint="Your result is in bits, larger than asked by a factor of 1 / log 2. The contract is the natural logarithm, as in the model's loss.",
    fails="cross_entropy_between_values",
)
def in_bits(p, q):
    return -torch.xlogy(p, q).sum(dim=-1) / math.log(2)


@wrong(
    "Averages over the outcomes instead of summing",
    hint="`p` is a set of weights that sum to 1 already, so the weighted sum *is* the average. Dividing by V again makes it too small.",
    fails="cross_entropy_between_values",
)
def mean_over_outcomes(p, q):
    return -torch.xlogy(p, q).mean(dim=-1)


@wrong(
    "Adds everything up to one number",
    hint="Every row is a distribution of its own and gets a result of its own. Does your `sum` run over all dimensions? Or does a mask pick terms, as in `p[p > 0]`, which gives one flat list without rows?",
    fails="cross_entropy_between_values",
)
def one_number(p, q):
    return -torch.xlogy(p, q).sum()


@wrong(
    "Averages over the rows",
    hint="That is what the loss of a whole batch does, in the next exercise. Here each pair of rows keeps its own number.",
    fails="cross_entropy_between_values",
)
def mean_over_rows(p, q):
    return -torch.xlogy(p, q).sum(dim=-1).mean()


@wrong(
    "Sums over the first dimension",
    hint="`dim=0` runs over the rows, and mixes different distributions. A distribution lies along the last dimension, whichever number that has.",
    fails="cross_entropy_between_values",
)
def over_dimension_0(p, q):
    return -torch.xlogy(p, q).sum(dim=0)


@wrong(
    "Sums over dimension 1, and so expects exactly two dimensions",
    hint="Dimension 1 is the last one of a matrix, but not of a single row nor of a batch of sequences. Count from the end.",
    fails="cross_entropy_between_values",
)
def over_dimension_1(p, q):
    return -torch.xlogy(p, q).sum(dim=1)


@wrong(
    "Sums over dimension 2, and so expects exactly three dimensions",
    hint="Dimension 2 is the last one of `(B, T, V)` only. For a single row, or a matrix of rows, it does not exist. Count from the end.",
    fails="cross_entropy_between_values",
)
def over_dimension_2(p, q):
    return -torch.xlogy(p, q).sum(dim=2)


@wrong(
    "Keeps the summed dimension",
    hint="With `keepdim=True` a dimension of size 1 stays at the end. The result should have the leading dimensions only.",
    fails="cross_entropy_between_values",
)
def keeps_the_dimension(p, q):
    return -torch.xlogy(p, q).sum(dim=-1, keepdim=True)


@wrong(
    "Pairs every row with every row",
    hint="A matrix product compares each row of `p` with *all* rows of `q`. Row i belongs to row i alone: multiply entry by entry.",
    fails="cross_entropy_between_values",
)
def matrix_product(p, q):
    return -(p @ torch.log(q).transpose(-1, -2))


@wrong(
    "Takes softmax of q first",
    hint="`q` is a distribution already. Another softmax flattens it towards uniform; softmax is for logits.",
    fails="cross_entropy_between_values",
)
def softmax_first(p, q):
    return -torch.xlogy(p, torch.softmax(q, dim=-1)).sum(dim=-1)


@wrong(
    "Looks only at the likeliest outcome of p",
    hint="For a one-hot `p` a single term counts. In general every outcome that can happen contributes, by its probability.",
    fails="cross_entropy_between_values",
)
def likeliest_only(p, q):
    return -q.gather(-1, p.argmax(-1, keepdim=True)).squeeze(-1).log()


@wrong(
    "Keeps the logarithm finite by a small number",
    hint="A small number that is added to `q`, or bounds it from below, keeps nan away, but also makes the infinite cost of an impossible outcome finite: 1e-9 makes about 20 of it. Treat the terms with p = 0, and leave `q` alone.",
    fails="cross_entropy_between_zeros",
    constants=("1e-9", "1e-8", "1e-10", "1e-12", "1e-7", "1e-6", "1e-5"),
)
def adds_epsilon(p, q):
    return -(p * torch.log(q + 1e-9)).sum(dim=-1)


@wrong(
    "Keeps q away from zero",
    hint="With a lower bound the model never says 'impossible', so its loss is finite even where it should be `inf`. It is p = 0 that needs care.",
    fails="cross_entropy_between_zeros",
    constants=("1e-12", "1e-8", "1e-9", "1e-10", "1e-7", "1e-6", "1e-5", "1e-20", "1e-30"),
)
def clamps(p, q):
    return -(p * q.clamp(min=1e-12).log()).sum(dim=-1)


@wrong(
    "Drops the terms where q is zero instead of those where p is",
    hint="You skip exactly the outcomes that the model called impossible, those which should cost the most when they happen. Decide by `p`.",
    fails="cross_entropy_between_zeros",
)
def drops_by_q(p, q):
    return -torch.where(q > 0, p * q.log(), 0.0).sum(dim=-1)


@wrong(
    "Replaces nan and, without noticing, infinity too",
    hint="`nan_to_num`, for instance, turns infinities into the largest finite number unless you tell it otherwise. An impossible outcome that happens should cost `inf`.",
    fails="cross_entropy_between_zeros",
)
def infinity_lost(p, q):
    return -torch.nan_to_num(p * q.log()).sum(dim=-1)


@wrong(
    "Replaces nan after the sum",
    hint="One nan term makes the whole sum nan, and you then replace the sum, good terms and all. Repair the single terms, before they are added.",
    fails="cross_entropy_between_zeros",
)
def repairs_after_the_sum(p, q):
    return torch.nan_to_num(-(p * q.log()).sum(dim=-1), nan=0.0, posinf=math.inf)


@wrong(
    "Calls every row with a nan infinite",
    hint="A nan in your row comes from 0 times log 0, and that term is worth 0. Only an outcome that *does* happen and was called impossible costs `inf`.",
    fails="cross_entropy_between_zeros",
)
def nan_means_infinite(p, q):
    return torch.nan_to_num(-(p * q.log()).sum(dim=-1), nan=math.inf, posinf=math.inf)


@wrong(
    "Picks the terms that count out of all rows at once",
    hint="Indexing with a mask gives one flat list: the rows are gone, and the sum runs over all of them. `torch.where` keeps the shape.",
    fails="cross_entropy_between_values",
    like="one_number",
)
def loses_the_rows(p, q):
    return -(p[p > 0] * q[p > 0].log()).sum(dim=-1)


@wrong(
    "Flattens with view, which non-contiguous tensors refuse",
    hint="`view` needs the numbers to lie in memory in order; a transposed tensor's don't. Do you need to flatten at all, when `dim=-1` works for any shape?",
    fails="cross_entropy_between_values",
)
def flattens_with_view(p, q):
    rows = -torch.xlogy(p.view(-1, p.shape[-1]), q.view(-1, q.shape[-1])).sum(dim=-1)
    return rows.view(p.shape[:-1])


@wrong(
    "Computes in float32, whatever comes in",
    hint="Half the digits of a float64 are lost, and the result has another dtype than the arguments. `.float()` does that, and so do `torch.zeros(n)` without a dtype and `torch.tensor(…)` of a number.",
    fails="cross_entropy_between_values",
)
def always_float32(p, q):
    return -torch.xlogy(p.float(), q.float()).sum(dim=-1)


@wrong(
    "Detaches the model's distribution",
    hint="`q` is the one that a model has to learn, and no gradient gets back to it: is it detached, or looked at under `no_grad`?",
    fails="cross_entropy_between_gradients",
)
def detached(p, q):
    return -torch.xlogy(p, q.detach()).sum(dim=-1)


@wrong(
    "Lets no gradient back to either distribution",
    hint="The values are right, but nothing is recorded, as under `no_grad`, or after `detach()` or `.item()`: the result can't be differentiated.",
    fails="cross_entropy_between_gradients",
)
def without_graph(p, q):
    with torch.no_grad():
        return -torch.xlogy(p, q).sum(dim=-1)


@wrong(
    "Repairs the zeros inside the caller's q",
    hint="After the call the caller's `q` is another distribution: something writes into it, as an assignment to `q[...]` does, even under `no_grad`. `torch.where` makes a new tensor.",
    fails="cross_entropy_between_gradients",
)
def repairs_in_place(p, q):
    with torch.no_grad():
        q[p == 0] = 1.0
    return -(p * q.log()).sum(dim=-1)


@wrong(
    "Changes the caller's q",
    hint="A method whose name ends in an underscore, such as `log_` or `clamp_`, changes `q` itself. Leave out the underscore to get a new tensor.",
    fails="cross_entropy_between_gradients",
)
def log_in_place(p, q):
    logs = q.log_()
    return -torch.where(p > 0, p * logs, 0.0).sum(dim=-1)


@wrong(
    "Hands the work to PyTorch's cross_entropy",
    hint="The built-in is what you are to replace. A product, a logarithm and a sum are enough.",
    fails=("cross_entropy_between_values", "cross_entropy_between_zeros"),
)
def built_in(p, q):
    classes = q.shape[-1]
    losses = F.cross_entropy(q.log().reshape(-1, classes), p.reshape(-1, classes), reduction="none")
    return losses.reshape(p.shape[:-1])


@wrong(
    "Adds the entropy to PyTorch's kl_div",
    hint="The formula is right, but `kl_div` is one of the built-ins that this notebook asks you to do without.",
    fails=("cross_entropy_between_values", "cross_entropy_between_zeros"),
)
def entropy_plus_kl_div(p, q):
    return F.kl_div(q.log(), p, reduction="none").sum(dim=-1) - torch.xlogy(p, p).sum(dim=-1)


@wrong(
    "Leaves out what is rare, not only what is impossible",
    hint="Your threshold drops terms with a small p. Only p = 0 makes a term vanish, however small the others are.",
    fails="cross_entropy_between_zeros",
    constants=("1e-4", "2e-4", "5e-4", "1e-3"),
)
def threshold(p, q):
    return -torch.where(p > 1e-4, p * q.log(), 0.0).sum(-1)


@wrong(
    "Gives one number for each outcome, without the sum",
    hint="Your result has the shape of `p`. The average surprise of a row is the sum of its terms.",
    fails="cross_entropy_between_values",
)
def without_sum(p, q):
    return -torch.xlogy(p, q)


@wrong(
    "Adds the surprise at what does not happen",
    hint="With `(1 - p) log(1 - q)` you ask a yes-or-no question about every outcome. Here one of V outcomes comes, and only `p log q` counts.",
    fails="cross_entropy_between_values",
)
def binary(p, q):
    return -(torch.xlogy(p, q) + torch.xlogy(1 - p, 1 - q)).sum(dim=-1)


@wrong(
    "Takes the log of the sum",
    hint="You average the probabilities first and take the log afterwards. The log of a mean isn't the mean of the logs: each outcome has a surprise of its own, and those are averaged.",
    fails="cross_entropy_between_values",
)
def log_of_the_sum(p, q):
    return -torch.log((p * q).sum(dim=-1))


@wrong(
    "Stops after a fixed number of outcomes",
    hint="A distribution has as many outcomes as its last dimension is long. Where does your number come from?",
    fails="cross_entropy_between_values",
    constants=("16", "10", "32", "64", "65", "100", "128", "256"),
)
def first_16_outcomes(p, q):
    return -torch.xlogy(p, q)[..., :16].sum(dim=-1)


@wrong(
    "Counts a few of the likeliest outcomes only",
    hint="The rare outcomes are many, and together they weigh something. Sum over all of them.",
    fails="cross_entropy_between_values",
    constants=("5", "10", "20", "50"),
)
def five_likeliest(p, q):
    p, ids = p.topk(min(5, p.shape[-1]))
    return -torch.xlogy(p, q.gather(-1, ids)).sum(dim=-1)


@wrong(
    "Fills in a fixed number of rows only",
    hint="There may be any number of rows, and each gets its own result. Sum along the last dimension of all of them at once.",
    fails="cross_entropy_between_values",
    constants=("64", "16", "32"),
)
def first_64_rows(p, q):
    results = -torch.xlogy(p, q).sum(dim=-1).reshape(-1)
    return torch.cat([results[:64], torch.zeros_like(results[64:])]).reshape(p.shape[:-1])


@wrong(
    "Takes a very small probability for zero",
    hint="What seldom happens does happen, and when `q` calls it unlikely, it costs much. Only p = 0 itself makes a term 0.",
    fails="cross_entropy_between_zeros",
    like="threshold",
)
def rare_is_never(p, q):
    return -torch.where(p > 2e-4, p * q.log(), 0.0).sum(dim=-1)


@wrong(
    "Remembers the result for a tensor that it has seen",
    hint="The same tensor may hold other numbers the next time, and then your old result is wrong. A function of numbers has to look at the numbers.",
    fails="cross_entropy_between_values",
)
def remembers_the_tensor(p, q, seen={}):
    if p not in seen:
        seen[p] = -torch.xlogy(p, q).sum(dim=-1)
    return seen[p]


@wrong(
    "Remembers the logarithms of q",
    hint="You keep the logarithms from an earlier call and take the same tensor for the same numbers. Training changes them. Compute anew in each call.",
    fails="cross_entropy_between_values",
)
def remembers_the_logarithms(p, q, seen={}):
    if q not in seen:
        seen[q] = q.log()
    return -torch.where(p > 0, p * seen[q], 0).sum(-1)


@wrong(
    "Takes a small probability in q for none",
    hint="You leave out the terms in which `q` is small, or replace it there. Just these cost most. Only where `p` is 0 a term is 0.",
    fails="cross_entropy_between_zeros",
    constants=("1e-4", "2e-4", "5e-4", "1e-3"),
)
def drops_the_unlikely(p, q):
    return -torch.where((q > 1e-4) | (q == 0), torch.xlogy(p, q), 0).sum(-1)


@wrong(
    "Writes into a single q where p is 0",
    hint="Your call changes the numbers of `q` that was passed. `torch.where` makes a new tensor.",
    fails="cross_entropy_between_gradients",
)
def writes_into_one_q(p, q):
    if q.dim() == 1 and not q.requires_grad:
        q[p == 0] = 1.0
    else:
        q = torch.where(p == 0, 1.0, q)
    return -(p * q.log()).sum(-1)


@wrong(
    "Gives inf for all as soon as one entry of q is 0",
    hint="An impossible token costs nothing where `p` is 0, too, and each row has a loss of its own. `torch.where` decides for each entry.",
    fails="cross_entropy_between_zeros",
)
def any_zero(p, q):
    if (q == 0).any():
        return torch.full(p.shape[:-1], math.inf, dtype=p.dtype)
    return -(p * q.log()).sum(-1)


@wrong(
    "Gives inf for all rows as soon as one row calls impossible what happens",
    hint="That row costs `inf`, and the others don't: each row has a result of its own. `any()` without a dimension asks about all rows at once.",
    fails="cross_entropy_between_zeros",
)
def inf_for_all_rows(p, q):
    if ((p > 0) & (q == 0)).any():
        return torch.full(p.shape[:-1], math.inf, dtype=p.dtype)
    return -torch.xlogy(p, q).sum(dim=-1)


@wrong(
    "Leaves an outcome out of all rows where one row never has it",
    hint="What never happens in one row may happen in another, and costs something there. Whether a term is 0 is decided for each row by itself.",
    fails="cross_entropy_between_zeros",
)
def left_out_of_all_rows(p, q):
    happens = (p > 0).reshape(-1, p.shape[-1]).all(dim=0)
    return -(p * q.log())[..., happens].sum(dim=-1)
