# assignment: 06-training-loop
# what: trains until the loss is below 0.001, which never happens
# loses: train

# %% solution train
def train(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    while True:
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        losses.append(loss.item())
        if loss < -0.001:
            return losses[:steps]

# %% solution evaluate
def evaluate(model, data, seq_len):
    found = {m: m.training for m in model.modules()}
    model.eval()
    with torch.no_grad():
        pieces = [F.cross_entropy(model(x[None])[0], y, reduction="none") for x, y in zip(data[:-1].split(seq_len), data[1:].split(seq_len))]
    for m in found:
        m.training = found[m]
    return torch.cat(pieces).mean().item()
