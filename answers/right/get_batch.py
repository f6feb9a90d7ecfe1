"""Right answers to `get_batch(data, batch_size, seq_len, generator)`, written in different ways."""

import torch

from proctor.answers import right


@right
def stacked_slices(data, batch_size, seq_len, generator):
    """Slices in a loop, stacked."""
    if len(data) - seq_len < 1:
        raise ValueError("no window fits")
    starts = torch.randint(len(data) - seq_len, (batch_size,), generator=generator)
    inputs = torch.stack([data[i : i + seq_len] for i in starts])
    targets = torch.stack([data[i + 1 : i + seq_len + 1] for i in starts])
    return inputs, targets


@right
def unfolded(data, batch_size, seq_len, generator):
    """All windows of seq_len + 1 as a view, of which some rows are picked."""
    if data.shape[0] <= seq_len:
        raise ValueError("no window fits")
    windows = data.unfold(0, seq_len + 1, 1)
    picked = windows[torch.randint(0, len(windows), (batch_size,), generator=generator)]
    return picked[:, :-1], picked[:, 1:]


@right
def scaled_fractions(data, batch_size, seq_len, generator):
    """Random fractions, scaled and cut off."""
    windows = data.numel() - seq_len
    if windows <= 0:
        raise ValueError("no window fits")
    starts = (torch.rand(batch_size, generator=generator) * windows).floor().long().clamp(max=windows - 1)
    places = starts.unsqueeze(1) + torch.arange(seq_len).unsqueeze(0)
    return [torch.take(data, places), torch.take(data, places + 1)]


@right
def multinomial(data, batch_size, seq_len, generator):
    """Draws from equal weights, then gathers."""
    windows = len(data) - seq_len
    if windows < 1:
        raise ValueError("no window fits")
    starts = torch.multinomial(torch.ones(windows), batch_size, replacement=True, generator=generator)
    places = starts[:, None] + torch.arange(seq_len + 1)
    rows = data.expand(batch_size, -1).gather(1, places)
    return rows[:, :seq_len].clone(), rows[:, 1:].contiguous()


@right
def one_at_a_time(data, batch_size, seq_len, generator):
    """One draw a row, by plain Python."""
    tokens = data.tolist()
    if len(tokens) <= seq_len:
        raise ValueError("no window fits")
    inputs, targets = [], []
    for _ in range(batch_size):
        start = int(torch.randint(0, len(tokens) - seq_len, (), generator=generator))
        inputs.append(tokens[start : start + seq_len])
        targets.append(tokens[start + 1 : start + 1 + seq_len])
    return torch.tensor(inputs), torch.tensor(targets)


@right
def first_of_a_permutation(data, batch_size, seq_len, generator):
    """The first entry of a fresh permutation for each row."""
    windows = len(data) - seq_len
    if not windows > 0:
        raise ValueError("no window fits")
    inputs = torch.empty(batch_size, seq_len, dtype=torch.int64)
    targets = torch.empty_like(inputs)
    for row in range(batch_size):
        start = torch.randperm(windows, generator=generator)[0]
        inputs[row] = data[start : start + seq_len]
        targets[row] = data[start + 1 : start + 1 + seq_len]
    return inputs, targets


@right
def shifted_copies(data, batch_size, seq_len, generator):
    """Two shifted copies of the data, indexed alike."""
    if len(data) <= seq_len:
        raise ValueError("no window fits")
    starts = torch.empty(batch_size, dtype=torch.int64).random_(0, len(data) - seq_len, generator=generator)
    places = torch.stack([torch.arange(i, i + seq_len) for i in starts.tolist()])
    return data[:-1][places], data[1:][places]


@right
def seeded_child(data, batch_size, seq_len, generator):
    """A second generator, seeded from the given one."""
    if len(data) <= seq_len:
        raise ValueError("no window fits")
    child = torch.Generator().manual_seed(torch.randint(0, 2**40, (1,), generator=generator).item())
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=child)
    window = data[starts + torch.arange(seq_len + 1)]
    return window.narrow(1, 0, seq_len), window.narrow(1, 1, seq_len)


@right
def last_row_first(data, batch_size, seq_len, generator):
    """Draws the rows from the last to the first, counting starts from the end of the data."""
    windows = data.shape[0] - seq_len
    if windows < 1:
        raise ValueError("no window fits")
    rows = []
    for _ in range(batch_size):
        start = windows - 1 - torch.randint(windows, (1,), generator=generator).item()
        rows.insert(0, data[start : start + seq_len + 1])
    both = torch.stack(rows)
    return both[:, :-1].contiguous(), both[:, 1:].contiguous()
