# assignment: 06-training-loop
# what: draws windows by a Dataset, a RandomSampler and a DataLoader that all share the generator

# %% before get_batch
from torch.utils.data import DataLoader, Dataset, RandomSampler

class Windows(Dataset):
    def __init__(self, data, seq_len):
        self._data, self._T = data, seq_len

    def __len__(self):
        return max(0, len(self._data) - self._T)

    def __getitem__(self, i):
        piece = self._data[i : i + self._T + 1]
        return piece[:-1], piece[1:]

# %% solution get_batch
def get_batch(data, batch_size, seq_len, generator):
    windows = Windows(data, seq_len)
    if len(windows) == 0:
        raise ValueError("no window fits")
    sampler = RandomSampler(windows, replacement=True, num_samples=batch_size, generator=generator)
    loader = DataLoader(windows, batch_size=batch_size, sampler=sampler, generator=generator)
    inputs, targets = next(iter(loader))
    return inputs, targets

# %% solution evaluate
def evaluate(model, data, seq_len):
    flags = [m.training for m in model.modules()]
    model.eval()
    total = torch.zeros((), dtype=torch.float64)
    with torch.no_grad():
        for a in range(0, len(data) - 1, seq_len):
            b = min(a + seq_len, len(data) - 1)
            loss = nn.CrossEntropyLoss(reduction="sum")(model(data[a:b].view(1, -1)).view(b - a, -1), data[a + 1 : b + 1])
            total += loss.double()
    for m, f in zip(model.modules(), flags):
        m.training = f
    return (total / (len(data) - 1)).item()
