"""Wrong answers to `cross_entropy(logits, targets)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong

# ---- what is computed


@wrong(
    "Applies softmax before the loss, which applies it again",
    hint="The sum inside your logarithm runs over probabilities. They are squeezed between 0 and 1, so even a perfect model can't get its loss near 0. The formula already contains the softmax: which tensor is meant to go into it?",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def softmax_before(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    right = probs.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(probs, dim=-1) - right).mean()


@wrong(
    "Treats logits as if they were probabilities",
    hint="Logits may be negative and don't sum to 1, so their logarithm means nothing, or is nan. What turns them into probabilities?",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def log_of_logits(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return -torch.log(right).mean()


@wrong(
    "Gives minus the target's logit and forgets to normalise",
    hint="Raising all logits by one must not change the loss, since the probabilities stay the same. Yours falls by one: the other part of the formula is missing.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def not_normalised(logits, targets):
    return -logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1).mean()


@wrong(
    "Takes the largest logit for the logsumexp",
    hint="The maximum is close to the logsumexp when one token leads by far, but a little below it. With all logits equal your loss is 0, not log V.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def maximum_for_logsumexp(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (logits.amax(dim=-1) - right).mean()


@wrong(
    "Averages the probabilities instead of their negative logs",
    hint="Minus a probability never falls below -1: a confident wrong answer costs hardly more than an undecided one. The log is missing.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def without_log(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    return -probs.gather(-1, targets.unsqueeze(-1)).mean()


@wrong(
    "Averages first and takes the log afterwards",
    hint="The log of a mean isn't the mean of the logs. One badly wrong token hardly moves your mean probability, and so hardly costs anything. "
    "Every token has a loss of its own; those are averaged.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def log_of_the_mean(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    return -torch.log(probs.gather(-1, targets.unsqueeze(-1)).mean())


@wrong(
    "Leaves out the minus sign",
    hint="Your loss is negative, and falls as the model gets worse. An optimizer that minimises it would unlearn everything.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def sign_flipped(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (right - torch.logsumexp(logits, dim=-1)).mean()


@wrong(
    "Takes the logarithm to base 2",
    hint="Your losses are in bits, too large by a factor of 1 / log 2. The model's loss is in natural units.",
    fails=("cross_entropy_values", "cross_entropy_confident", "cross_entropy_gradients"),
)
def in_bits(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean() / math.log(2)


@wrong(
    "Divides by log V, so that a model that knows nothing gets 1",
    hint="A loss in units of log V can be useful for comparing vocabularies, but it isn't what is asked, and every gradient is scaled by it too.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def in_units_of_uniform(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean() / math.log(max(logits.shape[-1], 2))


@wrong(
    "Adds a loss for every wrong token as well",
    hint="That is the loss for many yes-or-no questions at once. Here one of V tokens comes, and softmax already makes the others pay: only the right token's term counts.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def one_against_the_rest(logits, targets):
    wanted = F.one_hot(targets, logits.shape[-1]).to(logits.dtype)
    probs = torch.softmax(logits, dim=-1)
    return -(torch.xlogy(wanted, probs) + torch.xlogy(1 - wanted, 1 - probs)).sum(dim=-1).mean()


@wrong(
    "Gives the mean squared error of the probabilities",
    hint="Squared differences of probabilities are bounded, so a confident wrong answer costs 2 at most and gets next to no gradient. The loss is a logarithm.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def squared_error(logits, targets):
    wanted = F.one_hot(targets, logits.shape[-1]).to(logits.dtype)
    return ((torch.softmax(logits, dim=-1) - wanted) ** 2).sum(dim=-1).mean()


@wrong(
    "Smooths the targets",
    hint="Label smoothing takes a tenth of the weight from the right token and hands it to all. It is a trick of some training recipes, not part of the loss that is asked for.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def smoothed(logits, targets):
    logs = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    right = logs.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return -(0.9 * right + 0.1 * logs.mean(dim=-1)).mean()


# ---- which token


@wrong(
    "Ignores the targets and gives the entropy of the predictions",
    hint="Your result says how undecided the model is, not whether it is right. Where does your code use `targets`?",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def entropy_of_the_predictions(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    return -torch.xlogy(probs, probs).sum(dim=-1).mean()


@wrong(
    "Scores the model's favourite token instead of the right one",
    hint="`max` picks the token that the model likes best, whether it came or not: your loss falls as the model gets more confident, right or wrong. Use `targets`.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def of_the_favourite(logits, targets):
    return (torch.logsumexp(logits, dim=-1) - logits.amax(dim=-1)).mean()


@wrong(
    "Gives log V, whatever the model says",
    hint="log V is the loss of a model that knows nothing. Yours is that number even for a perfect model: it uses neither the logits nor the targets.",
    fails=("cross_entropy_values", "cross_entropy_confident", "cross_entropy_gradients"),
)
def always_uniform(logits, targets):
    return torch.tensor(math.log(logits.shape[-1]), dtype=logits.dtype)


@wrong(
    "Counts ids from 1, so it reads the token before the target",
    hint="Ids start at 0. With `targets - 1` the first token of the vocabulary is looked up at the end, and all others one place too early.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def counts_from_one(logits, targets):
    ids = (targets - 1) % logits.shape[-1]
    right = logits.gather(-1, ids.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Shifts the targets by one position",
    hint="The targets that you are given belong to the same positions as the logits: they were shifted when the batch was made. Shift them again and every token is scored against its neighbour.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def shifted_again(logits, targets):
    if targets.dim() > 0 and targets.shape[-1] > 1:
        logits, targets = logits[..., :-1, :], targets[..., 1:]
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Looks at the last position only",
    hint="For writing text the last position is the one that counts. In training every position is a prediction, and the loss is the mean over all of them.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def last_position_only(logits, targets):
    if targets.dim() > 1:
        logits, targets = logits[:, -1], targets[:, -1]
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Leaves out the tokens with id 0, as if they were padding",
    hint="Some libraries use id 0 for padding. Here 0 is a token like any other, and its loss belongs to the mean.",
    fails="cross_entropy_values",
)
def zero_is_padding(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    losses = torch.logsumexp(logits, dim=-1) - right
    counted = (targets != 0).to(logits.dtype)
    return (losses * counted).sum() / counted.sum().clamp(min=1)


@wrong(
    "Counts a loss of 0 for the tokens with id 0, as if they were padding",
    hint="Here 0 is a token like any other, and its own loss belongs to the mean. You put 0 in its place, and still divide by all tokens.",
    fails="cross_entropy_values",
)
def zero_costs_nothing(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).masked_fill(targets == 0, 0.0).mean()


@wrong(
    "Averages only over the tokens that the model gets wrong",
    hint="A right guess has a loss too, and it is above 0 as long as the model isn't certain. All tokens belong to the mean.",
    fails="cross_entropy_values",
)
def wrong_guesses_only(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    losses = torch.logsumexp(logits, dim=-1) - right
    missed = (logits.argmax(dim=-1) != targets).to(logits.dtype)
    return (losses * missed).sum() / missed.sum().clamp(min=1)


@wrong(
    "Takes logits of exactly 0 for masked ones",
    hint="In attention a mask is what becomes -inf. A logit of 0 is an ordinary number: a model that gives 0 to every token simply knows nothing, and its loss is log V.",
    fails="cross_entropy_values",
)
def zero_is_masked(logits, targets):
    logits = logits.masked_fill(logits == 0, -math.inf)
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean()


# ---- over what


@wrong(
    "Sums over the tokens instead of averaging",
    hint="Your loss grows with the size of the batch: twice the tokens, twice the loss and twice the gradient. The mean keeps both comparable.",
    fails=("cross_entropy_values", "cross_entropy_confident", "cross_entropy_gradients"),
)
def summed(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).sum()


@wrong(
    "Divides by the size of the vocabulary as well",
    hint="Your loss is too small by a factor of V: the `mean` of a one-hot product, for instance, divides by all B*T*V entries, though all but one a token are zero. Sum over the vocabulary first; average over the tokens.",
    fails=("cross_entropy_values", "cross_entropy_confident", "cross_entropy_gradients"),
)
def mean_over_vocabulary(logits, targets):
    wanted = F.one_hot(targets, logits.shape[-1]).to(logits.dtype)
    logs = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    return -(wanted * logs).mean()


@wrong(
    "Averages over the sequences and sums over their positions",
    hint="You divide by B only, so a longer sequence has a larger loss. The mean runs over all B*T tokens.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def mean_over_the_batch_only(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    losses = torch.logsumexp(logits, dim=-1) - right
    return losses.sum() / (targets.shape[0] if targets.dim() else 1)


@wrong(
    "Divides by the first size instead of the number of tokens",
    hint="For `(B, T, V)` you divide by B only; `len(logits)`, for instance, is B there, and V for a single token. You have summed one loss for each target: how many are there?",
    fails=("cross_entropy_values", "cross_entropy_shapes"),
)
def divides_by_len(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    losses = torch.logsumexp(logits, dim=-1) - right
    return losses.sum() / len(logits)


@wrong(
    "Averages first within each target id, then over the ids",
    hint="A mean of means gives a rare token as much weight as a frequent one. Every token of the batch counts the same: one mean over all of them.",
    fails="cross_entropy_values",
)
def mean_of_means(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    losses = torch.logsumexp(logits, dim=-1) - right
    return torch.stack([losses[targets == token].mean() for token in targets.unique()]).mean()


@wrong(
    "Gives one loss a token, without the mean",
    hint="Your result has the shape of `targets`. `backward` needs one number for the whole batch: its mean.",
    fails=("cross_entropy_values", "cross_entropy_confident", "cross_entropy_gradients"),
)
def one_a_token(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return torch.logsumexp(logits, dim=-1) - right


@wrong(
    "Normalises over dimension 1, which is time",
    hint="In `(B, T, V)` dimension 1 is time. Tokens of the vocabulary compete with one another, positions don't. Count from the end.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def over_time(logits, targets):
    logs = logits - torch.logsumexp(logits, dim=1, keepdim=True)
    return -logs.gather(-1, targets.unsqueeze(-1)).mean()


@wrong(
    "Normalises over the whole batch at once",
    hint="Without a `dim` of its own your sum runs over all tokens of all positions. Each position has a distribution of its own, over the last dimension.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def over_everything(logits, targets):
    logs = logits - torch.logsumexp(logits.flatten(), dim=0)
    return -logs.gather(-1, targets.unsqueeze(-1)).mean()


@wrong(
    "Picks the right logits with a dimension too many, which then broadcasts",
    hint="`gather` leaves a last dimension of size 1. Subtract that from a tensor without it, and PyTorch lines the two up from the right: `(B, T)` against `(B, T, 1)`. Print both shapes.",
    fails="cross_entropy_values",
)
def forgotten_squeeze(logits, targets):
    return (torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets[..., None])).mean()


# ---- shapes


@wrong(
    "Unpacks exactly three dimensions",
    hint="`B, T, V = logits.shape` allows one shape only. A flattened batch `(N, V)` and a single token `(V,)` are legal too. What do you need B and T for?",
    fails="cross_entropy_shapes",
)
def three_dimensions_only(logits, targets):
    B, T, V = logits.shape
    logits, targets = logits.reshape(B * T, V), targets.reshape(B * T)
    right = logits[torch.arange(B * T), targets]
    return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Needs at least one leading dimension",
    hint="A single token has logits `(V,)`, and a 0-d target: `flatten(0, -2)` finds no dimension in front of the last. `reshape(-1, V)` makes one, and `dim=-1` needs none.",
    fails="cross_entropy_shapes",
)
def no_single_token(logits, targets):
    rows, ids = logits.flatten(0, -2), targets.flatten()
    return (torch.logsumexp(rows, dim=-1) - rows[torch.arange(len(ids)), ids]).mean()


@wrong(
    "Indexes as if there were two dimensions",
    hint="`logits[torch.arange(N), targets]` picks from `(N, V)`. With `(B, T, V)` the second index lands on time, not on the vocabulary. Flatten first, or `gather` along the last dimension.",
    fails=("cross_entropy_values", "cross_entropy_shapes"),
)
def two_dimensions_only(logits, targets):
    right = logits[torch.arange(len(logits)), targets]
    return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Goes through the first dimension, as if there were two",
    hint="What `zip` gives, or a loop, is a row and its target only for `(N, V)`. For `(B, T, V)` it is a whole sequence with all of its targets, and a single token has nothing to go through. Flatten first, or `gather` along the last dimension.",
    fails=("cross_entropy_values", "cross_entropy_shapes"),
)
def loops_over_dimension_0(logits, targets):
    losses = [negative_log_likelihood(torch.softmax(row, dim=-1), target) for row, target in zip(logits, targets)]
    return torch.stack(losses).mean()


@wrong(
    "Looks for all targets in dimension 1",
    hint="`logs[:, targets]` looks in the second dimension, which is the vocabulary only for `(N, V)`, and picks all of the targets for every row. Each position has one target: `gather` along the last dimension.",
    fails=("cross_entropy_values", "cross_entropy_shapes"),
)
def all_targets_in_dimension_1(logits, targets):
    logs = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    return -logs[:, targets].mean()


@wrong(
    "Guesses the size of the vocabulary from the targets",
    hint="Without being told, `one_hot` takes the largest id that it sees for the last one of all. The vocabulary's size is that of the logits' last dimension, whichever tokens came.",
    fails="cross_entropy_shapes",
)
def one_hot_of_guessed_width(logits, targets):
    wanted = F.one_hot(targets).to(logits.dtype)
    logs = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    return -(wanted * logs).sum(dim=-1).mean()


@wrong(
    "Flattens with view, which non-contiguous tensors refuse",
    hint="`view` only works where the numbers lie in memory in order. After a transpose or a slice they don't. `reshape` copies when it must.",
    fails="cross_entropy_shapes",
)
def flattens_with_view(logits, targets):
    rows, ids = logits.view(-1, logits.shape[-1]), targets.view(-1)
    return (torch.logsumexp(rows, dim=-1) - rows[torch.arange(len(ids)), ids]).mean()


@wrong(
    "Keeps a dimension in the result",
    hint="Your result has shape (1,): does your mean have `keepdim`, or run over one dimension only? The result must be a tensor without dimensions, shape ().",
    fails=("cross_entropy_values", "cross_entropy_shapes"),
)
def keeps_a_dimension(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).reshape(-1).mean(dim=0, keepdim=True)


# ---- numbers that break


@wrong(
    "Takes the log of the softmax, which is infinite for a confident wrong answer",
    hint="Softmax rounds the probability of a token that trails far behind to 0, and the log of 0 is -inf. Take the log on paper first: what is left of log(e^x / sum)?",
    fails="cross_entropy_confident",
)
def log_of_softmax(logits, targets):
    logs = torch.softmax(logits, dim=-1).log()
    return -logs.gather(-1, targets.unsqueeze(-1)).mean()


@wrong(
    "Adds a small number to the probabilities before the log",
    hint="With 1e-9 added, for example, no loss exceeds 20.7: a token wrong by 200 costs as little as one wrong by 21, and gets no gradient. Avoid the log of 0, don't hide it.",
    fails="cross_entropy_confident",
    constants=("1e-9", "1e-8", "1e-10", "1e-12", "1e-7", "1e-6", "1e-5"),
)
def adds_epsilon(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    right = probs.gather(-1, targets.unsqueeze(-1))
    return -torch.log(right + 1e-9).mean()


@wrong(
    "Keeps the probabilities away from zero",
    hint="A lower bound makes all hopeless tokens equally hopeless: the loss stops growing at -log of your bound, and the gradient there is 0. A wrong answer must cost its full gap.",
    fails="cross_entropy_confident",
    constants=("1e-12", "1e-8", "1e-9", "1e-10", "1e-7", "1e-6", "1e-5", "1e-20", "1e-30", "torch.finfo(logits.dtype).tiny"),
)
def clamps_the_probabilities(logits, targets):
    probs = torch.softmax(logits, dim=-1).clamp(min=1e-12)
    return -probs.gather(-1, targets.unsqueeze(-1)).log().mean()


@wrong(
    "Keeps the logits within bounds",
    hint="You cut the logits so that `exp` survives. Beyond the bound all logits look the same, and a gap of 1000 costs no more than a smaller one. Subtract the row's largest logit instead of cutting.",
    fails="cross_entropy_confident",
    constants=("-50, 50", "-100, 100", "-88, 88", "-80, 80", "-30, 30", "-20, 20"),
)
def clamps_the_logits(logits, targets):
    logits = logits.clamp(-50, 50)
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Takes the log of the softmax in float64",
    hint="float64 only puts the trouble off: from a gap of about 745 on, `exp` gives 0 there too, and its log is infinite. The log of the sum of the exponentials can be had without ever taking the log of one probability.",
    fails="cross_entropy_confident",
)
def log_of_softmax_in_float64(logits, targets):
    probs = torch.softmax(logits.double(), dim=-1)
    return -probs.gather(-1, targets.unsqueeze(-1)).log().mean().to(logits.dtype)


@wrong(
    "Puts one large number in place of infinite losses",
    hint="After `nan_to_num`, or a clamp of the loss, every loss beyond that number is the same, and the gradient behind it is lost. A confident wrong answer costs its full gap, whatever that is: see how `logsumexp` gets there.",
    fails="cross_entropy_confident",
)
def replaces_infinity(logits, targets):
    logs = torch.softmax(logits, dim=-1).log()
    losses = -logs.gather(-1, targets.unsqueeze(-1))
    return losses.nan_to_num(posinf=100.0).mean()


@wrong(
    "Takes exp of the raw logits, which overflows",
    hint="exp(89) is infinite in float32, and infinity minus anything, or over anything, is inf or nan. What can you subtract from a row of logits without changing its probabilities?",
    fails="cross_entropy_confident",
)
def exp_overflows(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (logits.exp().sum(dim=-1).log() - right).mean()


@wrong(
    "Subtracts the largest logit of the whole batch",
    hint="One shift for all rows is enough for the row that holds the maximum. In a row far below it every `exp` becomes 0, and the log of 0 is -inf. Each row needs its own maximum.",
    fails="cross_entropy_confident",
)
def maximum_of_the_batch(logits, targets):
    shifted = logits - logits.max()
    right = shifted.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (shifted.exp().sum(dim=-1).log() - right).mean()


@wrong(
    "Subtracts the mean logit instead of the largest",
    hint="After your shift the largest logit is still above 0, and if it leads by far, its `exp` overflows. Which shift makes sure that no exponent is positive?",
    fails="cross_entropy_confident",
)
def subtracts_the_mean(logits, targets):
    shifted = logits - logits.mean(dim=-1, keepdim=True)
    right = shifted.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (shifted.exp().sum(dim=-1).log() - right).mean()


@wrong(
    "Subtracts the maximum from one part of the formula only",
    hint="You shift the logits inside the sum but not the target's own logit, so your loss is off by the row's maximum. Shift both, or add the maximum back.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def shifts_one_part(logits, targets):
    shifted = logits - logits.amax(dim=-1, keepdim=True)
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (shifted.exp().sum(dim=-1).log() - right).mean()


# ---- the graph, the arguments, the built-ins


@wrong(
    "Gives a Python number",
    hint="A plain number, as `.item()` gives it, has no graph. `loss.backward()` needs the tensor.",
    fails=("cross_entropy_values", "cross_entropy_gradients"),
)
def python_number(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean().item()


@wrong(
    "Collects the losses as numbers and makes a new tensor of them",
    hint="Each `.item()` cuts a token's loss off from the logits, and `torch.tensor` knows nothing of where the numbers came from. `torch.stack` joins tensors and keeps the graph.",
    fails="cross_entropy_gradients",
    like="without_graph",
)
def numbers_in_a_list(logits, targets):
    rows, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    losses = [(torch.logsumexp(row, dim=0) - row[i]).item() for row, i in zip(rows, ids)]
    return torch.tensor(losses, dtype=logits.dtype).mean()


@wrong(
    "Detaches the logsumexp, so only the right token gets a gradient",
    hint="The maximum may be detached, because it cancels. The logsumexp may not: it is the part that pushes the wrong tokens down.",
    fails="cross_entropy_gradients",
)
def detaches_the_normaliser(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1).detach() - right).mean()


@wrong(
    "Lets no gradient back to the logits",
    hint="The loss is right, but one that trains a model has to record how it was computed. Look for `no_grad`, `detach()`, `.data` or numbers from `.item()` that are put into a new tensor.",
    fails="cross_entropy_gradients",
)
def without_graph(logits, targets):
    with torch.no_grad():
        right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
        return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Subtracts the maximum from the caller's logits",
    hint="Something writes into the tensor that you were given, as `-=` does, even under `no_grad`. The loss doesn't mind, but the caller finds other logits. Make a new tensor: `logits = logits - ...`.",
    fails="cross_entropy_gradients",
)
def shifts_in_place(logits, targets):
    with torch.no_grad():
        logits -= logits.amax(dim=-1, keepdim=True)
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (logits.exp().sum(dim=-1).log() - right).mean()


@wrong(
    "Gives the caller's targets another shape",
    hint="After your call the caller's targets are `(B, T, 1)`: `unsqueeze_`, with an underscore, changes the very tensor that you were given. `unsqueeze`, or `[..., None]`, makes a new view.",
    fails="cross_entropy_gradients",
)
def reshapes_in_place(logits, targets):
    right = logits.gather(-1, targets.unsqueeze_(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Computes in float32, whatever comes in",
    hint="Half the digits of a float64 are lost, and the result has another dtype than the logits. `.float()` does that, and so do `torch.zeros(n)` without a dtype and `torch.tensor(…)` of a number.",
    fails="cross_entropy_values",
)
def always_float32(logits, targets):
    logits = logits.float()
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Computes in float64 and stays there",
    hint="More digits do no harm inside, but the result should have the dtype of the logits: a float64 loss pulls everything after it to float64.",
    fails="cross_entropy_values",
)
def stays_in_float64(logits, targets):
    logits = logits.double()
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Hands the work to PyTorch's cross_entropy",
    hint="That is the built-in that you are to write. `logsumexp`, `gather` and `mean` are all it takes.",
    fails=("cross_entropy_values", "cross_entropy_confident", "cross_entropy_gradients", "cross_entropy_shapes"),
)
def built_in(logits, targets):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


@wrong(
    "Hands the work to nn.CrossEntropyLoss",
    hint="A module is the same built-in with a constructor around it. Write the loss from `logsumexp` and the target's logit.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def built_in_module(logits, targets):
    return nn.CrossEntropyLoss()(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


@wrong(
    "Lets log_softmax do the hard part",
    hint="`log_softmax` is the stable logarithm that this exercise is about, so it is ruled out. `torch.logsumexp` is allowed, and one subtraction away.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def with_log_softmax(logits, targets):
    logs = torch.log_softmax(logits, dim=-1)
    return -logs.gather(-1, targets.unsqueeze(-1)).mean()


@wrong(
    "Lets nll_loss pick and average",
    hint="`nll_loss` is ruled out here. Pick the targets' entries with `gather`, and average them yourself.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def with_nll_loss(logits, targets):
    logs = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    return nn.NLLLoss()(logs.reshape(-1, logs.shape[-1]), targets.reshape(-1))


@wrong(
    "Goes through kl_div with one-hot targets",
    hint="For a one-hot target the divergence equals the cross-entropy, which is a nice observation, but `kl_div` is ruled out here.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def with_kl_div(logits, targets):
    classes = logits.shape[-1]
    logs = (logits - torch.logsumexp(logits, dim=-1, keepdim=True)).reshape(-1, classes)
    wanted = F.one_hot(targets.reshape(-1), classes).to(logits.dtype)
    return F.kl_div(logs, wanted, reduction="batchmean")


@wrong(
    "Normalises over dimension 0, which is the batch",
    hint="In `(B, T, V)` dimension 0 is the batch. Tokens of the vocabulary compete with one another, sequences don't. Count from the end.",
    fails="cross_entropy_values",
)
def over_the_batch(logits, targets):
    logs = logits - torch.logsumexp(logits, dim=0, keepdim=True)
    return -logs.gather(-1, targets.unsqueeze(-1)).mean()


@wrong(
    "Scores every position against every target",
    hint="`logs[:, targets]` picks, for each of the N rows, the columns of all N targets: `(N, N)` numbers. Each row has one target: index rows and columns together, with `torch.arange(N)`, or `gather`.",
    fails="cross_entropy_values",
)
def all_targets_for_all(logits, targets):
    rows, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    logs = rows - torch.logsumexp(rows, dim=-1, keepdim=True)
    return -logs[:, ids].mean()


@wrong(
    "Gives one minus the mean probability",
    hint="`1 - p` never exceeds 1, so a confident wrong answer is cheap. The loss has to grow without bound as the probability goes to 0: the log is missing.",
    fails="cross_entropy_values",
)
def one_minus_probability(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    return 1 - probs.gather(-1, targets.unsqueeze(-1)).mean()


# ---- right up to a size


@wrong(
    "Keeps the targets in one byte",
    hint="A byte holds 0 to 255, so token 256 becomes token 0. Real vocabularies have tens of thousands of tokens; PyTorch's index type is `int64`.",
    fails="cross_entropy_shapes",
)
def targets_in_a_byte(logits, targets):
    ids = targets.to(torch.uint8).long()
    return (torch.logsumexp(logits, dim=-1) - logits.gather(-1, ids.unsqueeze(-1)).squeeze(-1)).mean()


@wrong(
    "Normalises over a few of the likeliest tokens only",
    hint="Each of the other tokens has a small probability, but there are many of them. The sum inside the logarithm runs over the whole vocabulary.",
    fails="cross_entropy_shapes",
)
def five_likeliest(logits, targets):
    total = logits.topk(min(5, logits.shape[-1])).values.logsumexp(dim=-1)
    return (total - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


@wrong(
    "Normalises over some dozens of the likeliest tokens only",
    hint="Each of the other tokens has a small probability, but there are many of them. The sum inside the logarithm runs over the whole vocabulary.",
    fails="cross_entropy_shapes",
    constants=("50", "40", "64", "100"),
)
def fifty_likeliest(logits, targets):
    total = logits.topk(min(50, logits.shape[-1])).values.logsumexp(dim=-1)
    return (total - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


@wrong(
    "Reads no more than a fixed number of positions",
    hint="You cut the sequences at a fixed length. The loss is the mean over all tokens, however long the sequence.",
    fails="cross_entropy_shapes",
    constants=("64, :", "32, :", "16, :", "65, :"),
)
def first_64_positions(logits, targets):
    if logits.dim() > 1:
        logits, targets = logits[..., :64, :], targets[..., : logits[..., :64, :].shape[-2]]
    return (torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


# ---- zeros, rounding, memory


@wrong(
    "Averages over the tokens with a loss above zero",
    hint="A loss of exactly 0 is a loss: the model was certain and right. If you leave such tokens out of the count, a better model gets no better mean.",
    fails="cross_entropy_confident",
)
def mean_of_the_positive(logits, targets):
    losses = torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return losses.sum() / (losses > 0).sum().clamp(min=1)


@wrong(
    "Bounds each token's loss",
    hint="Logits of 10000 on one side and of -10000 on the other are 20000 apart. A confident wrong answer costs its full gap, whatever that is; `logsumexp` needs no bound.",
    fails="cross_entropy_confident",
)
def loss_below_10000(logits, targets):
    losses = torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return losses.clamp(max=1e4).mean()


@wrong(
    "Bounds how far a logit may trail behind the largest",
    hint="After the shift the largest logit is 0, which is all that `exp` needs. You also cut the others from below, and so the loss of a target that trails further.",
    fails="cross_entropy_confident",
    constants=("-1e4", "-1e3", "-500.0", "-100.0", "-88.0", "-80.0", "-50.0"),
)
def clamps_after_the_shift(logits, targets):
    logits = (logits - logits.amax(dim=-1, keepdim=True)).clamp(min=-1e4)
    return (torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


@wrong(
    "Rounds the loss",
    hint="Rounding is for printing. A small loss loses most of its digits, and a very small one becomes 0.",
    fails="cross_entropy_values",
    constants=("decimals=6", "decimals=5", "decimals=4", "decimals=3", "decimals=2"),
)
def rounds(logits, targets):
    losses = torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    loss = losses.mean()
    return loss + (loss.round(decimals=6) - loss).detach()


@wrong(
    "Remembers the loss of logits that it has seen",
    hint="The same tensor may hold other numbers the next time, and then your old result is wrong. A function of numbers has to look at the numbers.",
    fails="cross_entropy_values",
)
def remembers_the_tensor(logits, targets, seen={}):
    if (logits, targets) not in seen:
        losses = torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
        seen[logits, targets] = losses.mean()
    return seen[logits, targets]


@wrong(
    "Remembers the logsumexp of logits that it has seen",
    hint="You keep the normaliser by the tensor it came from. After a training step, or any change in place, that tensor holds other numbers.",
    fails="cross_entropy_values",
)
def remembers_the_normaliser(logits, targets, seen={}):
    if logits not in seen:
        seen[logits] = torch.logsumexp(logits, dim=-1)
    return (seen[logits] - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


@wrong(
    "Mends infinite logarithms afterwards, but not their gradient",
    hint="`where` picks the right value, yet autograd still goes through the log of 0, whose slope is infinite, and infinity times 0 is nan. Compute the stable form for all tokens, and nothing needs mending.",
    fails="cross_entropy_gradients",
)
def mends_infinite_logs(logits, targets):
    logs = torch.softmax(logits, dim=-1).log()
    logs = torch.where(logs.isinf(), logits - torch.logsumexp(logits, dim=-1, keepdim=True), logs)
    return -logs.gather(-1, targets.unsqueeze(-1)).mean()


@wrong(
    "Lets no gradient back from a token with a large loss",
    hint="You cut off the tokens whose loss is large. These are the ones that the model has most to learn from, and their gradient is no larger than 1 over the number of tokens.",
    fails="cross_entropy_gradients",
    constants=("100", "50", "20"),
)
def large_losses_cut_off(logits, targets):
    losses = torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return torch.where(losses > 100, losses.detach(), losses).mean()


@wrong(
    "Subtracts the maximum in place from a flat view",
    hint="`reshape` gives a view where it can, so `-=` on the flat rows writes into the caller's logits. Make a new tensor: `rows = rows - ...`.",
    fails="cross_entropy_gradients",
)
def shifts_a_flat_view(logits, targets):
    with torch.no_grad():
        rows = logits.reshape(-1, logits.shape[-1])
        rows -= rows.amax(dim=-1, keepdim=True)
    rows, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return (torch.logsumexp(rows, dim=-1) - rows[torch.arange(len(ids)), ids]).mean()


@wrong(
    "Subtracts the largest logit only where it is above zero",
    hint="Where all logits of a row are far below 0, every `exp` becomes 0, and the log of their sum is -inf. Subtract the row's maximum whatever its sign: it lifts such a row, too.",
    fails="cross_entropy_confident",
)
def shifts_down_only(logits, targets):
    shifted = logits - logits.amax(dim=-1, keepdim=True).clamp(min=0)
    right = shifted.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (shifted.exp().sum(dim=-1).log() - right).mean()


@wrong(
    "Picks positions by the ids of tokens",
    hint="`logs[targets]` looks in the first dimension, where the batch is. The ids belong to the last, the vocabulary: `gather` along it.",
    fails="cross_entropy_values",
)
def picks_rows(logits, targets):
    logs = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    return -logs[targets].mean()


@wrong(
    "Averages the surprise at all tokens of the vocabulary",
    hint="Each position has one right token, and `targets` says which. You average the surprise at all the others as well: pick the right ones first.",
    fails=("cross_entropy_values", "cross_entropy_shapes"),
)
def surprise_at_all(logits, targets):
    return -(logits - torch.logsumexp(logits, dim=-1, keepdim=True)).mean()


@wrong(
    "Remembers the loss by the logits alone",
    hint="You keep a loss and give it again where the logits have the same numbers. It depends on the targets as well. Compute anew in each call.",
    fails="cross_entropy_values",
)
def remembers_without_the_targets(logits, targets, seen={}):
    key = tuple(logits.flatten().tolist()), logits.shape, logits.dtype
    if logits.requires_grad or key not in seen:
        of_the_target = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
        seen[key] = (logits.logsumexp(-1) - of_the_target).mean()
    return seen[key]


@wrong(
    "Keeps the targets' zeros and ones, with the dtype of the first call",
    hint="What you keep was made for the first logits and has their dtype: what comes later is computed in it. Make it anew in each call.",
    fails="cross_entropy_values",
)
def ones_of_the_first_dtype(logits, targets, kept={}):
    key = tuple(targets.flatten().tolist()), logits.shape
    if key not in kept:
        kept[key] = F.one_hot(targets, logits.shape[-1]).to(logits.dtype)
    return (logits.logsumexp(-1) - (logits * kept[key]).sum(-1)).mean()


@wrong(
    "Shifts the caller's logits in place",
    hint="Something writes into the tensor that you were given, as `-=` does: autograd refuses it where that is a parameter, and the caller finds other logits. Make a new tensor: `logits = logits - …`.",
    fails=("cross_entropy_shapes", "cross_entropy_gradients"),
)
def shifts_before_autograd(logits, targets):
    logits -= logits.amax(dim=-1, keepdim=True)
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (logits.exp().sum(dim=-1).log() - right).mean()


@wrong(
    "Leaves out the log of the summed exponentials",
    hint="The surprise is the log of the sum of the exponentials, less the right token's logit. You have the sum, and not yet its log.",
    fails=("cross_entropy_values", "cross_entropy_confident"),
)
def sum_without_log(logits, targets):
    shifted = logits - logits.amax(dim=-1, keepdim=True)
    total = shifted.exp().sum(dim=-1)
    return (total - shifted.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


@wrong(
    "Lets only the strongest of the other tokens count",
    hint="With two tokens your loss is right. With more, every other token takes some of the probability, and the strongest stands for all of them: over which tokens does the sum inside the logarithm run?",
    fails=("cross_entropy_values", "cross_entropy_shapes", "cross_entropy_gradients"),
)
def strongest_rival(logits, targets):
    right = logits.gather(-1, targets[..., None])
    rivals = logits.scatter(-1, targets[..., None], -math.inf)
    return F.softplus(rivals.amax(-1, keepdim=True) - right).mean()


@wrong(
    "Takes dimension 1 for the vocabulary, as PyTorch's own loss does",
    hint="PyTorch's loss wants the vocabulary in dimension 1. Here `logits` is `(..., V)`: of `(B, T, V)` dimension 1 is time, and a single token has none. Count from the end.",
    fails=("cross_entropy_values", "cross_entropy_shapes"),
)
def vocabulary_in_dimension_1(logits, targets):
    total = torch.logsumexp(logits, dim=1)
    return (total - logits.gather(1, targets.unsqueeze(1)).squeeze(1)).mean()


@wrong(
    "Squeezes away more than the last dimension",
    hint="`squeeze()` without a dimension takes away each one of size 1, and what is left no longer fits the rest. Say which: `squeeze(-1)`.",
    fails="cross_entropy_shapes",
)
def squeezed_everywhere(logits, targets):
    right = logits.gather(-1, targets[..., None]).squeeze()
    return (torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Takes the gap for the loss where the softmax vanishes",
    hint="Where the probability is tiny, or 0, the loss is taken to be how far the right logit lies below the largest. That leaves out what the other large logits add to the sum: with two in the lead it is log 2 more. $\\log \\sum_j e^{x_j} - x_r$ needs no such case.",
    fails=("cross_entropy_confident", "cross_entropy_gradients"),
)
def the_gap_where_it_vanishes(logits, targets):
    ids = targets.unsqueeze(-1)
    right = torch.softmax(logits, dim=-1).gather(-1, ids).squeeze(-1)
    gap = logits.amax(dim=-1) - logits.gather(-1, ids).squeeze(-1)
    small = right < 1e-30
    return torch.where(small, gap, -torch.where(small, 1.0, right).log()).mean()


@wrong(
    "Goes on with the list of the call before",
    hint="`losses=[]` among the arguments is made once, and every call adds to the same list: the mean is over the positions of all calls. Begin an empty list inside the function.",
    fails="cross_entropy_values",
)
def a_list_among_the_arguments(logits, targets, losses=[]):
    for row, target in zip(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)):
        losses.append(torch.logsumexp(row, 0) - row[target])
    return torch.stack(losses).mean()
