# assignment: 06-training-loop
# what: makes the model of bare nn.Parameters, with matrix products and the exact GELU by erf

# %% solution TinyLM
class TinyLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        h = 3 * d_model
        self.E = nn.Parameter(torch.randn(vocab_size, d_model))
        self.W1 = nn.Parameter(torch.randn(d_model, h) * d_model**-0.5)
        self.b1 = nn.Parameter(torch.zeros(h))
        self.W2 = nn.Parameter(torch.randn(h, vocab_size) * 0.2 * h**-0.5)
        self.b2 = nn.Parameter(torch.zeros(vocab_size))

    @staticmethod
    def gelu(x):
        return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))

    def forward(self, ids):
        x = self.E[ids]
        x = self.gelu(x @ self.W1 + self.b1)
        return x @ self.W2 + self.b2

# %% solution encode_decode
def encode(text, vocab):
    return torch.tensor(list(map(vocab.index, text)), dtype=torch.long)


def decode(ids, vocab):
    s = ""
    for i in ids:
        s += vocab[i]
    return s

# %% solution evaluate
def evaluate(model, data, seq_len):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    try:
        with torch.inference_mode():
            nll = 0.0
            for x, y in zip(data[:-1].split(seq_len), data[1:].split(seq_len)):
                logp = model(x.unsqueeze(0)).log_softmax(-1).squeeze(0)
                nll -= logp[torch.arange(len(y)), y].double().sum().item()
    finally:
        for m, was in modes.items():
            m.training = was
    return nll / (data.numel() - 1)
