# assignment: 03-softmax
# what: keeps the row-wise softmax in a partial, and has used the name softmax for its result in between

# %% after softmax_values
softmax = softmax(torch.eye(3), dim=0)

# %% solution softmax_with_temperature
from functools import partial
rows = partial(softmax, dim=-1)

def softmax_with_temperature(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return rows(logits / temperature)
