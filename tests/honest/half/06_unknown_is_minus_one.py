# assignment: 06-training-loop
# what: gives unknown characters the id -1, and evaluate averages the windows' means and leaves the model in training mode
# loses: encode_decode evaluate

# %% solution encode_decode
def encode(text, vocab):
    return torch.tensor(["".join(vocab).find(c) for c in text], dtype=torch.int64)


def decode(ids, vocab):
    return "".join(vocab[i] for i in ids.tolist())

# %% solution evaluate
def evaluate(model, data, seq_len):
    model.eval()
    losses = []
    with torch.no_grad():
        for s in range(0, len(data) - 1, seq_len):
            y = data[s + 1 : s + 1 + seq_len]
            losses.append(F.cross_entropy(model(data[None, s : s + len(y)])[0], y))
    model.train()
    return torch.stack(losses).mean().item()

# %% solution build_vocab
def build_vocab(text):
    print(type(text), len(text))
    return sorted({c: None for c in text})
