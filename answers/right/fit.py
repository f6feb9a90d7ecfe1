"""Right answers to `fit(model, optimizer, loss_fn, inputs, targets, steps)`, written otherwise."""

import torch

from proctor.answers import right


@right
def by_train_step(model, optimizer, loss_fn, inputs, targets, steps):
    """Calls the step of the exercise before."""
    return [train_step(model, optimizer, loss_fn, inputs, targets) for _ in range(steps)]


@right
def clears_late_through_the_model(model, optimizer, loss_fn, inputs, targets, steps):
    """Lets the model clear, just before backward."""
    losses = []
    for _ in range(steps):
        logits = model(inputs)
        loss = loss_fn(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
        model.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


@right
def clears_before_the_loop_and_after_each_step(model, optimizer, loss_fn, inputs, targets, steps):
    """Clears what it finds, and then after each step."""
    optimizer.zero_grad()
    flat, losses = targets.flatten(), []
    while len(losses) < steps:
        loss = loss_fn(model(inputs).flatten(0, 1), flat)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses += [loss.item()]
    return losses


@right
def keeps_numbers_to_the_end(model, optimizer, loss_fn, inputs, targets, steps):
    """Collects tensors without graphs, and makes floats of them at the end."""
    kept = []
    for _ in range(steps):
        for p in model.parameters():
            p.grad = None
        loss = loss_fn(torch.flatten(model(inputs), end_dim=1), targets.flatten())
        kept.append(loss.detach().clone())
        loss.backward()
        optimizer.step()
    return [each.item() for each in kept]


@right
def with_a_closure(model, optimizer, loss_fn, inputs, targets, steps):
    """Hands the optimizer a closure."""

    def closure():
        optimizer.zero_grad(set_to_none=False)
        loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        return loss

    return [optimizer.step(closure).item() for _ in range(steps)]


@right
def gradients_by_hand(model, optimizer, loss_fn, inputs, targets, steps):
    """Asks for the gradients, and puts them where the optimizer looks."""
    parameters, losses = [p for p in model.parameters() if p.requires_grad], []
    for _ in range(steps):
        loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
        for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.grad = gradient
        optimizer.step()
        losses.append(loss.tolist())
    return losses


@right
def gradients_asked_for(model, optimizer, loss_fn, inputs, targets, steps):
    """Asks for the gradients of all parameters, which takes the place of the old ones."""
    parameters, losses = list(model.parameters()), []
    for _ in range(steps):
        loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
        for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.grad = gradient
        optimizer.step()
        losses.append(loss.item())
    return losses
