# assignment: 06-training-loop
# what: draws starts by random_ and tokens by the exponential trick, both from the generator

# %% solution get_batch
def get_batch(data, batch_size, seq_len, generator):
    N = data.numel()
    if N <= seq_len:
        raise ValueError(N)
    start = torch.empty(batch_size, dtype=torch.int64).random_(0, N - seq_len, generator=generator)
    window = torch.arange(seq_len + 1) + start.unsqueeze(1)
    both = torch.take(data, window)
    return both[:, :-1].contiguous(), both[:, 1:].contiguous()

# %% solution generate
def generate(model, prompt, max_new_tokens, temperature, generator):
    """argmax of p / Exp(1) is a draw from p"""
    ids = prompt.new_empty(len(prompt) + max_new_tokens)
    ids[: len(prompt)] = prompt
    for n in range(len(prompt), len(ids)):
        with torch.no_grad():
            logits = model(ids[:n].unsqueeze(0))[0, -1]
        p = torch.softmax(logits / temperature, dim=0)
        race = torch.empty_like(p).exponential_(generator=generator)
        ids[n] = (p / race).argmax()
    return ids

# %% after generate_graph
from collections import Counter
g = torch.Generator().manual_seed(3)
print(Counter(generate(coin, torch.tensor([0]), 200, 1.0, g).tolist()))
