# assignment: 04-cross-entropy
# what: loops over everything with a progress bar, inside the answers too

# %% before negative_log_likelihood
from tqdm.auto import tqdm, trange
from tqdm.notebook import tqdm as tqdm_nb

for i in trange(5, desc="warm-up"):
    torch.randn(3).softmax(0)

# %% solution cross_entropy_between
def cross_entropy_between(p, q):
    total = torch.zeros_like(p[..., 0])
    for i in trange(p.shape[-1], leave=False):
        total = total - torch.xlogy(p[..., i], q[..., i])
    return total

# %% solution cross_entropy
def cross_entropy(logits, targets):
    V = logits.shape[-1]
    losses = []
    for row, t in tqdm(zip(logits.reshape(-1, V), targets.reshape(-1)), total=targets.numel(), disable=None):
        losses.append(row.logsumexp(0) - row[t])
    return torch.stack(losses).mean()

# %% after perplexity
for _ in tqdm_nb(range(3)):
    perplexity(torch.randn(2, 3), torch.tensor([0, 1]))
tqdm.write("done")
