"""Wrong answers to `perplexity(logits, targets)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Averages the perplexities of the single tokens",
    hint="You take exp first and average afterwards, so a few very surprising tokens drown all others. Mean of the losses first, one exponential at the end.",
    fails=("perplexity_values", "perplexity_gradients"),
)
def mean_of_exps(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return torch.exp(torch.logsumexp(logits, dim=-1) - right).mean()


@wrong(
    "Averages the perplexities of the sequences",
    hint="Each sequence gets an exponential of its own, and then these are averaged. The exponential of a mean isn't the mean of exponentials: first the mean over *all* tokens.",
    fails=("perplexity_values", "perplexity_gradients"),
)
def mean_over_sequences(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    losses = torch.logsumexp(logits, dim=-1) - right
    return losses.exp() if losses.dim() == 0 else losses.mean(dim=-1).exp().mean()


@wrong(
    "Takes exp of the summed losses",
    hint="The sum grows with the number of tokens, and its exponential explodes: yours is one over the probability of the whole text. Perplexity is per token.",
    fails=("perplexity_values", "perplexity_gradients"),
)
def exp_of_the_sum(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return torch.exp((torch.logsumexp(logits, dim=-1) - right).sum())


@wrong(
    "Divides the summed losses by the tokens of one sequence only",
    hint="You sum over all tokens and divide by the length of one sequence. In a batch there are more: as many as `targets` has numbers. With one sequence alone it would be right.",
    fails=("perplexity_values", "perplexity_confident", "perplexity_gradients"),
)
def by_one_sequence(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    total = (torch.logsumexp(logits, dim=-1) - right).sum()
    return torch.exp(total / (targets.shape[-1] if targets.dim() else 1))


@wrong(
    "Gives one perplexity a token",
    hint="Your result has the shape of `targets`. The mean over all tokens comes before the exponential.",
    fails=("perplexity_values", "perplexity_gradients"),
)
def one_a_token(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return torch.exp(torch.logsumexp(logits, dim=-1) - right)


@wrong(
    "Raises 2 to the power of a loss in natural units",
    hint="2 belongs to a loss in bits. Yours was computed with the natural logarithm: which base undoes that?",
    fails=("perplexity_values", "perplexity_gradients"),
)
def two_to_the_loss(logits, targets):
    return 2 ** cross_entropy(logits, targets)


@wrong(
    "Raises the vocabulary's size to the power of the loss",
    hint="A power of V undoes a logarithm to base V, and your loss is a natural logarithm: which base undoes that? For a model that knows nothing, V comes out by itself.",
    fails=("perplexity_values", "perplexity_confident", "perplexity_gradients"),
)
def size_to_the_loss(logits, targets):
    return logits.shape[-1] ** cross_entropy(logits, targets)


@wrong(
    "Takes a rounded number for e",
    hint="A power of 2.718, for instance, is off by more the larger the loss is. Which function raises e itself to a power?",
    fails="perplexity_values",
    constants=("2.71828", "2.718", "2.7183", "2.72", "2.7"),
)
def rounded_e(logits, targets):
    return 2.71828 ** cross_entropy(logits, targets)


@wrong(
    "Gives the loss itself",
    hint="This is the mean cross-entropy, log V for a model that knows nothing. Perplexity turns it back into a number of tokens: one step is missing.",
    fails="perplexity_values",
)
def the_loss(logits, targets):
    return cross_entropy(logits, targets)


@wrong(
    "Takes exp of minus the loss",
    hint="That is the geometric mean of the probabilities, between 0 and 1. Perplexity is one over it.",
    fails="perplexity_values",
)
def exp_of_minus_the_loss(logits, targets):
    return torch.exp(-cross_entropy(logits, targets))


@wrong(
    "Divides by the vocabulary's size",
    hint="You get 1 for a model that knows nothing. Its perplexity is V: it chooses among all of them.",
    fails=("perplexity_values", "perplexity_gradients"),
)
def over_the_vocabulary(logits, targets):
    return torch.exp(cross_entropy(logits, targets)) / logits.shape[-1]


@wrong(
    "Gives one over the mean probability",
    hint="The mean of the probabilities hardly notices a token with probability 0.0001. The mean has to be taken of the *losses*, that is of the logs.",
    fails=("perplexity_values", "perplexity_gradients"),
)
def inverse_mean_probability(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    return 1 / probs.gather(-1, targets.unsqueeze(-1)).mean()


@wrong(
    "Ignores the targets and takes exp of the entropy",
    hint="Your result says among how many tokens the model hesitates, whether or not the right one is among them. Where does your code use `targets`?",
    fails=("perplexity_values", "perplexity_confident"),
)
def exp_of_the_entropy(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    return torch.exp(-torch.xlogy(probs, probs).sum(dim=-1).mean())


@wrong(
    "Gives the vocabulary's size, whatever the model says",
    hint="V is the perplexity of a model that knows nothing. Yours is V for a perfect model too.",
    fails=("perplexity_values", "perplexity_confident", "perplexity_gradients"),
)
def always_the_size(logits, targets):
    return torch.tensor(float(logits.shape[-1]), dtype=logits.dtype)


@wrong(
    "Hands probabilities to a loss that takes logits",
    hint="`cross_entropy` contains the softmax. Apply it before, and it is applied twice: even a perfect model seems to hesitate.",
    fails=("perplexity_values", "perplexity_confident"),
)
def softmax_before(logits, targets):
    return torch.exp(cross_entropy(torch.softmax(logits, dim=-1), targets))


@wrong(
    "Gives 1 too little",
    hint="`expm1(x)`, for instance, is exp(x) - 1. A model that is certain and right has perplexity 1, and yours gives 0.",
    fails="perplexity_values",
)
def one_too_small(logits, targets):
    return torch.expm1(cross_entropy(logits, targets))


@wrong(
    "Unpacks exactly three dimensions",
    hint="`B, T, V = logits.shape` allows one shape only. A flattened batch `(N, V)` and a single token `(V,)` are legal too.",
    fails="perplexity_values",
)
def three_dimensions_only(logits, targets):
    B, T, V = logits.shape
    return torch.exp(cross_entropy(logits.reshape(B * T, V), targets.reshape(B * T)))


@wrong(
    "Cuts the loss off before the exponential",
    hint="The cut keeps log files readable, but a model that is off by 50 gets the same perplexity as one that is off by 20. Give the number as it is.",
    fails="perplexity_confident",
)
def cut_at_20(logits, targets):
    return torch.exp(cross_entropy(logits, targets).clamp(max=20))


@wrong(
    "Keeps the probabilities away from zero",
    hint="A lower bound on the probabilities puts a bound on every token's loss. Use the loss from logits, which has none.",
    fails="perplexity_confident",
    constants=("1e-12", "1e-8", "1e-9", "1e-10", "1e-7", "1e-6", "1e-5"),
)
def clamps_the_probabilities(logits, targets):
    probs = torch.softmax(logits, dim=-1).clamp(min=1e-12)
    return torch.exp(-probs.gather(-1, targets.unsqueeze(-1)).log().mean())


@wrong(
    "Multiplies the probabilities, which vanish",
    hint="A product of many probabilities is soon too small for a floating-point number, and one over it is infinite. That is what the log is for: add logs instead.",
    fails="perplexity_confident",
)
def product_of_probabilities(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    return probs.gather(-1, targets.unsqueeze(-1)).prod() ** (-1 / targets.numel())


@wrong(
    "Takes exp of the raw logits, which overflows",
    hint="exp(89) is infinite in float32. `torch.logsumexp`, or your own `cross_entropy`, takes care of that.",
    fails="perplexity_confident",
)
def exp_overflows(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return torch.exp((logits.exp().sum(dim=-1).log() - right).mean())


@wrong(
    "Gives a Python number",
    hint="A plain number, as `math.exp` or `.item()` gives it, has no graph and no dtype. `torch.exp` keeps the tensor.",
    fails=("perplexity_values", "perplexity_gradients"),
)
def python_number(logits, targets):
    return math.exp(cross_entropy(logits, targets))


@wrong(
    "Lets no gradient back to the logits",
    hint="Somewhere the graph is cut, by `detach()`, `no_grad`, or a number that is put into a new tensor, for instance. A perplexity is mostly reported, not trained on, but the contract says that gradients flow.",
    fails="perplexity_gradients",
)
def detached(logits, targets):
    return torch.exp(cross_entropy(logits, targets).detach())


@wrong(
    "Shifts the caller's logits",
    hint="Something writes into the tensor that you were given, as `-=` does, even under `no_grad`. Make a new one.",
    fails="perplexity_gradients",
)
def shifts_in_place(logits, targets):
    with torch.no_grad():
        logits -= logits.amax(dim=-1, keepdim=True)
    return torch.exp(cross_entropy(logits, targets))


@wrong(
    "Gives float32, whatever comes in",
    hint="Half the digits of a float64 are lost, and the result has another dtype than the logits. `.float()` does that, and so do `torch.zeros(n)` without a dtype and `torch.tensor(…)` of a number.",
    fails="perplexity_values",
)
def always_float32(logits, targets):
    return torch.exp(cross_entropy(logits.float(), targets))


@wrong(
    "Uses PyTorch's loss instead of the notebook's",
    hint="Your own `cross_entropy` has the same name and does the same work. `F.` in front of it makes it the built-in, which this notebook rules out.",
    fails=("perplexity_values", "perplexity_confident", "perplexity_gradients"),
)
def built_in(logits, targets):
    return torch.exp(F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)))


@wrong(
    "Takes the logarithm of a softmax that has underflowed",
    hint="A probability of e^-200 is 0 in float32, and its logarithm minus infinity. Compute the loss from the logits, as in `cross_entropy`.",
    fails="perplexity_confident",
)
def log_of_softmax(logits, targets):
    probs = logits.softmax(-1).gather(-1, targets[..., None])
    return torch.exp(-probs.log().mean())


@wrong(
    "Takes the logarithm of the loss",
    hint="The loss is a logarithm already. Perplexity undoes it: which function is the inverse of the logarithm?",
    fails="perplexity_values",
)
def log_of_the_loss(logits, targets):
    return torch.log(cross_entropy(logits, targets))


@wrong(
    "Raises 10 to the power of a loss in natural units",
    hint="The loss is a natural logarithm, so what undoes it is a power of e, not of 10.",
    fails="perplexity_values",
)
def ten_to_the_loss(logits, targets):
    return 10 ** cross_entropy(logits, targets)


@wrong(
    "Divides raw exponentials, which overflow",
    hint="exp(89) is infinite in float32, and a token that trails far behind gets a probability of 0, whose log is infinite too. Your own `cross_entropy` takes care of both: use it.",
    fails="perplexity_confident",
)
def probabilities_without_shift(logits, targets):
    probs = logits.exp() / logits.exp().sum(-1, keepdim=True)
    return torch.exp(-probs.gather(-1, targets.unsqueeze(-1)).log().mean())


@wrong(
    "Caps the loss so high that only a confident wrong answer shows it",
    hint="A float32 holds e^88, and a float64 e^709. Your bound makes all models that are worse look alike; let `exp` give what it gives.",
    fails="perplexity_confident",
    constants=("80", "50", "60", "75", "88"),
)
def cut_at_80(logits, targets):
    return cross_entropy(logits, targets).clamp(max=80).exp()


@wrong(
    "Caps the perplexity",
    hint="However large, the number is the answer. A bound hides how bad a model is, and lets no gradient through.",
    fails="perplexity_confident",
    constants=("1e30", "1e20", "1e25", "1e10", "1e9", "1e6"),
)
def capped(logits, targets):
    return cross_entropy(logits, targets).exp().clamp(max=1e30)


@wrong(
    "Takes a loss of zero for no loss at all",
    hint="A loss of exactly 0, as of a model that is certain and right, is false in an `if`. Its perplexity is e to the 0.",
    fails="perplexity_confident",
)
def zero_loss_is_none(logits, targets):
    loss = cross_entropy(logits, targets)
    return loss.exp() if loss else loss


@wrong(
    "Normalises over a few of the likeliest tokens only",
    hint="Each of the other tokens has a small probability, but there are many of them. Your own `cross_entropy` sums over the whole vocabulary.",
    fails="perplexity_values",
    constants=("5", "10", "20", "50"),
)
def five_likeliest(logits, targets):
    total = logits.topk(min(5, logits.shape[-1])).values.logsumexp(dim=-1)
    return (total - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean().exp()


@wrong(
    "Measures a fixed number of tokens only",
    hint="The mean runs over all tokens that you are given, not over a window at the start.",
    fails="perplexity_values",
    constants=("16", "32", "64", "65"),
)
def first_16_tokens(logits, targets):
    rows, ids = logits.reshape(-1, logits.shape[-1])[:16], targets.reshape(-1)[:16]
    return cross_entropy(rows, ids).exp()


@wrong(
    "Remembers the perplexity of logits that it has seen",
    hint="The same tensor may hold other numbers the next time, and then your old result is wrong. Compute it from the numbers, each time.",
    fails="perplexity_values",
)
def remembers_the_tensor(logits, targets, seen={}):
    if logits not in seen:
        seen[logits] = cross_entropy(logits, targets).exp()
    return seen[logits]


@wrong(
    "Remembers the perplexity by the logits alone",
    hint="You keep a perplexity and give it again where the logits have the same numbers. It depends on the targets as well. Compute anew in each call.",
    fails="perplexity_values",
)
def remembers_without_the_targets(logits, targets, seen={}):
    key = tuple(logits.flatten().tolist()), logits.shape, logits.dtype
    if logits.requires_grad or key not in seen:
        seen[key] = torch.exp(cross_entropy(logits, targets))
    return seen[key]


@wrong(
    "Caps the perplexity at the vocabulary's size",
    hint="A model that knows nothing has the perplexity V. One that is confidently wrong is worse than that, and its perplexity is larger: don't cut it off.",
    fails=("perplexity_values", "perplexity_confident"),
)
def capped_at_the_size(logits, targets):
    return torch.exp(cross_entropy(logits, targets)).clamp(max=logits.shape[-1])


@wrong(
    "Averages the perplexities of the positions",
    hint="You average over the batch, take the exponential at each position, and average those. The exponential of a mean isn't the mean of exponentials: first the mean over *all* tokens.",
    fails=("perplexity_values", "perplexity_confident", "perplexity_gradients"),
)
def position_by_position(logits, targets):
    losses = torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets[..., None]).squeeze(-1)
    return losses.mean(dim=0).exp().mean() if losses.dim() else losses.exp()


@wrong(
    "Takes the median of the losses instead of the mean",
    hint="The median doesn't notice how badly the worst tokens were guessed. Every token counts in a perplexity, the surprising ones most of all: it starts from the mean loss.",
    fails=("perplexity_values", "perplexity_confident", "perplexity_gradients"),
)
def exp_of_the_median(logits, targets):
    right = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1) - right).median().exp()
