# assignment: 06-training-loop
# what: a TinyLM of nn.Sequential, get_batch by unfold, generate on a list

# %% solution get_batch
def get_batch(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("text too short")
    windows = data.unfold(0, seq_len + 1, 1)
    chosen = windows[torch.randint(len(windows), (batch_size,), generator=generator)]
    return chosen[:, :-1], chosen[:, 1:]

# %% solution TinyLM
class TinyLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Embedding(vocab_size, d_model),
            nn.Linear(d_model, 2 * d_model),
            nn.GELU(),
            nn.Linear(2 * d_model, vocab_size),
        )

    def forward(self, ids):
        return self.layers(ids)

# %% solution generate
@torch.no_grad()
def generate(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt.tolist()
    for _ in range(max_new_tokens):
        logits = model(torch.tensor([ids]))[0, -1]
        p = (logits / temperature).softmax(-1)
        ids.append(torch.multinomial(p, 1, generator=generator).item())
    return torch.tensor(ids, dtype=torch.int64)
