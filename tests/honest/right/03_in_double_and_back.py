# assignment: 03-softmax
# what: computes in float64 whatever comes in and converts back at the end

# %% solution softmax
def softmax(x, dim):
    dtype = x.dtype
    x = x.double()
    x = x - x.detach().max(dim, keepdim=True).values
    e = x.exp()
    out = e / e.sum(dim, keepdim=True)
    return out.to(dtype)

# %% solution softmax_with_temperature
def softmax_with_temperature(logits, temperature):
    if not temperature > 0:
        raise ValueError("temperature has to be positive")
    inverse = 1 / temperature
    return softmax(logits * inverse, dim=logits.dim() - 1)

# %% after softmax_with_temperature_values
for t in [0.1, 1, 10]:
    print(f"T={t:<5}", softmax_with_temperature(torch.tensor([2.0, 1.0, 0.1]), t))
