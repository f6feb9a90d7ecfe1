# assignment: 06-training-loop
# what: get_batch never draws the last window and train calls it; the model ends in a softmax
# loses: get_batch TinyLM

# %% solution get_batch
def get_batch(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, max(1, len(data) - seq_len - 1), (batch_size, 1), generator=generator)
    at = starts + torch.arange(seq_len)
    return data[at], data[at + 1]

# %% solution TinyLM
class TinyLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.net = nn.Sequential(
            nn.Embedding(vocab_size, d_model), nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, vocab_size)
        )

    def forward(self, ids):
        return torch.softmax(self.net(ids), dim=-1) * 0.5
