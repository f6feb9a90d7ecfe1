# assignment: 03-softmax
# what: sets the global seed, grad mode, default dtype and threads in scratch cells, and restores them

# %% after softmax
torch.manual_seed(1234)
state = torch.get_rng_state()
torch.rand(3)
torch.set_rng_state(state)
torch.set_grad_enabled(False)
print(softmax(torch.randn(3), 0).requires_grad)
torch.set_grad_enabled(True)

# %% after softmax_gradients
before = torch.get_default_dtype()
try:
    torch.set_default_dtype(torch.float64)
    print(softmax(torch.tensor([1.0, 2.0]), 0).dtype)
finally:
    torch.set_default_dtype(before)
with torch.random.fork_rng():
    torch.manual_seed(0)

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    with torch.no_grad():
        probs = softmax_with_temperature(logits[:, -1], temperature)
        return torch.multinomial(probs, 1, generator=generator).flatten()

# %% after sample_next_token
with torch.autograd.set_detect_anomaly(True):
    sample_next_token(torch.zeros(1, 1, 2), 1.0, torch.Generator())
