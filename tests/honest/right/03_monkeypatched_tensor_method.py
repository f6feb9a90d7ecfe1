# assignment: 03-softmax
# what: hangs its own functions on torch.Tensor and F under new names, and uses them in answers

# %% solution softmax
def softmax(x, dim):
    e = (x - x.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)

torch.Tensor.my_softmax = softmax
F.my_softmax = softmax

# %% solution softmax_with_temperature
def softmax_with_temperature(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature <= 0")
    return (logits / temperature).my_softmax(dim=-1)

# %% solution next_token_probs
def next_token_probs(logits):
    return F.my_softmax(logits[:, -1], dim=-1)

# %% after next_token_probs
for module in (torch, F, nn, torch.special):
    print(module.__name__, [n for n in dir(module) if "softm" in n.lower()])
print(hasattr(torch.Tensor, "my_softmax"), getattr(F, "softmax"))
