# assignment: 03-softmax
# what: samples with one uniform number a row and searchsorted in the cumulative probabilities

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    p = softmax_with_temperature(logits[:, -1], temperature).detach().double()
    cdf = p.cumsum(-1)
    u = torch.rand(p.shape[0], 1, generator=generator, dtype=torch.float64) * cdf[:, -1:]
    ids = torch.searchsorted(cdf, u, right=True).squeeze(1)
    return ids.clamp(max=p.shape[-1] - 1)

# %% after sample_next_token_distribution
import numpy as np
rng = np.random.default_rng(0)
print(rng.choice(5, size=3), np.random.rand())
counts = torch.bincount(sample_next_token(torch.zeros(1000, 1, 4), 1.0, torch.Generator()))
plt.bar(range(4), counts); plt.title("1000 draws"); plt.show()
