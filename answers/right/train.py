"""Right answers to `train(model, data, steps, batch_size, seq_len, lr, generator)`, written in different ways."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def clears_after_the_step(model, data, steps, batch_size, seq_len, lr, generator):
    """Clears the gradients before and after; cross-entropy on transposed logits."""
    optimizer = torch.optim.AdamW(params=model.parameters(), lr=lr)
    optimizer.zero_grad()
    model = model.train()
    losses = []
    for _ in range(steps):
        xb, yb = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(xb).transpose(1, 2), yb)
        loss.backward()
        losses.append(float(loss))
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
    return losses


@right
def all_starts_first(model, data, steps, batch_size, seq_len, lr, generator):
    """Draws all starts before the first step, by keyword and with its own windows."""
    starts = torch.randint(0, len(data) - seq_len, (steps, batch_size), generator=generator)
    windows = data.unfold(0, seq_len + 1, 1)[starts]
    optimizer = torch.optim.AdamW(list(model.parameters()), lr)
    criterion = nn.CrossEntropyLoss()
    model.train(True)
    losses = [0.0] * steps
    for step, window in enumerate(windows):
        logits = model(window[:, :-1])
        loss = criterion(logits.reshape(-1, logits.size(-1)), window[:, 1:].reshape(-1))
        for parameter in model.parameters():
            parameter.grad = None
        loss.backward()
        optimizer.step()
        losses[step] = loss.item()
    return losses


@right
def tensor_of_losses(model, data, steps, batch_size, seq_len, lr, generator):
    """Collects the losses in a tensor and turns it into a list at the end; foreach off."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, foreach=False)
    losses = torch.zeros(steps, dtype=torch.float64)
    for step in range(steps):
        model.train()
        inputs, targets = get_batch(data=data, batch_size=batch_size, seq_len=seq_len, generator=generator)
        loss = F.cross_entropy(model(inputs).reshape(batch_size * seq_len, -1), targets.reshape(-1))
        model.zero_grad()
        loss.backward()
        optimizer.step()
        losses[step] = loss.detach()
    return losses.tolist()


@right
def by_log_softmax(model, data, steps, batch_size, seq_len, lr, generator):
    """The loss from log-probabilities, the gradients by torch.autograd.grad."""
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=lr)
    losses = []
    while len(losses) < steps:
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        logp = model(inputs).log_softmax(-1)
        loss = -logp.gather(-1, targets.unsqueeze(-1)).mean()
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
            parameter.grad = gradient
        optimizer.step()
        losses.append(loss.item())
    return losses


@right
def adamw_by_hand(model, data, steps, batch_size, seq_len, lr, generator):
    """AdamW written out."""
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    first = [torch.zeros_like(p) for p in parameters]
    second = [torch.zeros_like(p) for p in parameters]
    losses = []
    for t in range(1, steps + 1):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        logits = model(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, g, m, v in zip(parameters, gradients, first, second):
                p.mul_(1 - lr * 0.01)
                m.mul_(0.9).add_(g, alpha=0.1)
                v.mul_(0.999).addcmul_(g, g, value=0.001)
                p.sub_(lr * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8))
        losses.append(loss.item())
    return losses


@right
def row_by_row(model, data, steps, batch_size, seq_len, lr, generator):
    """Averages per-token losses by hand and calls the optimizer with a closure."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)

        def closure():
            optimizer.zero_grad()
            logits = model(inputs)
            rows = [F.cross_entropy(logits[b], targets[b], reduction="none") for b in range(batch_size)]
            loss = torch.stack(rows).mean()
            loss.backward()
            return loss

        losses.append(optimizer.step(closure).item())
    return losses


@right
def with_a_helper(model, data, steps, batch_size, seq_len, lr, generator):
    """One step as an inner function, and grad mode on whatever it was."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)

    def one_step():
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        with torch.enable_grad():
            loss = F.cross_entropy(torch.flatten(model(inputs), end_dim=1), torch.flatten(targets))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
        optimizer.step()
        return loss.item()

    model.train()
    losses = [one_step() for _ in range(steps)]
    model.eval()
    return losses


@right
def measures_on_the_way(model, data, steps, batch_size, seq_len, lr, generator):
    """Prints the loss over the whole text from time to time."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for step in range(steps):
        if step % 100 == 0:
            model.eval()
            with torch.no_grad():
                print(step, F.cross_entropy(model(data[None, :-1])[0], data[1:]).item())
        model.train()
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@right
def averaged_in_two_halves(model, data, steps, batch_size, seq_len, lr, generator):
    """Two backward passes a step, one for each half of the tokens, whose gradients add up."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        each = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), reduction="none") / targets.numel()
        half = len(each) // 2
        each[:half].sum().backward(retain_graph=True)
        each[half:].sum().backward()
        optimizer.step()
        losses.append(each.detach().sum().item())
    return losses
