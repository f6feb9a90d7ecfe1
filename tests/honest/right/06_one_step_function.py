# assignment: 06-training-loop
# what: splits train into a train_step helper of notebook 05 and a generator of batches, the losses are a list comprehension

# %% before train
def batches(*args):
    while True:
        yield get_batch(*args)


def train_step(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()

# %% solution train
from itertools import islice

def train(model, data, steps, batch_size, seq_len, lr, generator):
    optimizer, loss_fn = torch.optim.AdamW(model.train().parameters(), lr=lr), nn.CrossEntropyLoss()
    stream = batches(data, batch_size, seq_len, generator)
    return [train_step(model, optimizer, loss_fn, *batch) for batch in islice(stream, steps)]

# %% solution build_vocab
build_vocab = lambda text: [*sorted({*text})]

# %% solution generate
def tokens(model, ids, temperature, generator):
    while True:
        with torch.no_grad():
            p = F.softmax(model(ids[None])[:, -1] / temperature, dim=-1)
        new = torch.multinomial(p, 1, generator=generator)[0]
        ids = torch.cat([ids, new])
        yield new


def generate(model, prompt, max_new_tokens, temperature, generator):
    return torch.cat([prompt, *islice(tokens(model, prompt, temperature, generator), max_new_tokens)])
