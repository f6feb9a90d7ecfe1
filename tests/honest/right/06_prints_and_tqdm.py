# assignment: 06-training-loop
# what: tqdm inside train and evaluate, prints every 100 steps and in all small answers

# %% first
from tqdm.auto import tqdm, trange

# %% solution build_vocab
def build_vocab(text):
    chars = set()
    for c in tqdm(text, desc="chars", leave=False):
        chars.add(c)
    print(len(chars), "characters")
    return sorted(chars)

# %% solution train
def train(model, data, steps, batch_size, seq_len, lr, generator):
    opt = torch.optim.AdamW(model.parameters(), lr=lr)
    model.train()
    history = []
    bar = trange(steps, leave=False)
    for step in bar:
        xb, yb = get_batch(data, batch_size, seq_len, generator)
        logits = model(xb)
        loss = F.cross_entropy(logits.reshape(-1, logits.size(-1)), yb.reshape(-1))
        opt.zero_grad()
        loss.backward()
        opt.step()
        history.append(loss.item())
        bar.set_postfix(loss=history[-1])
        if step % 100 == 0:
            tqdm.write(f"step {step:5d} loss {history[-1]:.3f}")
    return history

# %% solution generate
def generate(model, prompt, max_new_tokens, temperature, generator):
    out = prompt.clone()
    print("temperature", temperature)
    with torch.no_grad():
        for _ in range(max_new_tokens):
            p = torch.softmax(model(out.unsqueeze(0))[0, -1, :] / temperature, -1)
            out = torch.cat((out, torch.multinomial(p, 1, generator=generator)))
    return out
