# assignment: 03-softmax
# what: the temperature and the last position go through F.softmax and torch.softmax; sampling calls the first and is right
# loses: softmax_with_temperature, next_token_probs

# %% solution softmax_with_temperature
def softmax_with_temperature(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return F.softmax(logits / temperature, dim=-1)

# %% solution next_token_probs
def next_token_probs(logits):
    return torch.softmax(logits[:, -1], dim=-1)

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1, :], temperature)
    return probs.multinomial(1, generator=generator).squeeze(1)
