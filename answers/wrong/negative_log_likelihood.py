"""Wrong answers to `negative_log_likelihood(probs, target)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Leaves out the minus sign",
    hint="The log of a probability is never positive, so your loss is at most 0 and grows as the model gets better. A loss should do the opposite.",
    fails=("negative_log_likelihood_values", "negative_log_likelihood_gradients"),
)
def without_minus(probs, target):
    return torch.log(probs[target])


@wrong(
    "Takes the logarithm to base 2",
    hint="Bits are a fine unit, but the model's loss is measured with the natural logarithm. Which function of torch is that?",
    fails=("negative_log_likelihood_values", "negative_log_likelihood_gradients"),
)
def in_bits(probs, target):
    return -torch.log2(probs[target])


@wrong(
    "Takes the logarithm to base 10",
    hint="`log10` is not the natural logarithm: your result is too small by a factor of about 2.3, everywhere.",
    fails="negative_log_likelihood_values",
)
def base_ten(probs, target):
    return -torch.log10(probs[target])


@wrong(
    "Gives the negative probability, without the logarithm",
    hint="Minus the probability does fall as the model gets better, but at most by 1: being certain of the wrong token costs hardly more than being undecided. "
    "What makes a probability near 0 expensive?",
    fails="negative_log_likelihood_values",
)
def without_log(probs, target):
    return -probs[target]


@wrong(
    "Gives one minus the probability",
    hint="`1 - p` never exceeds 1, so a confident wrong answer is cheap. The loss has to grow without bound as the probability goes to 0.",
    fails="negative_log_likelihood_values",
)
def one_minus_probability(probs, target):
    return 1 - probs[target]


@wrong(
    "Takes the log of one minus the probability",
    hint="You measure how surprising it would be if the token did *not* come. It did come: look at its own probability.",
    fails="negative_log_likelihood_values",
)
def of_the_opposite(probs, target):
    return -torch.log(1 - probs[target])


@wrong(
    "Counts ids from 1, so it reads the token before the target",
    hint="Token ids start at 0, like every index in Python. For target 0 your index is -1, and that is the last token.",
    fails="negative_log_likelihood_values",
)
def counts_from_one(probs, target):
    return -torch.log(probs[target - 1])


@wrong(
    "Scores the model's favourite token instead of the right one",
    hint="`max` picks what the model finds most likely. The loss is about the token that really came, and that is `target`, however unlikely the model thought it.",
    fails="negative_log_likelihood_values",
)
def of_the_favourite(probs, target):
    return -torch.log(probs.max())


@wrong(
    "Weights the surprise with the model's own probability",
    hint="`-p log p` is one term of an entropy: there the model's probability says how often the token comes. Here it came, once and for certain.",
    fails="negative_log_likelihood_values",
)
def entropy_term(probs, target):
    return -probs[target] * torch.log(probs[target])


@wrong(
    "Adds up the surprise at every token",
    hint="Only the token that came counts. Your result is the same for every `target`: where does your code use it?",
    fails="negative_log_likelihood_values",
)
def every_token(probs, target):
    return -torch.log(probs).sum()


@wrong(
    "Adds the surprise that the other tokens did not come",
    hint="With `log(1 - p)` of each other token you ask a yes-or-no question about every one. One of V tokens came, and only its own probability counts.",
    fails=("negative_log_likelihood_values", "negative_log_likelihood_gradients"),
)
def one_against_the_rest(probs, target):
    came = F.one_hot(torch.tensor(target), len(probs)).to(probs.dtype)
    return -(came * torch.log(probs) + (1 - came) * torch.log(1 - probs)).sum()


@wrong(
    "Divides by the size of the vocabulary",
    hint="One token came, so there is one surprise, and nothing to divide by V. Does your code divide, or take a `mean` over a product in which all terms but one are zero?",
    fails="negative_log_likelihood_values",
)
def mean_over_vocabulary(probs, target):
    one_hot = F.one_hot(torch.tensor(target), len(probs)).to(probs.dtype)
    return -(one_hot * torch.log(probs)).mean()


@wrong(
    "Measures the loss against a model that knows nothing",
    hint="You subtract log V, so a model that knows nothing gets 0 and a good one less than 0. Compare with log V afterwards; the loss itself is only about the right token.",
    fails="negative_log_likelihood_values",
)
def above_uniform(probs, target):
    return -torch.log(probs[target]) - math.log(len(probs))


@wrong(
    "Applies softmax to what are probabilities already",
    hint="`probs` sums to 1 before you touch it. A second softmax flattens it, and every loss comes out near log V.",
    fails="negative_log_likelihood_values",
)
def softmax_again(probs, target):
    return -torch.log(torch.softmax(probs, dim=-1)[target])


@wrong(
    "Keeps a dimension of size 1",
    hint="A slice, or a list as an index, keeps its dimension even when it picks one entry: your result has shape (1,). Index with the number itself.",
    fails="negative_log_likelihood_values",
)
def keeps_a_dimension(probs, target):
    return -torch.log(probs[target : target + 1])


@wrong(
    "Adds a small number to the probability, so nothing is infinite",
    hint="You guard against log 0 by changing the probabilities. But `inf` is the right loss for a token that was called impossible, and every other loss comes out a little too small.",
    fails="negative_log_likelihood_values",
    constants=("1e-9", "1e-8", "1e-10", "1e-12", "1e-7", "1e-6", "1e-5"),
)
def adds_epsilon(probs, target):
    return -torch.log(probs[target] + 1e-9)


@wrong(
    "Keeps the probability away from zero, so nothing is infinite",
    hint="You replace probabilities near 0 by a larger one. A model that called the right token impossible then gets away with a finite loss, and no gradient.",
    fails="negative_log_likelihood_values",
    constants=("1e-12", "1e-8", "1e-9", "1e-10", "1e-7", "1e-6", "1e-5"),
)
def clamps(probs, target):
    return -torch.log(probs[target].clamp(min=1e-12))


@wrong(
    "Gives a Python number",
    hint="A plain float, as `math.log` or `.item()` gives it, has the right value, but no graph: nothing that was computed before it can learn from it. Stay with tensors.",
    fails=("negative_log_likelihood_values", "negative_log_likelihood_gradients"),
)
def python_number(probs, target):
    return -math.log(probs[target]) if probs[target] > 0 else math.inf


@wrong(
    "Wraps a number in a new tensor",
    hint="`.item()` leaves the graph, and `torch.tensor` starts a new one with nothing behind it. The value is right, but no gradient reaches `probs`.",
    fails="negative_log_likelihood_gradients",
    like="detached",
)
def wrapped_again(probs, target):
    return -torch.log(torch.tensor(probs[target].item(), dtype=probs.dtype))


@wrong(
    "Lets no gradient back to probs",
    hint="The value is right, but to autograd it's a constant, and no gradient reaches `probs`. Look for `detach()`, `.data`, `no_grad` or a number from `.item()` that is wrapped in a new tensor.",
    fails="negative_log_likelihood_gradients",
)
def detached(probs, target):
    return -probs.detach()[target].log()


@wrong(
    "Computes in float32, whatever comes in",
    hint="Half the digits of a float64 are lost, and the result has another dtype than `probs`. `.float()` does that, and so do `torch.zeros(n)` without a dtype and `torch.tensor(…)` of a number.",
    fails="negative_log_likelihood_values",
)
def always_float32(probs, target):
    return -probs.float()[target].log()


@wrong(
    "Gives infinity in float32, whatever comes in",
    hint="Where the probability is 0, float64 goes in and float32 comes out, as from `torch.tensor(math.inf)`. Is a case of its own needed? Look at what the logarithm makes of a 0.",
    fails="negative_log_likelihood_values",
)
def infinity_in_float32(probs, target):
    if probs[target] == 0:
        return torch.tensor(math.inf)
    return -torch.log(probs[target])


@wrong(
    "Takes the logarithm in place",
    hint="A method whose name ends in an underscore changes its tensor: `probs` holds logarithms after your call, and the caller still needs it. Which method makes a new tensor?",
    fails="negative_log_likelihood_gradients",
)
def log_in_place(probs, target):
    return -probs.log_()[target]


@wrong(
    "Rescales the caller's probabilities",
    hint="Something writes into the tensor that you were given, as `/=` does, even under `no_grad`. The caller's probabilities sum to 1 already: leave them alone.",
    fails="negative_log_likelihood_gradients",
)
def rescales_in_place(probs, target):
    with torch.no_grad():
        probs /= probs.sum()
    return -torch.log(probs[target])


@wrong(
    "Hands the work to PyTorch's nll_loss",
    hint="That is the built-in that this exercise asks you to replace. You need one index and one logarithm.",
    fails=("negative_log_likelihood_values", "negative_log_likelihood_gradients"),
)
def built_in(probs, target):
    return F.nll_loss(probs.log()[None], torch.tensor([target]))


@wrong(
    "Gives a Python number, and an error where the probability is 0",
    hint="`math.log` gives a plain float, without a graph, so nothing that was computed before it can learn from it; and it refuses 0, where the loss should be infinite. Stay with tensors.",
    fails=("negative_log_likelihood_values", "negative_log_likelihood_gradients"),
)
def plain_math_log(probs, target):
    return -math.log(probs[target])


@wrong(
    "Packs a Python number into a float32 tensor",
    hint="`torch.tensor(...)` of a plain number, for instance, starts a new graph with nothing behind it, and is float32 whatever `probs` is. Index and take the log without leaving tensors.",
    fails=("negative_log_likelihood_values", "negative_log_likelihood_gradients"),
)
def number_in_float32(probs, target):
    return torch.tensor(-math.log(probs[target].item()))


@wrong(
    "Gives the surprise at every token",
    hint="Your result has V numbers, one for each token that could have come. Only one came: pick it by `target`.",
    fails="negative_log_likelihood_values",
)
def all_of_them(probs, target):
    return -torch.log(probs)


@wrong(
    "Multiplies every logarithm by a one-hot vector",
    hint="In floating-point numbers 0 times minus infinity is nan, so one impossible token elsewhere in `probs` spoils the sum, though another one came. Pick the one probability first, then take its log.",
    fails="negative_log_likelihood_values",
)
def one_hot_times_logs(probs, target):
    one_hot = torch.zeros_like(probs)
    one_hot[target] = 1
    return -(one_hot * torch.log(probs)).sum()


@wrong(
    "Takes the dot product of all logarithms with a mask",
    hint="A product with 0 doesn't remove a term: 0 times the log of 0 is nan. Where any token has probability 0, so does your result.",
    fails="negative_log_likelihood_values",
    like="one_hot_times_logs",
)
def mask_by_dot_product(probs, target):
    return -torch.log(probs) @ (torch.arange(len(probs)) == target).to(probs.dtype)


@wrong(
    "Keeps the target in one byte",
    hint="A byte holds 0 to 255, so token 256 becomes token 0. Real vocabularies have tens of thousands of tokens; PyTorch's index type is `int64`.",
    fails="negative_log_likelihood_values",
)
def id_in_a_byte(probs, target):
    return -probs[torch.tensor(target).to(torch.uint8).long()].log()


@wrong(
    "Looks at no more tokens than the notebook's text has",
    hint="The size of the vocabulary is `len(probs)`, whatever text the model was trained on. Index `probs` itself.",
    fails="negative_log_likelihood_values",
)
def first_65_tokens(probs, target):
    return -probs[:65][min(target, 64)].log()


@wrong(
    "Looks only among a few of the likeliest tokens",
    hint="Where the right token is not among them, you give the surprise of another one. The loss is about `target`, however unlikely the model thought it.",
    fails="negative_log_likelihood_values",
    constants=("10", "20", "50"),
)
def ten_likeliest(probs, target):
    values, ids = probs.topk(min(10, len(probs)))
    ranks = ids.tolist()
    return -values[ranks.index(target) if target in ranks else -1].log()


@wrong(
    "Remembers the result for a tensor that it has seen",
    hint="The same tensor may hold other numbers the next time, and then your old result is wrong. A function of numbers has to look at the numbers.",
    fails="negative_log_likelihood_values",
)
def remembers_the_tensor(probs, target, seen={}):
    if (probs, target) not in seen:
        seen[probs, target] = -probs[target].log()
    return seen[probs, target]


@wrong(
    "Remembers the logarithms of a tensor that it has seen",
    hint="You keep the logs for the next target, by the tensor they came from. Somebody may have written other numbers into that tensor since.",
    fails="negative_log_likelihood_values",
    like="remembers_the_tensor",
)
def remembers_the_logs(probs, target, seen={}):
    if probs not in seen:
        seen[probs] = probs.log()
    return -seen[probs][target]


@wrong(
    "Averages the surprise at all tokens",
    hint="Only one token came. The others' surprises have nothing to do with it: pick the probability by `target`.",
    fails=("negative_log_likelihood_values", "negative_log_likelihood_gradients"),
)
def mean_of_all(probs, target):
    return -torch.log(probs).mean()


@wrong(
    "Takes the logarithm of the token's id",
    hint="`target` is only the place where the probability stands. What is surprising is that probability: look it up in `probs` first.",
    fails=("negative_log_likelihood_values", "negative_log_likelihood_gradients"),
)
def log_of_the_id(probs, target):
    return -torch.log(target)


@wrong(
    "Adds 1 to the probability inside the logarithm",
    hint="`log(1 + p)` is another curve: the surprise at a certain token is then not 0. Take the log of the probability itself.",
    fails="negative_log_likelihood_values",
)
def log_of_one_more(probs, target):
    return -torch.log(1 + probs[target])


@wrong(
    "Divides by the sum of the probabilities",
    hint="They sum to 1 already, and what is divided changes the gradient: each of the other tokens gets one. Take the probability as it is.",
    fails="negative_log_likelihood_gradients",
)
def shares_out_again(probs, target):
    return -torch.log(probs[target] / probs.sum())


@wrong(
    "Gives 0 for an impossible token",
    hint="A token that the model holds for impossible is an infinite surprise, and you give 0, as if it had been certain. `-log(0)` is `inf`, and that is the honest answer.",
    fails="negative_log_likelihood_values",
)
def impossible_is_free(probs, target):
    return -torch.log(probs[target]) if probs[target] > 0 else torch.tensor(0.0)
