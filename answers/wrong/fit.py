"""Wrong answers to `fit(model, optimizer, loss_fn, inputs, targets, steps)`; the first is handed out."""

import torch

from proctor.answers import wrong


@wrong(
    "Never clears the gradients, and gives tensors",
    hint="Two things: `backward()` adds to what `.grad` holds, so each step also takes all the steps before it; and each entry of the list is a tensor, where a Python float is wanted; it holds on to the nodes of its graph, some kilobytes at every step.",
    fails=("fit_losses", "fit_clearing"),
)
def never_clears_and_keeps_graphs(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return losses


@wrong(
    "Never clears the gradients",
    hint="The losses are floats, but nothing clears the gradients. What does `.grad` hold when the second `backward()` adds to it?",
    fails=("fit_losses", "fit_clearing"),
)
def never_clears(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Gives the losses as tensors",
    hint="The steps are right. Each entry of the list is a tensor: it holds on to the nodes of its graph, some kilobytes at every step, and after `detach()` it is a tensor still. How do you get the number out?",
    fails="fit_losses",
)
def keeps_tensors(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return losses


@wrong(
    "Cuts the graphs off, but still gives tensors",
    hint="`detach()` mends the memory, not the type: what is left is a tensor, and the caller wants Python floats.",
    fails="fit_losses",
    like="keeps_tensors",
)
def keeps_detached(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses


@wrong(
    "Clears the gradients once, before the loop",
    hint="Now what was found at the start is gone, and that makes the first step right. But from the second on, each still takes all the steps before it. Every round has to clear.",
    fails=("fit_losses", "fit_clearing"),
)
def clears_once(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    optimizer.zero_grad()
    for _ in range(steps):
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Clears at the end of each round, too late for what is found at the start",
    hint="In your loop no round leaves anything to the next. But what somebody else has left in `.grad` before the first round reaches the first step. Clear before `backward()`.",
    fails="fit_clearing",
)
def clears_after_the_step(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        optimizer.zero_grad()
    return losses


@wrong(
    "Divides the pile of gradients by the number of rounds",
    hint="That treats the symptom: the steps no longer grow, but each now takes the mean of all gradients so far, most of them stale. Clear them, and there is nothing to divide.",
    fails=("fit_losses", "fit_clearing"),
)
def divides_by_the_rounds(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for k in range(steps):
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        kept = [p.grad for p in model.parameters()]
        for p in model.parameters():
            if p.grad is not None:
                p.grad = p.grad / (k + 1)
        optimizer.step()
        for p, grad in zip(model.parameters(), kept):
            p.grad = grad
        losses.append(loss.item())
    return losses


@wrong(
    "Clips the gradients that pile up",
    hint="That treats the symptom: the pile is shortened, but it still holds the gradients of all the rounds before, and a large gradient of this round is cut. Clear instead.",
    fails=("fit_losses", "fit_clearing"),
)
def clips_the_pile(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Takes no step, since backward or step is missing or the gradients are cleared between them",
    hint="The loss never changes. Each step needs `backward()`, then `optimizer.step()`, and nothing that clears between the two.",
    fails=("fit_losses", "fit_clearing"),
)
def clears_before_the_step(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Names zero_grad without calling it",
    hint="`optimizer.zero_grad` alone is only the name of the method. It runs with brackets behind it.",
    fails=("fit_losses", "fit_clearing"),
    like="never_clears",
)
def names_zero_grad(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Clears the .grad of the loss",
    hint="It is the parameters whose `.grad` piles up. The optimizer knows them: let it clear.",
    fails=("fit_losses", "fit_clearing"),
    like="never_clears",
)
def clears_the_loss(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.grad = None
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Makes a fresh optimizer each round",
    hint="The gradients are cleared now, but what the optimizer remembers of earlier steps is lost in every round. Use the one that was passed: it can clear, too.",
    fails="fit_clearing",
)
def fresh_optimizer(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        fresh = type(optimizer)(optimizer.param_groups)
        fresh.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        fresh.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Gives the loss after each update",
    hint="Each entry is to be the loss that its gradients belong to: the one before the update, which you have computed already.",
    fails="fit_losses",
)
def losses_after_the_update(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss_fn(model(inputs).flatten(0, 1), targets.flatten()).item())
    return losses


@wrong(
    "Adds the loss after the last step",
    hint="The list should have `steps` entries, each the loss before its update. The one after the last update belongs to no step.",
    fails="fit_losses",
)
def one_more_loss(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses + [loss_fn(model(inputs).flatten(0, 1), targets.flatten()).item()]


@wrong(
    "Gives the last loss only",
    hint="The caller wants the whole list, to draw the curve: one float for each step.",
    fails="fit_losses",
)
def last_loss_only(model, optimizer, loss_fn, inputs, targets, steps):
    last = 0.0
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        last = loss.item()
    return last


@wrong(
    "Gives a running mean of the losses",
    hint="A mean makes a smoother curve, but here each entry is to be the loss of its own step.",
    fails="fit_losses",
)
def running_mean(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return [sum(losses[: k + 1]) / (k + 1) for k in range(len(losses))]


@wrong(
    "Switches the model to training mode",
    hint="Which mode the model is in is its caller's business, and here it was to stay. Leave `train()` out.",
    fails="fit_losses",
)
def training_mode(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Leaves the model in evaluation mode",
    hint="Which mode the model is in is its caller's business: it was to stay. Leave `eval()` out.",
    fails="fit_losses",
)
def evaluates_at_the_end(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    return losses


@wrong(
    "Runs the model once, before the loop",
    hint="The logits must be computed anew in each round: the parameters have moved. Keeping the old graph doesn't help: it belongs to numbers that are gone.",
    fails=("fit_losses", "fit_clearing"),
)
def one_forward_pass(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    logits = model(inputs)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward(retain_graph=True)
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Takes a step even when none is asked for",
    hint="With `steps=0` the list is empty and nothing moves. `for _ in range(steps)` does that by itself.",
    fails="fit_losses",
)
def at_least_one_step(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(max(steps, 1)):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Stops when the loss no longer falls",
    hint="The caller asked for `steps` steps and wants as many losses, also where the loss rises.",
    fails="fit_losses",
)
def stops_early(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        if losses and loss.item() >= losses[-1]:
            break
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Flattens logits and targets in different orders",
    hint="One of the two comes position by position, as after a `transpose`, and the other sequence by sequence: the right shapes, the wrong pairs. Flatten both the same way.",
    fails=("fit_losses", "fit_clearing"),
)
def flattens_in_another_order(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.transpose(0, 1).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Flattens with view, which targets that are not contiguous refuse",
    hint="Targets are often a slice of a longer batch. `view` refuses where memory has gaps; `flatten` and `reshape` copy.",
    fails="fit_losses",
)
def needs_contiguous_targets(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.view(-1, logits.size(-1)), targets.view(-1))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Gives the loss (B, V, T) instead of flattening",
    hint="`F.cross_entropy` would take that, but this loss function was promised one row of logits for each token.",
    fails="fit_losses",
)
def classes_second(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.transpose(1, 2), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Gives the losses in one tensor",
    hint="The caller wants a list of Python floats. `tolist()` makes one of a tensor; float32, which `torch.zeros` gives, rounds them.",
    fails="fit_losses",
)
def one_tensor(model, optimizer, loss_fn, inputs, targets, steps):
    losses = torch.zeros(steps)
    for i in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses[i] = loss.item()
    return losses



@wrong(
    "Remembers the inputs of a tensor that it has seen",
    hint="The same tensor may hold other numbers the next time. Each call uses what it is given.",
    fails="fit_losses",
)
def remembers_the_inputs(model, optimizer, loss_fn, inputs, targets, steps, seen={}):
    inputs, losses = seen.setdefault(inputs, inputs.clone()), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Switches gradients off and leaves them off",
    hint="After your call PyTorch records nothing any more, and other training fails. `with torch.no_grad():` ends by itself.",
    fails="fit_losses",
)
def gradients_off_for_good(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        with torch.enable_grad():
            optimizer.zero_grad()
            loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    torch.set_grad_enabled(False)
    return losses


@wrong(
    "Computes the losses in float32, whatever the model's dtype",
    hint="The logits of a float64 model are rounded, as `float()` rounds them. Hand them on as they come.",
    fails=("fit_losses", "fit_clearing"),
)
def logits_in_float32(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(inputs).float().flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Takes one step too many",
    hint="Your loop goes round once more than `steps`, as with `range(steps + 1)`: there should be as many losses as steps.",
    fails="fit_losses",
)
def one_step_more(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps + 1):
        optimizer.zero_grad()
        loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return losses


@wrong(
    "Stops when the loss is small",
    hint="A small loss is no reason to stop, and the loss of another task may be small, or below 0, from the start. The caller asked for `steps` steps and wants as many losses.",
    fails="fit_losses",
    constants=("1e-6", "1e-4", "1e-3", "0.01"),
)
def stops_when_small(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if losses[-1] < 1e-6:
            break
    return losses


@wrong(
    "Stops before the step where the loss is small",
    hint="A small loss is no reason to stop, and the loss of another task may be small, or below 0, from the start. The caller asked for `steps` steps and wants as many losses.",
    fails="fit_losses",
    constants=("1e-6", "1e-4", "1e-3", "0.01"),
)
def stops_before_the_step(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        losses.append(loss.item())
        if losses[-1] < 1e-6:
            break
        loss.backward()
        optimizer.step()
    return losses


@wrong(
    "Trains in training mode, and leaves the model in evaluation mode",
    hint="You call `model.train()` first and `model.eval()` last. `fit` leaves the mode alone, that of each part of the model: whoever calls it has chosen.",
    fails="fit_losses",
)
def training_mode_and_evaluation_at_the_end(model, optimizer, loss_fn, inputs, targets, steps):
    model.train()
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    return losses


@wrong(
    "Gives every part of the model the mode of the whole",
    hint="`train(...)` switches all parts of a model. One part may be in another mode on purpose: leave each as it is.",
    fails="fit_losses",
)
def one_mode_for_all(model, optimizer, loss_fn, inputs, targets, steps):
    model.train(model.training)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Goes on with the list of the call before",
    hint="`losses=[]` among the arguments is made once, and every call adds to the same list. Begin an empty list inside the function.",
    fails="fit_losses",
)
def a_list_among_the_arguments(model, optimizer, loss_fn, inputs, targets, steps, losses=[]):
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Rounds the losses",
    hint="You round before you store. Rounding belongs to printing; a curve needs the numbers as they are.",
    fails="fit_losses",
    constants=("item(), 4", "item(), 2", "item(), 3", "item(), 5"),
)
def rounded(model, optimizer, loss_fn, inputs, targets, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(round(loss.item(), 4))
    return losses
