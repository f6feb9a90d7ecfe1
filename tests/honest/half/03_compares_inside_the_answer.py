# assignment: 03-softmax
# what: softmax is right, but asserts inside that torch.softmax gives the same, so it runs the built-in
# loses: softmax

# %% solution softmax
def softmax(x, dim):
    e = (x - x.amax(dim, keepdim=True)).exp()
    p = e / e.sum(dim, keepdim=True)
    assert torch.allclose(p, torch.softmax(x, dim), atol=1e-3)
    return p

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    p = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(p, 1, generator=generator).reshape(-1)
