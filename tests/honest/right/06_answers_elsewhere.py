# assignment: 06-training-loop
# what: one answer above its stub, one below a comment, one in the notebook's first cell, an earlier one written again at the end

# %% first
import torch, torch.nn as nn, torch.nn.functional as F

def build_vocab(text):
    return sorted(dict.fromkeys(text))

# %% solution build_vocab
# already in the first cell

# %% before get_batch
def get_batch(data, batch_size, seq_len, generator):
    last = len(data) - seq_len - 1
    if last < 0:
        raise ValueError("too short")
    starts = torch.randint(0, last + 1, (batch_size,), generator=generator)
    idx = starts[:, None] + torch.arange(seq_len)[None, :]
    return data.index_select(0, idx.flatten()).view(idx.shape), data.index_select(0, idx.flatten() + 1).view(idx.shape)

# %% solution get_batch
def get_batch(
    data: torch.Tensor, batch_size: int, seq_len: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch of windows that start at random places of `data`, (N,) int64.

    Returns: inputs (B, T) and targets (B, T), both int64; targets are inputs one step later.
    Raises ValueError where N <= seq_len.
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% solution generate
# below

# %% after generate
def generate(model, prompt, max_new_tokens, temperature, generator):
    sequence = prompt[None]
    with torch.inference_mode():
        for _ in range(max_new_tokens):
            tempered = model(sequence)[:, -1, :].div(temperature).softmax(dim=-1)
            sequence = torch.hstack([sequence, tempered.multinomial(1, generator=generator)])
    return sequence[0].clone()

# %% last
def build_vocab(text):
    found = []
    for c in sorted(text):
        if not found or found[-1] != c:
            found.append(c)
    return found
