"""Wrong answers to `next_token_loss(logits, tokens)`; the first is handed out."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Compares each position with its own token instead of the next one",
    hint="The logits at position t say what comes after token t, and you compare them with token t itself, which the model has already seen. "
    "Copying it is easy, so the loss falls to nothing. With which token does position 0 belong together?",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def same_position(logits, tokens):
    vocab_size = logits.shape[-1]
    loss_fn = nn.CrossEntropyLoss()
    return loss_fn(logits.view(-1, vocab_size), tokens.view(-1))


@wrong(
    "Mends the view, but still compares each position with its own token",
    hint="`reshape` takes non-contiguous tensors, too, but it gives the same numbers as `view`: that wasn't the bug. With which token is position 0 compared?",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
    like="same_position",
)
def same_position_reshaped(logits, tokens):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens.reshape(-1))


@wrong(
    "Leaves out the last position, but still compares each of the others with its own token",
    hint="Cutting both at the end makes the shapes agree and shifts nothing. The logits lose their last position, the tokens their first.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def cuts_both_at_the_end(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, :-1])


@wrong(
    "Leaves out the first position, but still compares each of the others with its own token",
    hint="Cutting both at the start shifts nothing. The logits lose their last position, the tokens their first.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def cuts_both_at_the_start(logits, tokens):
    return F.cross_entropy(logits[:, 1:].transpose(1, 2), tokens[:, 1:])


@wrong(
    "Shifts the other way, and compares each position with the token before it",
    hint="Now the model is asked what came before. Write both rows below each other: position 0 belongs to token 1.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def the_token_before(logits, tokens):
    return F.cross_entropy(logits[:, 1:].transpose(1, 2), tokens[:, :-1])


@wrong(
    "Rolls the tokens round, so that the last position is compared with the first token",
    hint="`roll` keeps the shape, which is why nothing else had to change. But the text doesn't start again: after the last token nobody knows what comes. Leave that position out.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def rolled(logits, tokens):
    return F.cross_entropy(logits.transpose(1, 2), tokens.roll(-1, dims=1))


@wrong(
    "Fills up the missing last target with token 0",
    hint="Padding makes the shapes agree, and teaches the model that each text goes on with token 0. A position without a target has no loss: leave it out.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def padded_with_zero(logits, tokens):
    targets = torch.cat([tokens[:, 1:], torch.zeros_like(tokens[:, :1])], dim=1)
    return F.cross_entropy(logits.transpose(1, 2), targets)


@wrong(
    "Repeats the last token as the target of the last position",
    hint="Nobody knows what comes after the last token, so no target is right there. Leave that position out.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def padded_with_the_last(logits, tokens):
    targets = torch.cat([tokens[:, 1:], tokens[:, -1:]], dim=1)
    return F.cross_entropy(logits.transpose(1, 2), targets)


@wrong(
    "Leaves the last position out of the sum, but not of the count",
    hint="The sum has B * (T - 1) terms, and you divide by B * T: the mean comes out too small. Let `nn.CrossEntropyLoss` average over what is left.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def counts_every_position(logits, tokens):
    total = F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="sum")
    return total / tokens.numel()


@wrong(
    "Flattens first and shifts then, across the border between two texts",
    hint="In the flat row the last position of a text stands before the first token of the next one, and you compare the two. Shift along time while there is still a batch, flatten then.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def flattens_first(logits, tokens):
    rows, ids = logits.reshape(-1, logits.shape[-1]), tokens.reshape(-1)
    return F.cross_entropy(rows[:-1], ids[1:])


@wrong(
    "Shifts by a sequence of the batch instead of a position",
    hint="`logits[:-1]` leaves out the last sequence of the batch. Time is the second dimension: `logits[:, :-1]`.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def along_the_batch(logits, tokens):
    return F.cross_entropy(logits[:-1].reshape(-1, logits.shape[-1]), tokens[1:].reshape(-1))


@wrong(
    "Looks one token too far ahead",
    hint="You compare position t with token t + 2. Which token comes right after token 0?",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def two_ahead(logits, tokens):
    return F.cross_entropy(logits[:, :-2].transpose(1, 2), tokens[:, 2:])


@wrong(
    "Takes the next id of the vocabulary for the next token of the text",
    hint="`tokens + 1` is another word of the vocabulary, not what comes next in the text. It's the *position* that has to move.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def next_id(logits, tokens):
    targets = (tokens + 1) % logits.shape[-1]
    return F.cross_entropy(logits.transpose(1, 2), targets)


@wrong(
    "Looks at the last pair only",
    hint="For writing text the last position is the one that counts. In training every position but the last is a prediction whose answer is known.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def last_pair_only(logits, tokens):
    return F.cross_entropy(logits[:, -2], tokens[:, -1])


@wrong(
    "Flattens a slice with view, which refuses it",
    hint="The shift is right. But after `[:, :-1]` there is a hole in memory at the end of each sequence, and `view` can't step over holes. `reshape` copies where it must.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def views_a_slice(logits, tokens):
    loss_fn = nn.CrossEntropyLoss()
    return loss_fn(logits[:, :-1].view(-1, logits.shape[-1]), tokens[:, 1:].view(-1))


@wrong(
    "Views all logits at once, which works until they are a slice or a transpose themselves",
    hint="The loss is right, but the logits that you are given may have holes in memory, too, and then `view` refuses. `reshape` copies where it must.",
    fails="next_token_loss_values",
)
def views_the_logits(logits, tokens):
    targets = torch.full_like(tokens, -100)  # what PyTorch's loss ignores
    targets[:, :-1] = tokens[:, 1:]
    return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


@wrong(
    "Brings the vocabulary to the second dimension by reshape, which mixes up the numbers",
    hint="PyTorch's loss also takes `(B, V, T)`, but `reshape` doesn't swap dimensions: it reads the numbers in the same order. `transpose(1, 2)` swaps, or flatten to `(B * (T - 1), V)`.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def reshape_for_transpose(logits, tokens):
    B, T, V = logits.shape
    return F.cross_entropy(logits[:, :-1].reshape(B, V, T - 1), tokens[:, 1:])


@wrong(
    "Applies softmax before a loss that takes logits",
    hint="The shift is right now. But `nn.CrossEntropyLoss` contains the softmax: applied twice, even a perfect model can't get its loss near 0.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def softmax_first(logits, tokens):
    probs = torch.softmax(logits[:, :-1], dim=-1)
    return F.cross_entropy(probs.transpose(1, 2), tokens[:, 1:])


@wrong(
    "Averages the probabilities instead of their logarithms",
    hint="You found the right token's probability at each position, and give minus its mean. A token that the model held for impossible then costs hardly more than an unlikely one: what makes a probability near 0 expensive?",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def without_log(logits, tokens):
    probs = torch.softmax(logits[:, :-1], dim=-1)
    return -probs.gather(-1, tokens[:, 1:, None]).mean()


@wrong(
    "Smooths the targets",
    hint="The shift is right. But `label_smoothing` hands a part of the right token's weight to all the others, so even a perfect model has a loss above 0. It is a trick of some training recipes, not part of the loss that is asked for.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
    constants=("0.1", "0.05", "0.2", "0.01"),
)
def smoothed(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], label_smoothing=0.1)


@wrong(
    "Sums over the positions instead of averaging",
    hint="Your loss grows with the batch and with the length of the texts. The mean runs over all positions whose next token is known.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def summed(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="sum")


@wrong(
    "Leaves out targets with id 0, as if they were padding",
    hint="Here 0 is a token like any other. What has no target is the last position, and the slices have left that out already.",
    fails="next_token_loss_values",
)
def zero_is_padding(logits, tokens):
    targets = tokens[:, 1:]
    losses = F.cross_entropy(logits[:, :-1].transpose(1, 2), targets, reduction="none")
    counted = targets != 0
    return (losses * counted).sum() / counted.sum().clamp(min=1)


@wrong(
    "Takes the logarithm of a softmax that has underflowed",
    hint="The shift is right. But a probability that is rounded to 0 has the logarithm minus infinity: hand the logits to `nn.CrossEntropyLoss`, or to your own `cross_entropy`.",
    fails="next_token_loss_values",
)
def log_of_softmax(logits, tokens):
    logs = torch.softmax(logits[:, :-1], dim=-1).log()
    return -logs.gather(-1, tokens[:, 1:, None]).mean()


@wrong(
    "Moves the caller's tokens",
    hint="The loss is right, but you write into the tensor that you were given, and the caller's texts have lost their first token. A slice `tokens[:, 1:]` leaves them alone.",
    fails="next_token_loss_values",
)
def moves_in_place(logits, tokens):
    tokens[:, :-1] = tokens[:, 1:].clone()
    tokens[:, -1] = -100  # what PyTorch's loss ignores
    return F.cross_entropy(logits.transpose(1, 2), tokens)


@wrong(
    "Computes in float32, whatever comes in",
    hint="Half the digits of a float64 are lost, and the result has another dtype than the logits. `.float()` does that, and so do `torch.zeros(n)` without a dtype and `torch.tensor(…)` of a number.",
    fails="next_token_loss_values",
)
def always_float32(logits, tokens):
    return F.cross_entropy(logits[:, :-1].float().transpose(1, 2), tokens[:, 1:])


@wrong(
    "Gives a Python number",
    hint="A plain number, as `.item()` gives it, has no graph: nothing can learn from it. Give the tensor.",
    fails=("next_token_loss_values", "next_token_loss_gradients"),
)
def python_number(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:]).item()


@wrong(
    "Cuts the loss off from the logits",
    hint="The value is right, but no gradient arrives: leave `detach` and `no_grad` out.",
    fails="next_token_loss_gradients",
)
def detached(logits, tokens):
    return F.cross_entropy(logits[:, :-1].detach().transpose(1, 2), tokens[:, 1:])


@wrong(
    "Remembers the targets of tokens that it has seen",
    hint="You keep the targets from an earlier call and take the same tensor for the same numbers. The next batch may have been written into it. Cut them out anew in each call.",
    fails="next_token_loss_values",
)
def remembers_the_targets(logits, tokens, seen={}):
    if tokens not in seen:
        seen[tokens] = tokens[:, 1:].clone()
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), seen[tokens])


@wrong(
    "Remembers the loss by the logits alone",
    hint="You keep a loss and give it again where the logits have the same numbers. It depends on the tokens as well. Compute anew in each call.",
    fails="next_token_loss_values",
)
def remembers_without_the_tokens(logits, tokens, seen={}):
    key = tuple(logits.flatten().tolist()), logits.shape, logits.dtype
    if logits.requires_grad or key not in seen:
        seen[key] = F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:])
    return seen[key]


@wrong(
    "Drops dimensions of size one",
    hint="`squeeze()` removes every dimension of size 1: with one text, one pair or one token a dimension that is needed is gone. Leave the dimensions as they are.",
    fails="next_token_loss_values",
)
def squeezes(logits, tokens):
    logits, tokens = logits[:, :-1].squeeze(), tokens[:, 1:].squeeze()
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens.reshape(-1))


@wrong(
    "Drops dimensions of size one of a batch that it turns round",
    hint="`squeeze()` removes every dimension of size 1: with one text or one pair the vocabulary is no longer where the loss looks for it. Leave the dimensions as they are.",
    fails="next_token_loss_values",
)
def squeezes_and_turns(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2).squeeze(), tokens[:, 1:].squeeze())


@wrong(
    "Takes exp of the raw logits, which overflows",
    hint="`exp` of a logit of 100 is infinite in float32. Subtract the row's largest logit first, or let `logsumexp` or PyTorch's loss do it.",
    fails="next_token_loss_values",
)
def exp_overflows(logits, tokens):
    logits, targets = logits[:, :-1], tokens[:, 1:, None]
    return (logits.exp().sum(-1).log() - logits.gather(-1, targets).squeeze(-1)).mean()


@wrong(
    "Subtracts one maximum from all rows",
    hint="Where a row lies far below the largest of all logits, all of its exponentials vanish, and log of 0 is infinite. Each row has its own maximum.",
    fails="next_token_loss_values",
)
def one_maximum_for_all(logits, tokens):
    logits, targets = logits[:, :-1], tokens[:, 1:, None]
    logits = logits - logits.max()
    return (logits.exp().sum(-1).log() - logits.gather(-1, targets).squeeze(-1)).mean()


@wrong(
    "Divides the sum by the number of texts",
    hint="The mean goes over every position whose next token is known, and not over the texts: divide by `B * (T - 1)`, or leave the mean to the loss.",
    fails="next_token_loss_values",
)
def a_sum_for_each_text(logits, tokens):
    vocab_size = logits.shape[-1]
    total = nn.CrossEntropyLoss(reduction="sum")
    return total(logits[:, :-1].reshape(-1, vocab_size), tokens[:, 1:].reshape(-1)) / len(tokens)


@wrong(
    "Leaves the first position out, too",
    hint="The logits at position 0 say what comes after the first token, and that is known: only the last position has to go.",
    fails="next_token_loss_values",
)
def without_the_first_position(logits, tokens):
    vocab_size = logits.shape[-1]
    return nn.CrossEntropyLoss()(logits[:, 1:-1].reshape(-1, vocab_size), tokens[:, 2:].reshape(-1))
