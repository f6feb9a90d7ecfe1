"""Right answers to `generate_within(model, prompt, max_new_tokens, temperature, generator, max_len)`, written otherwise."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
def own_loop(model, prompt, max_new_tokens, temperature, generator, max_len):
    modes = {module: module.training for module in model.modules()}
    model.train(False)
    ids = prompt.clone()
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None, -max_len:])[0, -1]
            new = torch.multinomial(torch.softmax(logits / temperature, -1), 1, generator=generator)
            ids = torch.cat([ids, new])
    for module, mode in modes.items():
        module.training = mode
    return ids


@right
def in_a_finally(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        ids = prompt
        while len(ids) < len(prompt) + max_new_tokens:
            start = max(0, len(ids) - max_len)
            ids = torch.cat([ids[:start], generate(model, ids[start:], 1, temperature, generator)])
        return ids
    finally:
        for module, training in found:
            module.training = training


@right
def with_a_copy(model, prompt, max_new_tokens, temperature, generator, max_len):
    """Writes with a copy, and never touches the model."""
    import copy

    writer = copy.deepcopy(model).eval()
    tokens = prompt.tolist()
    with torch.inference_mode():
        for _ in range(max_new_tokens):
            last = writer(torch.tensor([tokens[-max_len:]]))[0, -1]
            tokens.append(torch.multinomial(F.softmax(last / temperature, 0), 1, generator=generator).item())
    return torch.tensor(tokens)


@right
def gumbel(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[-max_len:].view(1, -1))[0, -1] / temperature
            noise = torch.empty_like(logits).exponential_(generator=generator)
            ids = torch.cat([ids, (logits - noise.log()).argmax().view(1)])
    for module, training in found:
        module.train(training)  # from the outside in
    return ids


@right
def room_for_all(model, prompt, max_new_tokens, temperature, generator, max_len):
    flags = [module.training for module in model.modules()]
    for module in model.modules():
        module.training = False
    known = len(prompt)
    ids = torch.cat([prompt, prompt.new_zeros(max_new_tokens)])
    for end in range(known, known + max_new_tokens):
        ids[end] = generate(model, ids[max(0, end - max_len) : end], 1, temperature, generator)[-1]
    for module, flag in zip(model.modules(), flags):
        module.training = flag
    return ids


@right
def recording_off_and_on(model, prompt, max_new_tokens, temperature, generator, max_len):
    """Switches the recording off, and on again at its end."""
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    torch.set_grad_enabled(False)
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    torch.set_grad_enabled(True)
    return ids
