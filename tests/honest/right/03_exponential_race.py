# assignment: 03-softmax
# what: samples by dividing by exponential noise; scratch cells use a DataLoader and random.choices

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    noise = torch.empty_like(probs, dtype=torch.float64).exponential_(1.0, generator=generator)
    return torch.argmax(probs / noise, dim=-1)

# %% after sample_next_token_generator
import random
from torch.utils.data import DataLoader, TensorDataset
loader = DataLoader(TensorDataset(torch.randn(6, 2, 4)), batch_size=3, shuffle=True)
for (batch,) in loader:
    print(sample_next_token(batch, 0.8, torch.Generator().manual_seed(1)))
print(random.choices(vocab, weights=[5, 1, 1, 1, 1], k=3))
