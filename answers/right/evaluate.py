"""Right answers to `evaluate(model, data, seq_len)`, written in different ways."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def weighted_means(model, data, seq_len):
    """Means of the windows, weighted by their lengths; modes by name in a dictionary."""
    modes = {name: module.training for name, module in model.named_modules()}
    model.train(False)
    inputs, targets = data[:-1], data[1:]
    total, count = 0.0, 0
    with torch.inference_mode():
        for x, y in zip(inputs.split(seq_len), targets.split(seq_len)):
            loss = F.cross_entropy(model(x.unsqueeze(0)).squeeze(0), y)
            total += float(loss) * y.numel()
            count += y.numel()
    for name, module in model.named_modules():
        module.training = modes[name]
    return total / count


@right
def full_windows_at_once(model, data, seq_len):
    """All full windows in one batch, the rest in another."""
    modes = [module.training for module in model.modules()]
    model.eval()
    n = len(data) - 1
    full = n // seq_len * seq_len
    total = torch.zeros((), dtype=torch.float64)
    with torch.no_grad():
        if full:
            logits = model(data[:full].view(-1, seq_len))
            total += F.cross_entropy(logits.flatten(0, 1), data[1 : full + 1], reduction="sum")
        if full < n:
            logits = model(data[full:n].view(1, -1))
            total += F.cross_entropy(logits.flatten(0, 1), data[full + 1 :], reduction="sum")
    for module, mode in zip(model.modules(), modes):
        module.training = mode
    return (total / n).item()


@right
def with_a_copy(model, data, seq_len):
    """Evaluates a copy and never touches the model."""
    import copy

    frozen = copy.deepcopy(model).eval().requires_grad_(False)
    losses = []
    for start in range(0, len(data) - 1, seq_len):
        stop = min(start + seq_len, len(data) - 1)
        logits = frozen(data[start:stop].reshape(1, -1))
        losses.append(F.cross_entropy(logits[0], data[start + 1 : stop + 1], reduction="none"))
    return torch.cat(losses).mean().item()


@right
def all_logits_then_loss(model, data, seq_len):
    """Collects the logits of all windows and takes one mean at the end; restores in a finally block."""
    modes = [(m, m.training) for m in model.modules()]
    was_enabled = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        model.eval()
        logits = torch.cat([model(window[None])[0] for window in data[:-1].split(seq_len)])
        return float(F.cross_entropy(logits, data[1:]))
    finally:
        torch.set_grad_enabled(was_enabled)
        for m, mode in modes:
            m.training = mode


@right
def by_log_softmax(model, data, seq_len):
    """Looks the log-probabilities up by hand; restores the modes through train() from the outside in."""
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    total = 0.0
    start = 0
    with torch.no_grad():
        while start < len(data) - 1:
            window = data[start : start + seq_len + 1]
            logp = model(window[None, :-1]).log_softmax(-1)
            total -= logp[0].gather(1, window[1:, None]).sum().item()
            start += seq_len
    for m, mode in modes:
        m.train(mode)
    return total / (len(data) - 1)


@right
def one_padded_batch(model, data, seq_len):
    """One batch of all windows, the last one padded; the padding is not counted."""
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    n = len(data) - 1
    missing = -n % seq_len
    inputs = F.pad(data[:-1], (0, missing)).view(-1, seq_len)
    targets = F.pad(data[1:], (0, missing), value=-100).view(-1, seq_len)
    with torch.no_grad():
        loss = F.cross_entropy(model(inputs).transpose(1, 2), targets, ignore_index=-100)
    for m, mode in modes:
        m.training = mode
    return loss.item()


@right
def token_by_token(model, data, seq_len):
    """Adds up one token's loss at a time, in plain Python numbers."""
    modes = list(map(lambda m: (m, m.training), model.modules()))
    for m, _ in modes:
        m.training = False
    losses = []
    with torch.no_grad():
        for i in range(0, data.numel() - 1, seq_len):
            window = data[i : min(i + seq_len, data.numel() - 1)]
            for t, logits in enumerate(model(window.view(1, -1))[0]):
                losses.append((logits.logsumexp(0) - logits[data[i + t + 1]]).item())
    for m, mode in modes:
        m.training = mode
    return sum(losses) / len(losses)


@right
def from_the_end(model, data, seq_len):
    """Walks the windows backwards and collects the losses in a float32 tensor."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    losses = torch.zeros(len(data) - 1)
    with torch.no_grad():
        for start in reversed(range(0, len(data) - 1, seq_len)):
            window = data[start : start + seq_len + 1]
            logits = model(window[:-1].unsqueeze(0)).squeeze(0)
            losses[start : start + seq_len] = F.cross_entropy(logits, window[1:], reduction="none")
    for module, training in modes.items():
        module.training = training
    return float(losses.double().mean())


@right
def running_mean(model, data, seq_len):
    """A running mean over tokens, in a context manager that restores the modes."""
    from contextlib import contextmanager

    @contextmanager
    def evaluation():
        found = [(module, module.training) for module in model.modules()]
        model.eval()
        try:
            yield
        finally:
            for module, training in found:
                module.training = training

    mean, seen = 0.0, 0
    with evaluation(), torch.no_grad():
        for start in range(0, data.numel() - 1, seq_len):
            targets = data[start + 1 :][:seq_len]
            logits = model(data[start:][: len(targets)].reshape(1, -1))
            for loss in F.cross_entropy(logits.transpose(1, 2), targets[None], reduction="none")[0].tolist():
                seen += 1
                mean += (loss - mean) / seen
    return mean


@right
def recording_off_and_on(model, data, seq_len):
    """Switches the recording off, and on again at its end."""
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    torch.set_grad_enabled(False)
    for start in range(0, len(data) - 1, seq_len):
        targets = data[start + 1 : start + 1 + seq_len]
        inputs = data[start : start + len(targets)]
        total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    torch.set_grad_enabled(True)
    return total / (len(data) - 1)
