"""Wrong answers to `logits_gradient(logits, targets)`."""

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Leaves out the division by N",
    hint="Your result is that of a loss which is added up over the tokens. The loss is their mean: what does each token's share come to?",
    fails="logits_gradient_values",
)
def not_over_n(logits, targets):
    slopes = F.softmax(logits, dim=1)
    slopes[torch.arange(len(targets)), targets] -= 1
    return slopes


@wrong(
    "Divides by the number of entries",
    hint="You divide by N times V. The loss is a mean over the N tokens; the V logits of a token belong to one loss.",
    fails="logits_gradient_values",
)
def over_all_entries(logits, targets):
    slopes = F.softmax(logits, dim=1)
    slopes[torch.arange(len(targets)), targets] -= 1
    return slopes / logits.numel()


@wrong(
    "Divides by the vocabulary's size",
    hint="You divide by V, the number of columns. The mean is over the tokens: which dimension counts them?",
    fails="logits_gradient_values",
)
def over_the_vocabulary(logits, targets):
    slopes = F.softmax(logits, dim=1)
    slopes[torch.arange(len(targets)), targets] -= 1
    return slopes / logits.shape[1]


@wrong(
    "Turns the sign round",
    hint="Your result points downhill: it says where the logits should go. The gradient says where the loss rises, so the right token's entry is negative.",
    fails="logits_gradient_values",
)
def sign_turned(logits, targets):
    return (F.one_hot(targets, logits.shape[1]) - F.softmax(logits, dim=1)) / len(targets)


@wrong(
    "Adds 1 at the right token",
    hint="At the right token your entry is its probability plus 1. Each row should add up to 0: does yours?",
    fails="logits_gradient_values",
)
def adds_the_one(logits, targets):
    return (F.softmax(logits, dim=1) + F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Takes log-probabilities for probabilities",
    hint="The formula wants the probabilities themselves, numbers between 0 and 1. `log_softmax` gives their logarithms, which are negative.",
    fails="logits_gradient_values",
)
def log_probabilities(logits, targets):
    return (F.log_softmax(logits, dim=1) - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Forgets the softmax",
    hint="You subtract the one-hot rows from the logits themselves. What turns a row of logits into probabilities?",
    fails="logits_gradient_values",
)
def no_softmax(logits, targets):
    return (logits - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Takes the sigmoid of each logit",
    hint="`sigmoid` looks at each logit by itself, so your rows don't add up to 0. The probabilities of one token share a sum of 1.",
    fails="logits_gradient_values",
)
def sigmoids(logits, targets):
    return (torch.sigmoid(logits) - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Gives the right token's entry alone, and zeros elsewhere",
    hint="A wrong token's logit has a slope too: when it grows, the right token loses probability. Its entry is its probability.",
    fails="logits_gradient_values",
)
def only_the_target(logits, targets):
    rows = torch.arange(len(targets))
    slopes = torch.zeros_like(logits)
    slopes[rows, targets] = F.softmax(logits, dim=1)[rows, targets] - 1
    return slopes / len(targets)


@wrong(
    "Leaves out the right token's minus 1",
    hint="Your rows are the probabilities, and each adds up to 1 over N. What does the one-hot row take away?",
    fails="logits_gradient_values",
)
def probabilities_alone(logits, targets):
    return F.softmax(logits, dim=1) / len(targets)


@wrong(
    "Puts -1 at the right token, and loses its probability",
    hint="You overwrite the right token's entry. The 1 is subtracted from the probability which stands there.",
    fails="logits_gradient_values",
)
def overwrites_the_entry(logits, targets):
    slopes = F.softmax(logits, dim=1)
    slopes[torch.arange(len(targets)), targets] = -1
    return slopes / len(targets)


@wrong(
    "Adds up over the batch",
    hint="Your result has one row for all tokens. Every token has logits of its own, and the gradient has the shape of `logits`.",
    fails="logits_gradient_values",
)
def summed_over_the_batch(logits, targets):
    return (F.softmax(logits, dim=1) - F.one_hot(targets, logits.shape[1])).sum(0) / len(targets)


@wrong(
    "Takes the mean over the batch for the division by N",
    hint="`.mean(0)` divides by N, but it also adds up the rows. Divide, and keep one row for each token.",
    fails="logits_gradient_values",
    like="summed_over_the_batch",
)
def mean_over_the_batch(logits, targets):
    return (F.softmax(logits, dim=1) - F.one_hot(targets, logits.shape[1])).mean(0)


@wrong(
    "Takes the softmax down the columns",
    hint="Along dimension 0 the tokens share the probability of one id. A row of logits belongs to one token: along which dimension do its probabilities add up to 1?",
    fails="logits_gradient_values",
)
def softmax_down_the_columns(logits, targets):
    return (F.softmax(logits, dim=0) - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Takes one softmax over all entries",
    hint="All your probabilities together add up to 1. Each token has a distribution of its own.",
    fails="logits_gradient_values",
)
def one_softmax_for_all(logits, targets):
    probs = F.softmax(logits.flatten(), dim=0).reshape(logits.shape)
    return (probs - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Lets one_hot guess its width",
    hint="`F.one_hot(targets)` makes rows just wide enough for the largest target. Where the last id is nobody's target, that is too narrow. The width stands in the shape of `logits`.",
    fails="logits_gradient_values",
)
def one_hot_guessed_width(logits, targets):
    return (F.softmax(logits, dim=1) - F.one_hot(targets)) / len(targets)


@wrong(
    "Subtracts 1 in the targets' columns of every row",
    hint="`slopes[:, targets]` is these columns in all rows. Each row has one target: pair the row numbers with the targets.",
    fails="logits_gradient_values",
)
def whole_columns(logits, targets):
    slopes = F.softmax(logits, dim=1)
    slopes[:, targets] -= 1
    return slopes / len(targets)


@wrong(
    "Writes into the logits",
    hint="The caller's `logits` hold your probabilities after the call. Change a tensor of your own: the softmax makes one.",
    fails="logits_gradient_values",
)
def in_place(logits, targets):
    logits.copy_(F.softmax(logits, dim=1))
    logits[torch.arange(len(targets)), targets] -= 1
    return logits / len(targets)


@wrong(
    "Shifts the logits in place before exp",
    hint="`-=` takes each row's largest logit off the caller's `logits`, too. Subtract into a new tensor.",
    fails="logits_gradient_values",
)
def shifts_in_place(logits, targets):
    logits -= logits.max(dim=1, keepdim=True).values
    probs = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
    return (probs - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Computes in float32",
    hint="A float64 input loses half of its digits on the way, and the result has another dtype than `logits`. Make what you need in the dtype of `logits`.",
    fails="logits_gradient_values",
)
def in_float32(logits, targets):
    return (F.softmax(logits.float(), dim=1) - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Gives the loss",
    hint="You return one number, the mean cross-entropy itself. Asked for is its slope for each logit.",
    fails="logits_gradient_values",
)
def the_loss(logits, targets):
    return F.cross_entropy(logits, targets)


@wrong(
    "Multiplies by p (1 - p), as for a sigmoid",
    hint="The slopes of the softmax are in the formula already: with the logarithm of the loss they cancel. What is left is a difference.",
    fails="logits_gradient_values",
)
def with_the_slope_of_a_sigmoid(logits, targets):
    probs = F.softmax(logits, dim=1)
    return (probs - F.one_hot(targets, logits.shape[1])) * probs * (1 - probs) / len(targets)


@wrong(
    "Squeezes the result",
    hint="`squeeze` takes away every dimension of size 1. One token still has a row, and a vocabulary of one id a column.",
    fails="logits_gradient_values",
)
def squeezed(logits, targets):
    return ((F.softmax(logits, dim=1) - F.one_hot(targets, logits.shape[1])) / len(targets)).squeeze()


@wrong(
    "Needs the logits to be contiguous",
    hint="`view` can only regroup memory that lies in order, and a transposed tensor's doesn't. `reshape` copies if it must, and the formula needs neither.",
    fails="logits_gradient_values",
)
def views_the_logits(logits, targets):
    flat = logits.view(-1)
    probs = F.softmax(flat.view(logits.shape), dim=1)
    return (probs - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Asks autograd",
    hint="Autograd is what your formula is compared with. Write the formula: it needs the probabilities, the targets and N.",
    fails="logits_gradient_values",
)
def by_autograd(logits, targets):
    leaf = logits.detach().clone().requires_grad_()
    F.cross_entropy(leaf, targets).backward()
    return leaf.grad


@wrong(
    "Measures the slopes by small steps",
    hint="Differences of two losses keep only some of the digits, in float32 hardly any. The formula gives all of them, without a step.",
    fails="logits_gradient_values",
)
def by_small_steps(logits, targets, eps=1e-3):
    slopes = torch.zeros_like(logits)
    for n in range(logits.shape[0]):
        for v in range(logits.shape[1]):
            step = torch.zeros_like(logits)
            step[n, v] = eps
            ahead = F.cross_entropy(logits + step, targets)
            behind = F.cross_entropy(logits - step, targets)
            slopes[n, v] = (ahead - behind) / (2 * eps)
    return slopes


@wrong(
    "Takes exp of the logits as they are",
    hint="From about 89 on `exp` is infinite in float32, and from 710 on in float64; inf / inf is nan. Subtract each row's largest logit first, or use PyTorch's softmax.",
    fails="logits_gradient_stability",
)
def plain_exp(logits, targets):
    weights = logits.exp()
    probs = weights / weights.sum(dim=1, keepdim=True)
    return (probs - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Subtracts the largest logit of all rows",
    hint="A row far below the largest logit of the whole table underflows: all its weights are 0, and 0 / 0 is nan. Each row has its own largest logit.",
    fails="logits_gradient_stability",
)
def one_maximum_for_all(logits, targets):
    weights = (logits - logits.max()).exp()
    probs = weights / weights.sum(dim=1, keepdim=True)
    return (probs - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Adds a small number to the sum",
    hint="A small number in the denominator avoids 0 / 0 and hides what went wrong: a row whose weights are all 0 then has no winner. Subtract each row's own largest logit.",
    fails="logits_gradient_stability",
)
def small_number_in_the_sum(logits, targets):
    weights = (logits - logits.max()).exp()
    probs = weights / (weights.sum(dim=1, keepdim=True) + 1e-30)
    return (probs - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Clamps the logits",
    hint="Clamped logits are other logits: two that were far apart may come out the same. Only their differences count, so subtract each row's largest instead.",
    fails="logits_gradient_stability",
    constants=("-50, 50", "-80, 80", "-88, 88", "-100, 100", "-30, 30", "-20, 20"),
)
def clamped(logits, targets):
    probs = F.softmax(logits.clamp(-50, 50), dim=1)
    return (probs - F.one_hot(targets, logits.shape[1])) / len(targets)


@wrong(
    "Remembers the result for logits that it has seen",
    hint="The same logits may come with other targets. Compute anew in each call.",
    fails="logits_gradient_values",
)
def remembers(logits, targets, seen={}):
    key = tuple(logits.flatten().tolist()), logits.shape, logits.dtype
    if key not in seen:
        seen[key] = (F.softmax(logits, dim=1) - F.one_hot(targets, logits.shape[1])) / len(targets)
    return seen[key]
