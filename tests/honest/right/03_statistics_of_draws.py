# assignment: 03-softmax
# what: many draws in a timed scratch loop, a chi-square by hand, tqdm, sleep and a histogram

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    assert isinstance(generator, torch.Generator)
    p = softmax_with_temperature(logits, temperature)[:, -1]
    return torch.multinomial(p, 1, False, generator=generator).squeeze(dim=1)

# %% after sample_next_token_generator
%%time
from time import sleep, time
from tqdm.notebook import tqdm as bar
try:
    steps = bar(range(20))
except Exception:
    steps = range(20)
gen = torch.Generator().manual_seed(2024)
hits = torch.zeros(3)
for _ in steps:
    hits += sample_next_token(torch.zeros(50, 1, 3), 1.0, gen).bincount(minlength=3)
sleep(0.2)
expected = hits.sum() / 3
print("chi²", ((hits - expected) ** 2 / expected).sum().item(), "at", time())
plt.hist(sample_next_token(torch.randn(100, 1, 9), 1.0, gen)); plt.show()
