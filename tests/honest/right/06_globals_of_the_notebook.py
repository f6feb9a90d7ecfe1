# assignment: 06-training-loop
# what: answers read V, TEXT, shown and other names of the notebook's own cells, for prints and plots

# %% solution encode_decode
def encode(text, vocab):
    lookup = dict(zip(vocab, range(len(vocab))))
    strange = [c for c in text if c not in lookup]
    if strange:
        print("not in the vocabulary:", [shown.get(c, c) for c in strange], "of a text like", TEXT[:10])
        raise ValueError(strange)
    return torch.LongTensor([lookup[c] for c in text])


def decode(ids, vocab):
    return str().join(vocab[int(i)] for i in ids)

# %% solution train
PRINT_EVERY = 250

def train(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    adamw = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = [0.0] * steps
    for s in range(steps):
        x, y = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        adamw.zero_grad(); loss.backward(); adamw.step()
        losses[s] = loss.item()
        if not s % PRINT_EVERY:
            print(f"{s:>5} {losses[s]:.3f} of log V = {math.log(V):.3f} (H = {bound:.3f}) on {len(TEXT)} characters")
    return losses

# %% after train_losses
if __name__ == "__main__":
    print("last vocabulary:", "".join(vocab)[-5:])
