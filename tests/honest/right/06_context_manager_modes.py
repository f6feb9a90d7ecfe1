# assignment: 06-training-loop
# what: writes a context manager for evaluation mode and a decorator for it, in cells of their own

# %% before evaluate
from contextlib import contextmanager, nullcontext, ExitStack

@contextmanager
def evaluating(model):
    found = {name: module.training for name, module in model.named_modules()}
    model.eval()
    try:
        with torch.no_grad():
            yield model
    finally:
        for name, module in model.named_modules():
            module.training = found[name]

# %% solution evaluate
def evaluate(model, data, seq_len):
    inputs, targets = data[:-1], data[1:]
    losses, counts = [], []
    with evaluating(model):
        for i in range(0, inputs.numel(), seq_len):
            x, y = inputs[i : i + seq_len], targets[i : i + seq_len]
            losses.append(F.cross_entropy(model(x[None]).squeeze(0), y).item())
            counts.append(len(y))
    return sum(l * n for l, n in zip(losses, counts)) / sum(counts)

# %% solution generate
def generate(model, prompt, max_new_tokens, temperature, generator):
    T = len(prompt)
    ids = torch.empty(T + max_new_tokens, dtype=torch.int64)
    ids[:T] = prompt
    with torch.no_grad():
        for t in range(T, T + max_new_tokens):
            logits = model(ids[None, :t])[0, -1] / temperature
            ids[t] = torch.multinomial(logits.softmax(0), 1, generator=generator)[0]
    return ids
