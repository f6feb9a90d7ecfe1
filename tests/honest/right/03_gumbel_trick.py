# assignment: 03-softmax
# what: samples by the Gumbel trick, with noise from the generator

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    if temperature <= 0:
        raise ValueError("temperature")
    z = logits[:, -1].detach() / temperature
    u = torch.rand(z.shape, generator=generator, dtype=torch.float64)
    gumbel = -torch.log(-torch.log(u))
    return (z + gumbel).argmax(dim=-1)

# %% after sample_next_token_ids
from collections import Counter
g = torch.Generator().manual_seed(7)
print(Counter(sample_next_token(torch.zeros(100, 1, 3), 1.0, g).tolist()))
