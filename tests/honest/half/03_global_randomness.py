# assignment: 03-softmax
# what: sample_next_token draws from PyTorch's global generator, though it is handed one
# loses: sample_next_token

# %% after setup
torch.manual_seed(0)

# %% solution softmax
def softmax(x, dim):
    e = torch.exp(x - torch.max(x, dim, keepdim=True)[0])
    print(f"{e.min():.2g} to {e.max():.2g}")
    return e / torch.sum(e, dim, keepdim=True)

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1).squeeze(-1)
