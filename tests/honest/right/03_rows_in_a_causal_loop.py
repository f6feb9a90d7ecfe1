# assignment: 03-softmax
# what: goes through the rows in a tqdm loop, softmax over the first t + 1 scores, zeros behind

# %% solution causal_attention_weights
from tqdm import tqdm

def causal_attention_weights(scores):
    T = scores.shape[-1]
    rows = []
    for t in tqdm(range(T)):
        seen = softmax(scores[..., t, :t + 1], dim=-1)
        rows.append(F.pad(seen, (0, T - t - 1)))
    return torch.stack(rows, dim=-2)

# %% solution next_token_probs
def next_token_probs(logits):
    return torch.stack([softmax(sequence[-1], 0) for sequence in logits])

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1, :], temperature)
    ids = [torch.multinomial(p, 1, generator=generator) for p in probs]
    return torch.cat(ids)
