# assignment: 01-vectors
# what: looks rows up one by one under a progress bar, and has a bar in a scratch loop too

# %% solution embed
from tqdm import tqdm

def embed(token_ids, table):
    rows = []
    for i in tqdm(token_ids.flatten().tolist(), desc="embedding"):
        rows.append(table[i])
    return torch.stack(rows).reshape(*token_ids.shape, table.shape[1])

# %% after embed
from tqdm.auto import trange
for step in trange(3):
    e = embed(torch.arange(step + 1), torch.randn(4, 2))

# %% solution split_heads
def split_heads(x, n_heads):
    D = x.size(-1)
    if D % n_heads != 0:
        raise ValueError("D must be divisible by n_heads")
    d = D // n_heads
    heads = [x[:, :, h * d:(h + 1) * d] for h in tqdm(range(n_heads), leave=False)]
    return torch.stack(heads, dim=1)
