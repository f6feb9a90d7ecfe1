# assignment: 03-softmax
# what: multiplies by the temperature; next_token_probs takes the last column, sampling calls the first and is right
# loses: softmax_with_temperature, next_token_probs

# %% solution softmax_with_temperature
def softmax_with_temperature(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature <= 0")
    return softmax(logits * temperature, dim=-1)

# %% solution next_token_probs
def next_token_probs(logits):
    return softmax(logits[..., -1], dim=-1)

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    p = softmax_with_temperature(logits[:, -1], temperature)
    return torch.stack([torch.multinomial(row, 1, generator=generator)[0] for row in p])
