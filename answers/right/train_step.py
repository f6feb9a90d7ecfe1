"""Right answers to `train_step(model, optimizer, loss_fn, inputs, targets)`, written otherwise."""

import torch

from proctor.answers import right


@right
def reshape_and_late_clearing(model, optimizer, loss_fn, inputs, targets):
    """Clears just before backward, and flattens with reshape."""
    logits = model(inputs)
    B, T, V = logits.shape
    loss = loss_fn(logits.reshape(B * T, V), targets.reshape(B * T))
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return loss.item()


@right
def clears_through_the_model(model, optimizer, loss_fn, inputs, targets):
    """Lets the model clear, and converts with float."""
    model.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))
    loss.backward()
    optimizer.step()
    return float(loss.detach())


@right
def clears_by_hand(model, optimizer, loss_fn, inputs, targets):
    """Sets every .grad to None itself."""
    for p in model.parameters():
        p.grad = None
    loss = loss_fn(torch.flatten(model(inputs), end_dim=1), torch.flatten(targets))
    loss.backward()
    optimizer.step()
    return loss.tolist()


@right
def clears_before_and_after(model, optimizer, loss_fn, inputs, targets):
    """Clears twice, and takes the number before the step."""
    optimizer.zero_grad()
    logits = model.forward(inputs)
    loss = loss_fn(logits.flatten(0, -2), targets.contiguous().view(-1))
    value = loss.item()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return value


@right
def with_a_closure(model, optimizer, loss_fn, inputs, targets):
    """Hands the optimizer a closure."""

    def closure():
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        return loss

    return optimizer.step(closure).item()


@right
def gradients_by_hand(model, optimizer, loss_fn, inputs, targets):
    """Asks for the gradients and puts them where the optimizer looks, so that there is nothing to clear."""
    params = [p for p in model.parameters() if p.requires_grad]
    logits = model(inputs)
    loss = loss_fn(logits.reshape(-1, logits.shape[-1]), targets.ravel())
    for p, gradient in zip(params, torch.autograd.grad(loss, params)):
        p.grad = gradient
    optimizer.step()
    return loss.item()


@right
def functional_call(model, optimizer, loss_fn, inputs, targets):
    """Calls the model as a function of its parameters."""
    params = dict(model.named_parameters())
    model.zero_grad(set_to_none=True)
    logits = torch.func.functional_call(model, params, (inputs,))
    loss = loss_fn(torch.cat(list(logits)), torch.cat(list(targets)))
    loss.backward()
    optimizer.step()
    return loss.item()


@right
def time_first(model, optimizer, loss_fn, inputs, targets):
    """Orders the tokens by time first, in the logits and in the targets alike."""
    optimizer.zero_grad()
    logits = model(inputs).transpose(0, 1).flatten(0, 1)
    loss = loss_fn(logits, targets.T.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


@right
def token_by_token(model, optimizer, loss_fn, inputs, targets):
    """Takes the tokens apart one by one and stacks them again."""
    optimizer.zero_grad()
    rows = [row for sequence in model(inputs) for row in sequence]
    ids = [i for sequence in targets for i in sequence]
    loss = loss_fn(torch.stack(rows), torch.stack(ids))
    value = loss.detach().clone()
    loss.backward()
    optimizer.step()
    return value.item()


@right
def gradients_asked_for(model, optimizer, loss_fn, inputs, targets):
    """Asks for the gradients of all parameters, which takes the place of the old ones."""
    parameters = list(model.parameters())
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
        p.grad = gradient
    optimizer.step()
    return loss.item()
