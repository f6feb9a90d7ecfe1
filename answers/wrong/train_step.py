"""Wrong answers to `train_step(model, optimizer, loss_fn, inputs, targets)`."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Returns the loss as a tensor",
    hint="The caller wants a Python float. Your tensor holds on to the nodes of its graph for as long as it is stored; after `detach()` it's still a tensor. How do you get the number out of a tensor with one element?",
    fails="train_step_loss",
)
def returns_a_tensor(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss


@wrong(
    "Returns a tensor without a graph",
    hint="`detach()` cuts the graph off, but what is left is still a tensor. The caller wants a Python float.",
    fails="train_step_loss",
    like="returns_a_tensor",
)
def returns_detached(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.detach()


@wrong(
    "Returns nothing",
    hint="The step is right, and then its loss is thrown away. The caller needs it to draw the curve.",
    fails="train_step_loss",
)
def returns_nothing(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()


@wrong(
    "Returns the loss after the update",
    hint="The loss that you report is that of the model after the step. The one to report belongs to the weights that produced the gradients, and you have computed it already.",
    fails="train_step_loss",
)
def loss_after_update(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss_fn(logits.flatten(0, 1), targets.flatten()).backward()
    optimizer.step()
    with torch.no_grad():
        return loss_fn(model(inputs).flatten(0, 1), targets.flatten()).item()


@wrong(
    "Rounds the loss",
    hint="You cut the loss down to a few decimals. Rounding is for printing: hand back the number as it is.",
    fails="train_step_loss",
    constants=("4)", "6)", "5)", "3)", "2)"),
)
def rounds(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return round(loss.item(), 4)


@wrong(
    "Divides the loss by the batch size",
    hint="You divide what `loss_fn` gave once more. How a loss is averaged is up to `loss_fn`: report its value as it is.",
    fails="train_step_loss",
)
def divides_again(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item() / inputs.shape[0]


@wrong(
    "Uses cross-entropy instead of the loss that was passed",
    hint="Your loss is the cross-entropy, whatever `loss_fn` is. They may be the same today; the caller decides which loss it is.",
    fails=("train_step_loss", "train_step_update"),
)
def ignores_loss_fn(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Gives the loss (B, V, T) instead of flattening",
    hint="Cross-entropy happens to accept `(B, V, T)` with `(B, T)`, but other losses don't. What they agree on is one row for each token: `(B*T, V)` and `(B*T,)`.",
    fails="train_step_loss",
)
def classes_second(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.transpose(1, 2), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Turns the targets into one-hot rows",
    hint="The loss gets a row of zeros and a one for each target. It wants the ids themselves, `(B*T,)`.",
    fails="train_step_loss",
)
def one_hot_targets(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs).flatten(0, 1)
    loss = loss_fn(logits, F.one_hot(targets.flatten(), logits.shape[-1]).to(logits.dtype))
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Doesn't flatten at all",
    hint="Cross-entropy takes the second dimension for the classes, which in `(B, T, V)` is time. Make one row for each token first.",
    fails=("train_step_loss", "train_step_update"),
)
def no_flattening(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Flattens logits and targets in different orders",
    hint="Batch and time stand in one order in the logits and in another in the targets, so most tokens are scored against another token's target. Both must be flattened in the same order.",
    fails=("train_step_loss", "train_step_update"),
)
def different_orders(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.transpose(0, 1).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Regroups the numbers of the logits wrongly",
    hint="The logits have the right shape, as after `reshape(V, -1).T`, but their rows mix numbers of different tokens. The last dimension must stay the last one.",
    fails=("train_step_loss", "train_step_update"),
)
def mixes_tokens(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.reshape(logits.shape[-1], -1).T, targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Scores the last position only",
    hint="You use the logits at the last position, as for sampling. In training every position predicts its next token and counts.",
    fails=("train_step_loss", "train_step_update"),
)
def last_position_only(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)[:, -1]
    loss = loss_fn(logits, targets[:, -1])
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Shifts the targets once more",
    hint="You drop the last logits and the first targets. The targets that you are given are already one step ahead of the inputs: shifted twice, the model learns the token after the next.",
    fails=("train_step_loss", "train_step_update"),
)
def shifts_again(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)[:, :-1]
    loss = loss_fn(logits.flatten(0, 1), targets[:, 1:].flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Uses the inputs as targets",
    hint="You compare the logits with the very tokens that went in. A model learns nothing but to copy that way: the answers are in `targets`.",
    fails=("train_step_loss", "train_step_update"),
)
def inputs_as_targets(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), inputs.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Takes the softmax before the loss",
    hint="Cross-entropy takes raw logits and does the softmax itself, stably. Given probabilities it flattens them a second time, and the model barely learns.",
    fails=("train_step_loss", "train_step_update"),
)
def softmax_first(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    probs = model(inputs).softmax(-1)
    loss = loss_fn(probs.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Needs targets that are contiguous",
    hint="`view` needs memory in order. Targets are often a slice of a longer batch, and then it raises. There is a method that copies where it must.",
    fails="train_step_update",
)
def view_of_targets(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.view(-1, logits.size(-1)), targets.view(-1))
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Flattens the inputs before the model",
    hint="You hide from the model which tokens belong together: it gets one long row instead of `(B, T)`. Flatten what comes out of it.",
    fails=("train_step_loss", "train_step_update"),
)
def flat_inputs(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs.flatten())
    loss = loss_fn(logits, targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Lets old gradients into the step",
    hint="`backward()` adds to `.grad`, so gradients that were there before your call still reach the step. Is `zero_grad` really called, with its brackets, for the parameters, and before the old gradients can do harm?",
    fails="train_step_clearing",
)
def never_clears(model, optimizer, loss_fn, inputs, targets):
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Names zero_grad without calling it",
    hint="Without its brackets, `optimizer.zero_grad` only names the method; nothing is cleared.",
    fails="train_step_clearing",
    like="never_clears",
)
def zero_grad_not_called(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Clears only after the step",
    hint="You leave everything tidy for your own next call, but gradients that were there before the first one still reach the step. Clear before they can do harm.",
    fails="train_step_clearing",
    like="never_clears",
)
def clears_after_step(model, optimizer, loss_fn, inputs, targets):
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@wrong(
    "Clears the gradients of the loss instead of the parameters'",
    hint="You clear the gradient of the logits, which is new in every step anyway. Gradients pile up where they are kept: in the parameters.",
    fails="train_step_clearing",
    like="never_clears",
)
def clears_the_logits(model, optimizer, loss_fn, inputs, targets):
    logits = model(inputs)
    logits.retain_grad()
    logits.grad = None
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Clears between backward and step",
    hint="You throw the gradients away right after computing them, and the optimizer has nothing to work with. Which of the five lines reads the gradients, and which ones are too late for clearing?",
    fails=("train_step_update", "train_step_clearing"),
    like="no_step",
)
def clears_before_step(model, optimizer, loss_fn, inputs, targets):
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@wrong(
    "Steps before backward",
    hint="The optimizer moves before the new gradients exist. It needs what `backward()` fills in.",
    fails=("train_step_update", "train_step_clearing"),
    like="no_step",
)
def step_before_backward(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    optimizer.step()
    loss.backward()
    return loss.item()


@wrong(
    "Moves no parameter",
    hint="The parameters are the same after the call as before. Which line fills the gradients, which one uses them, and does anything throw them away in between?",
    fails=("train_step_update", "train_step_clearing"),
)
def no_step(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    return loss.item()


@wrong(
    "Forgets backward",
    hint="Nothing fills `.grad`, so the optimizer finds no gradient and moves nothing.",
    fails=("train_step_update", "train_step_clearing"),
    like="no_step",
)
def no_backward(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    optimizer.step()
    return loss.item()


@wrong(
    "Runs the model without recording",
    hint="Under `no_grad` nothing is recorded, and `backward()` has no graph to walk. That belongs to evaluation.",
    fails=("train_step_loss", "train_step_update"),
)
def forward_without_graph(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    with torch.no_grad():
        logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Runs backward twice",
    hint="The second backward adds the same gradients once more, so the step is twice as long. Once is enough.",
    fails="train_step_update",
)
def backward_twice(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward(retain_graph=True)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Takes two steps",
    hint="The optimizer moves twice with the same gradients. One call of `train_step` is one step.",
    fails="train_step_update",
)
def two_steps(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    optimizer.step()
    return loss.item()


@wrong(
    "Divides the loss by the number of tokens for `backward()` alone",
    hint="You divide the loss before `backward()`, so all gradients shrink. How a loss is averaged is up to `loss_fn`.",
    fails="train_step_update",
)
def scaled_backward(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    (loss / targets.numel()).backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Divides the loss by the number of sequences for `backward()`",
    hint="You divide the loss before `backward()`, so all gradients shrink, the more the larger the batch. How a loss is averaged is up to `loss_fn`.",
    fails=("train_step_loss", "train_step_update", "train_step_clearing"),
)
def backward_over_the_batch(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    (loss / len(targets)).backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Trains in evaluation mode",
    hint="`model.eval()` switches off what a model does differently while it learns, dropout for one. It is for measuring. A training step leaves the mode alone.",
    fails=("train_step_loss", "train_step_update"),
)
def evaluation_mode(model, optimizer, loss_fn, inputs, targets):
    model.eval()
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Clips the gradients",
    hint="You shorten long gradients before the step. That is a good trick for later; these five lines don't have it.",
    fails="train_step_update",
)
def clips(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@wrong(
    "Makes an optimizer of its own",
    hint="You build a new optimizer in every step, so the one that was passed is ignored, with its settings and with what it remembers of earlier steps.",
    fails="train_step_update",
    constants=("torch.optim.AdamW(model.parameters())", "torch.optim.SGD(model.parameters(), lr=0.1)", "torch.optim.SGD(model.parameters(), lr=0.01)", "torch.optim.SGD(model.parameters(), lr=1e-3)", "torch.optim.AdamW(model.parameters(), lr=0.01)", "torch.optim.Adam(model.parameters())"),
)
def own_optimizer(model, optimizer, loss_fn, inputs, targets):
    optimizer = torch.optim.AdamW(model.parameters())
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Makes a fresh optimizer of the same kind",
    hint="Your copy has the right settings, and forgets everything after each step. Momentum and AdamW live from what they remember: use the optimizer that was passed.",
    fails="train_step_update",
)
def fresh_optimizer(model, optimizer, loss_fn, inputs, targets):
    fresh = type(optimizer)(optimizer.param_groups)
    fresh.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    fresh.step()
    return loss.item()


@wrong(
    "Takes a plain gradient step instead of the optimizer's",
    hint="You subtract `lr` times the gradient yourself, which is right for plain SGD only. AdamW and momentum do more: let the optimizer that was passed take the step.",
    fails="train_step_update",
)
def plain_sgd(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    with torch.no_grad():
        for group in optimizer.param_groups:
            for p in group["params"]:
                p -= group["lr"] * p.grad
    return loss.item()


@wrong(
    "Skips the step when the loss is zero",
    hint="A loss of 0 need not be the lowest, and its gradient need not be 0. The optimizer has a step to take in any case.",
    fails="train_step_update",
)
def nothing_to_learn(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    if loss.item() != 0:
        loss.backward()
        optimizer.step()
    return loss.item()


@wrong(
    "Keeps the loss from going below zero",
    hint="A `loss_fn` may well be negative, and there your bound gives a gradient of 0. Take the loss as it comes.",
    fails="train_step_update",
)
def not_below_zero(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten()).clamp(min=0)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Clips large gradients",
    hint="Where the slope is steep, your step is another than the one that was asked for, as after `clip_grad_norm_`. Nothing in the five actions clips.",
    fails="train_step_update",
    constants=("100.0", "50.0", "1000.0"),
)
def clips_at_100(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 100.0)
    optimizer.step()
    return loss.item()


@wrong(
    "Keeps the targets in one byte",
    hint="A byte holds 0 to 255, so token 256 becomes token 0. The targets are `int64`: leave them so.",
    fails="train_step_loss",
)
def targets_in_a_byte(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.to(torch.uint8).long().flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Trains on the last few positions only",
    hint="The loss is over all `B * T` tokens, however long the sequences are.",
    fails="train_step_loss",
    constants=("-64", "-16", "-32", "-65"),
)
def block_of_64(model, optimizer, loss_fn, inputs, targets):
    inputs, targets = inputs[:, -64:], targets[:, -64:]
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Trains on the first few sequences only",
    hint="The batch is as large as it is. A loss over part of it is another loss.",
    fails="train_step_loss",
    constants=("16", "8"),
)
def sixteen_rows(model, optimizer, loss_fn, inputs, targets):
    inputs, targets = inputs[:16], targets[:16]
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Skips the step for some losses",
    hint="You take the step only where the loss is in some range. A loss may be large, or negative: what counts is its slope.",
    fails="train_step_update",
)
def only_above_zero(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    if loss.item() > 0:
        optimizer.step()
    return loss.item()


@wrong(
    "Skips the step where the loss is large",
    hint="A large loss is what a step is for. Each call takes one, whatever the loss is.",
    fails="train_step_update",
    like="only_above_zero",
)
def skips_large_losses(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    if abs(loss.item()) < 1000:
        optimizer.step()
    return loss.item()


@wrong(
    "Skips the step for a batch that it has seen",
    hint="You remember batches from call to call. Training goes through the same data many times, and each call takes a step.",
    fails="train_step_update",
)
def skips_seen_batches(model, optimizer, loss_fn, inputs, targets, seen={}):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    known = seen.setdefault(optimizer, [])
    if inputs.tolist() not in known:
        optimizer.step()
        known.append(inputs.tolist())
    return loss.item()


@wrong(
    "Computes the loss in float32, whatever the model's dtype",
    hint="The logits of a float64 model are rounded, as `float()` rounds them. Hand them on as they come.",
    fails=("train_step_loss", "train_step_update"),
)
def logits_in_float32(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).float().flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Switches gradients off and leaves them off",
    hint="After your call PyTorch records nothing any more, and other training fails. `with torch.no_grad():` ends by itself.",
    fails="train_step_update",
)
def gradients_off_for_good(model, optimizer, loss_fn, inputs, targets):
    torch.set_grad_enabled(True)
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    torch.set_grad_enabled(False)
    return loss.item()


@wrong(
    "Clears the gradients of the first model that it saw",
    hint="You keep a list of parameters from an earlier call. Another model of the same class has parameters of its own, and theirs are never cleared. Clear those of this call's model.",
    fails="train_step_clearing",
)
def clears_the_first_model(model, optimizer, loss_fn, inputs, targets, kept={}):
    for parameter in kept.setdefault(type(model), list(model.parameters())):
        parameter.grad = None
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Steps with the first optimizer that a model came with",
    hint="You keep the optimizer of an earlier call. The model may come with another one now, with another learning rate. Use the one that is passed.",
    fails="train_step_update",
)
def steps_with_the_first_optimizer(model, optimizer, loss_fn, inputs, targets, kept={}):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    kept.setdefault(model, optimizer).step()
    return loss.item()


@wrong(
    "Steps with the optimizer of the first model of that class",
    hint="You keep the optimizer of an earlier call, and it moves that call's model. Use the one that is passed.",
    fails="train_step_update",
)
def steps_for_the_first_model(model, optimizer, loss_fn, inputs, targets, kept={}):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    kept.setdefault(type(model), optimizer).step()
    return loss.item()


@wrong(
    "Divides the loss by the number of tokens before backward",
    hint="How a loss is averaged is up to `loss_fn`. Divided once more, it gives gradients that are too small, and a value that is too small.",
    fails=("train_step_loss", "train_step_update"),
)
def averages_again(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten()) / targets.numel()
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Gives the model the targets, and compares with the inputs",
    hint="Inputs and targets have changed places, so the model learns to guess the token before. Which of the two goes into the model, and which into the loss?",
    fails=("train_step_loss", "train_step_update", "train_step_clearing"),
)
def inputs_and_targets_swapped(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(targets).flatten(0, 1), inputs.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Takes a step for each sequence",
    hint="The optimizer moves once for each row of the batch, and each row is judged by a model that the rows before have changed. One call is one step: what does the loss of that step take in?",
    fails=("train_step_loss", "train_step_update"),
)
def steps_for_each_sequence(model, optimizer, loss_fn, inputs, targets):
    losses = []
    for row, target in zip(inputs, targets):
        optimizer.zero_grad()
        loss = loss_fn(model(row[None])[0], target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


@wrong(
    "Brings the vocabulary to dimension 1 before it flattens the logits",
    hint="After the transpose the logits are `(B, V, T)`, and rows of `V` numbers that are cut out of that mix different tokens. One row for each token comes of `(B, T, V)` as it is.",
    fails=("train_step_loss", "train_step_update"),
)
def transposes_then_flattens(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.transpose(1, 2).reshape(-1, logits.shape[-1]), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Switches the model to training mode",
    hint="You call `model.train()`, and a model that came in evaluation mode is trained in another mode than it came in. A training step leaves the mode alone, that of each part of the model: whoever calls it has chosen.",
    fails="train_step_loss",
)
def training_mode(model, optimizer, loss_fn, inputs, targets):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Switches the model to training mode, and at the end to evaluation mode",
    hint="You call `model.train()` first and `model.eval()` last. A training step leaves the mode alone, that of each part of the model: whoever calls it has chosen.",
    fails="train_step_loss",
)
def training_mode_and_evaluation_at_the_end(model, optimizer, loss_fn, inputs, targets):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    model.eval()
    return loss.item()


@wrong(
    "Trains in training mode, and puts the model's mode back",
    hint="The model has its mode back at the end, but the step ran in another one. What a model does in training mode, dropout for one, is for the caller to switch on. Leave the mode alone.",
    fails="train_step_loss",
)
def training_mode_put_back(model, optimizer, loss_fn, inputs, targets):
    modes = {part: part.training for part in model.modules()}
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    for part, training in modes.items():
        part.training = training
    return loss.item()


@wrong(
    "Gives every part of the model the mode of the whole",
    hint="`train(...)` switches all parts of a model. One part may be in another mode on purpose: leave each as it is.",
    fails="train_step_loss",
)
def one_mode_for_all(model, optimizer, loss_fn, inputs, targets):
    model.train(model.training)
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "Takes a step of its own, and not the optimizer's",
    hint="You subtract the gradient yourself, so that momentum, or whatever else the optimizer does, is lost. Which of its methods moves the parameters?",
    fails=("train_step_update", "train_step_clearing"),
)
def own_step(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    sgd_step(model.parameters(), optimizer.param_groups[0]['lr'])
    return loss.item()
