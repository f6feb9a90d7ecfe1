# assignment: 03-softmax
# what: test_all compares with torch.softmax, F.softmin and x.softmax, and scratch cells call it

# %% after setup
def test_all(verbose=True):
    x = torch.randn(2, 3, 3)
    results = {
        "softmax": torch.allclose(softmax(x, 1), torch.softmax(x, 1)),
        "softmin": torch.allclose(softmax(-x, 1), F.softmin(x, 1)),
        "temperature": torch.allclose(softmax_with_temperature(x, 3.0), (x / 3).softmax(-1)),
        "next": torch.allclose(next_token_probs(x), F.softmax(x[:, -1], -1)),
    }
    if verbose:
        print(results)
    return all(results.values())

# %% solution softmax_with_temperature
def softmax_with_temperature(logits, temperature):
    if temperature <= 0.0:
        raise ValueError(f"{temperature} is not above 0")
    scaled = torch.div(logits, temperature)
    return softmax(scaled, -1)

# %% after next_token_probs
assert test_all()

# %% last
assert test_all(verbose=False)
ref = F.scaled_dot_product_attention(torch.zeros(1, 3, 2), torch.zeros(1, 3, 2), torch.ones(1, 3, 2), is_causal=True)
print(ref, causal_attention_weights(torch.zeros(1, 3, 3)) @ torch.ones(1, 3, 2))
