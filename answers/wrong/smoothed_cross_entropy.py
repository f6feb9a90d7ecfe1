"""Wrong answers to `smoothed_cross_entropy(logits, targets, smoothing)`."""

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Leaves the smoothing out",
    hint="Your result is the plain loss, whatever `smoothing` is. Where does your code use it?",
    fails="smoothed_cross_entropy_values",
)
def not_smoothed(logits, targets, smoothing):
    p = F.one_hot(targets, logits.shape[-1]).to(logits.dtype)
    return cross_entropy_between(p, torch.softmax(logits, dim=-1)).mean()


@wrong(
    "Hands the share out among the wrong tokens only",
    hint="That is another way to smooth, with s / (V - 1) for each of the others. Here all V tokens get s / V, the right one included.",
    fails="smoothed_cross_entropy_values",
)
def among_the_others(logits, targets, smoothing):
    V = logits.shape[-1]
    p = torch.full_like(logits, smoothing / max(V - 1, 1)).scatter(-1, targets.unsqueeze(-1), 1 - smoothing)
    return cross_entropy_between(p, torch.softmax(logits, dim=-1)).mean()


@wrong(
    "Adds the share, but takes nothing from the right token",
    hint="Your p sums to 1 + s. What is handed out has to come from somewhere: scale the one-hot row by 1 - s.",
    fails="smoothed_cross_entropy_values",
)
def takes_nothing_away(logits, targets, smoothing):
    V = logits.shape[-1]
    p = F.one_hot(targets, V).to(logits.dtype) + smoothing / V
    return cross_entropy_between(p, torch.softmax(logits, dim=-1)).mean()


@wrong(
    "Gives the whole share to each token",
    hint="Each of V tokens gets s in your p, which sums to more than 1. Hand out s in all: s / V each.",
    fails="smoothed_cross_entropy_values",
)
def the_whole_share_each(logits, targets, smoothing):
    p = (1 - smoothing) * F.one_hot(targets, logits.shape[-1]).to(logits.dtype) + smoothing
    return cross_entropy_between(p, torch.softmax(logits, dim=-1)).mean()


@wrong(
    "Keeps the share and hands out the rest",
    hint="With s = 0 nothing should be smoothed, and your p is uniform. The right token keeps 1 - s.",
    fails="smoothed_cross_entropy_values",
)
def the_other_way_round(logits, targets, smoothing):
    V = logits.shape[-1]
    p = smoothing * F.one_hot(targets, V).to(logits.dtype) + (1 - smoothing) / V
    return cross_entropy_between(p, torch.softmax(logits, dim=-1)).mean()


@wrong(
    "Smooths what the model believes instead of the targets",
    hint="You mix the uniform distribution into q. It is p, what is asked for, that becomes less certain; the model's own probabilities stay as they are.",
    fails="smoothed_cross_entropy_values",
)
def smooths_the_model(logits, targets, smoothing):
    V = logits.shape[-1]
    q = (1 - smoothing) * torch.softmax(logits, dim=-1) + smoothing / V
    return cross_entropy_between(F.one_hot(targets, V).to(logits.dtype), q).mean()


@wrong(
    "Swaps targets and model in cross_entropy_between",
    hint="`p` is what should happen, the smoothed target; `q` what the model believes. The log is taken of the second.",
    fails="smoothed_cross_entropy_values",
)
def swapped(logits, targets, smoothing):
    V = logits.shape[-1]
    p = (1 - smoothing) * F.one_hot(targets, V).to(logits.dtype) + smoothing / V
    return cross_entropy_between(torch.softmax(logits, dim=-1), p).mean()


@wrong(
    "Takes logits for probabilities",
    hint="`cross_entropy_between` takes two distributions. Logits may be negative and don't sum to 1: softmax makes a distribution of them.",
    fails="smoothed_cross_entropy_values",
)
def without_softmax(logits, targets, smoothing):
    V = logits.shape[-1]
    p = (1 - smoothing) * F.one_hot(targets, V).to(logits.dtype) + smoothing / V
    return cross_entropy_between(p, logits).mean()


@wrong(
    "Gives one loss a token, without the mean",
    hint="Your result has the shape of `targets`. The mean over all tokens is missing.",
    fails="smoothed_cross_entropy_values",
)
def one_a_token(logits, targets, smoothing):
    V = logits.shape[-1]
    p = (1 - smoothing) * F.one_hot(targets, V).to(logits.dtype) + smoothing / V
    return cross_entropy_between(p, torch.softmax(logits, dim=-1))


@wrong(
    "Sums over the tokens instead of averaging",
    hint="Twice the tokens give twice the loss. As in `cross_entropy`, the mean is asked for.",
    fails="smoothed_cross_entropy_values",
)
def summed(logits, targets, smoothing):
    V = logits.shape[-1]
    p = (1 - smoothing) * F.one_hot(targets, V).to(logits.dtype) + smoothing / V
    return cross_entropy_between(p, torch.softmax(logits, dim=-1)).sum()


@wrong(
    "Takes off the entropy of the targets",
    hint="What is left is the KL divergence, which a perfect model brings to 0. The cross-entropy includes the entropy of p.",
    fails="smoothed_cross_entropy_values",
)
def divergence(logits, targets, smoothing):
    V = logits.shape[-1]
    p = (1 - smoothing) * F.one_hot(targets, V).to(logits.dtype) + smoothing / V
    return (cross_entropy_between(p, torch.softmax(logits, dim=-1)) - cross_entropy_between(p, p)).mean()


@wrong(
    "Unpacks exactly three dimensions",
    hint="`B, T, V = logits.shape` allows one shape only. One row, or a flattened batch, is legal too: count from the end.",
    fails="smoothed_cross_entropy_values",
)
def three_dimensions_only(logits, targets, smoothing):
    B, T, V = logits.shape
    p = (1 - smoothing) * F.one_hot(targets, V).to(logits.dtype) + smoothing / V
    return cross_entropy_between(p, torch.softmax(logits, dim=-1)).sum() / (B * T)


@wrong(
    "Shifts the caller's logits",
    hint="Something writes into the tensor that you were given, as `-=` does, even under `no_grad`. `torch.softmax` needs no shift by hand.",
    fails="smoothed_cross_entropy_values",
)
def shifts_in_place(logits, targets, smoothing):
    with torch.no_grad():
        logits -= logits.amax(dim=-1, keepdim=True)
    V = logits.shape[-1]
    p = (1 - smoothing) * F.one_hot(targets, V).to(logits.dtype) + smoothing / V
    return cross_entropy_between(p, torch.softmax(logits, dim=-1)).mean()


@wrong(
    "Cuts the loss off from the logits",
    hint="Smoothing is for training, so gradients must flow: leave `detach` and `no_grad` out.",
    fails="smoothed_cross_entropy_values",
)
def detached(logits, targets, smoothing):
    V = logits.shape[-1]
    p = (1 - smoothing) * F.one_hot(targets, V).to(logits.dtype) + smoothing / V
    return cross_entropy_between(p, torch.softmax(logits.detach(), dim=-1)).mean()


@wrong(
    "Hands the work to PyTorch's label_smoothing",
    hint="PyTorch's loss can do it by an argument. Build the smoothed targets yourself, and use your own `cross_entropy_between`.",
    fails="smoothed_cross_entropy_values",
)
def built_in(logits, targets, smoothing):
    rows = logits.reshape(-1, logits.shape[-1])
    return F.cross_entropy(rows, targets.reshape(-1), label_smoothing=smoothing)


@wrong(
    "Smooths in place what it keeps",
    hint="`*=` and `+=` change the tensor itself, and that is the one which you keep for the next call: there it is smoothed twice. Make a new tensor in each call.",
    fails="smoothed_cross_entropy_values",
)
def smooths_what_it_keeps(logits, targets, smoothing, kept={}):
    V = logits.shape[-1]
    key = tuple(targets.flatten().tolist()), logits.shape, logits.dtype
    p = kept.setdefault(key, F.one_hot(targets, V).to(logits.dtype))
    p *= 1 - smoothing
    p += smoothing / V
    return -(p * (logits - logits.logsumexp(-1, keepdim=True))).sum(-1).mean()


@wrong(
    "Guesses the size of the vocabulary from the targets",
    hint="Without being told, `one_hot` takes the largest id that it sees for the last one of all. `V` is the size of the logits' last dimension, whichever tokens came.",
    fails="smoothed_cross_entropy_values",
)
def one_hot_of_guessed_width(logits, targets, smoothing):
    p = (1 - smoothing) * F.one_hot(targets).to(logits.dtype) + smoothing / logits.shape[-1]
    return cross_entropy_between(p, torch.softmax(logits, dim=-1)).mean()


@wrong(
    "Divides by the size of the vocabulary as well",
    hint="The cross-entropy of one token is a sum over the vocabulary, and the mean is over the tokens alone. `mean()` of all terms divides by `V`, too.",
    fails="smoothed_cross_entropy_values",
)
def mean_over_vocabulary(logits, targets, smoothing):
    V = logits.shape[-1]
    p = (1 - smoothing) * F.one_hot(targets, V).to(logits.dtype) + smoothing / V
    return -(p * torch.softmax(logits, dim=-1).log()).mean()


@wrong(
    "Counts on two dimensions",
    hint="The vocabulary is dimension 1 of `(N, V)` only. One token alone has no dimension 1, and in `(B, T, V)` that is time: count from the end.",
    fails="smoothed_cross_entropy_values",
)
def two_dimensions_only(logits, targets, smoothing):
    V = logits.shape[1]
    p = torch.full_like(logits, smoothing / V).scatter(1, targets.unsqueeze(1), 1 - smoothing + smoothing / V)
    return -(p * (logits - logits.logsumexp(dim=1, keepdim=True))).sum(dim=1).mean()


@wrong(
    "Lets the share that is handed out cost log V",
    hint="log V is what a model pays that gives all tokens alike. This one pays by its own probabilities, for the tokens that get a share too: build the whole p, and take the cross-entropy with it.",
    fails="smoothed_cross_entropy_values",
)
def uniform_loss_for_the_share(logits, targets, smoothing):
    return (1 - smoothing) * cross_entropy(logits, targets) + smoothing * uniform_loss(logits.shape[-1])


@wrong(
    "Writes the rest over the right token's share",
    hint="`scatter` puts 1 - s in the place of the share that stands there, so p sums to less than 1. All V tokens get s / V, the right one too, and it gets 1 - s on top.",
    fails="smoothed_cross_entropy_values",
)
def overwrites_the_share(logits, targets, smoothing):
    V = logits.shape[-1]
    p = torch.full_like(logits, smoothing / V).scatter(-1, targets.unsqueeze(-1), 1 - smoothing)
    log_q = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    return -(p * log_q).sum(dim=-1).mean()


@wrong(
    "Divides by the first dimension alone",
    hint="You add up the losses of all tokens, and divide by the number of sequences. The mean is over all *tokens*: each position of each sequence is one.",
    fails="smoothed_cross_entropy_values",
)
def divided_by_the_batch(logits, targets, smoothing):
    V = logits.shape[-1]
    logits, targets = (logits[None], targets[None]) if logits.dim() == 1 else (logits, targets)
    p = F.one_hot(targets, V).to(logits.dtype) * (1 - smoothing) + smoothing / V
    return -(p * torch.softmax(logits, dim=-1).log()).sum() / len(logits)
