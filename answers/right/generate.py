"""Right answers to `generate(model, prompt, max_new_tokens, temperature, generator)`, written in different ways."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def room_for_all(model, prompt, max_new_tokens, temperature, generator):
    """Makes room first, then fills it in."""
    known = len(prompt)
    ids = torch.empty(known + max_new_tokens, dtype=torch.int64)
    ids[:known] = prompt
    with torch.inference_mode():
        for end in range(known, len(ids)):
            logits = model(ids[:end].unsqueeze(0))[:, -1, :]
            probs = torch.softmax(logits / temperature, dim=-1)
            ids[end] = torch.multinomial(probs, num_samples=1, generator=generator).item()
    return ids


@right
def gumbel(model, prompt, max_new_tokens, temperature, generator):
    """The Gumbel trick."""
    ids = prompt.clone()
    with torch.no_grad():
        while len(ids) < len(prompt) + max_new_tokens:
            logits = model(ids.view(1, -1))[0, -1] / temperature
            noise = torch.empty_like(logits).exponential_(generator=generator)
            ids = torch.cat([ids, (logits - noise.log()).argmax().view(1)])
    return ids


@right
def inverse_distribution(model, prompt, max_new_tokens, temperature, generator):
    """Inverts the cumulative distribution, on a Python list of tokens."""
    tokens = prompt.tolist()
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(torch.tensor([tokens]))[0, -1].double() / temperature
            cumulative = logits.softmax(0).cumsum(0)
            u = torch.rand((), generator=generator, dtype=torch.float64) * cumulative[-1]
            tokens.append(int(torch.searchsorted(cumulative, u, right=True).clamp(max=len(logits) - 1)))
    return torch.tensor(tokens, dtype=torch.int64)


@right
def recursive(model, prompt, max_new_tokens, temperature, generator):
    """One token, then the rest, for short texts; a loop of halves for long ones."""

    def grow(ids, count):
        if count == 0:
            return ids
        if count > 1:
            return grow(grow(ids, count // 2), count - count // 2)
        with torch.no_grad():
            logits = model(ids[None, :])[0, ids.shape[0] - 1]
        probs = (logits / temperature).log_softmax(-1).exp()
        return torch.hstack([ids, torch.multinomial(probs, 1, generator=generator)])

    return grow(prompt, max_new_tokens)


@right
def batched(model, prompt, max_new_tokens, temperature, generator):
    """Keeps the batch dimension to the end, in evaluation mode, and puts the mode back."""
    training = model.training
    model.eval()
    idx = prompt.unsqueeze(0)
    was_enabled = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    for _ in range(max_new_tokens):
        logits = model(idx)
        logits = logits[:, -1, :] / temperature
        idx = torch.cat((idx, torch.multinomial(F.softmax(logits, dim=-1), 1, generator=generator)), dim=1)
    torch.set_grad_enabled(was_enabled)
    model.train(training)
    return idx.squeeze(0)


@right
def shifted_powers(model, prompt, max_new_tokens, temperature, generator):
    """Unnormalised weights: exponentials of the gaps to the maximum."""
    pieces = [prompt]
    with torch.no_grad():
        for _ in range(max_new_tokens):
            last = model(torch.cat(pieces).reshape(1, -1)).select(1, -1).flatten()
            weights = torch.exp((last - last.max()) / temperature)
            pieces.append(torch.multinomial(weights, 1, generator=generator))
    return torch.cat(pieces)


@right
def power_of_the_probabilities(model, prompt, max_new_tokens, temperature, generator):
    """The probabilities to the power of one over the temperature, which multinomial scales itself."""
    ids = prompt.detach().clone()
    for _ in range(max_new_tokens):
        with torch.no_grad():
            probs = torch.softmax(model(ids.unsqueeze(0))[0, -1], dim=-1)
        new = torch.multinomial(probs ** (1 / temperature), 1, generator=generator)
        ids = torch.hstack([ids, new])
    return ids


@right
def all_randomness_first(model, prompt, max_new_tokens, temperature, generator):
    """Draws one number for each new token before the first pass, in float64."""
    numbers = torch.rand(max_new_tokens, generator=generator, dtype=torch.float64).tolist()
    ids = prompt.tolist()
    with torch.no_grad():
        for number in numbers:
            logits = model(torch.tensor(ids)[None])[0, -1].double() / temperature
            steps = torch.softmax(logits, dim=-1).cumsum(dim=-1)
            ids.append(min(int((steps <= number * steps[-1]).sum()), len(steps) - 1))
    return torch.tensor(ids)


@right
def recording_off_and_on(model, prompt, max_new_tokens, temperature, generator):
    """Switches the recording off, and on again at its end."""
    ids = prompt
    torch.set_grad_enabled(False)
    for _ in range(max_new_tokens):
        probs = F.softmax(model(ids[None])[0, -1] / temperature, dim=-1)
        ids = torch.cat([ids, torch.multinomial(probs, 1, generator=generator)])
    torch.set_grad_enabled(True)
    return ids
