# assignment: 02-matmul
# what: collapse adds the two biases as they are; the others are right, one with a device
# loses: collapse

# %% after setup
device = "cuda" if torch.cuda.is_available() else "cpu"

# %% solution attention_scores
def attention_scores(q, k):
    factor = torch.rsqrt(torch.tensor(float(q.shape[-1]), dtype=q.dtype))
    return torch.matmul(q, k.transpose(-2, -1)) * factor

# %% solution collapse
def collapse(W1, b1, W2, b2):
    W = W2 @ W1
    b = b1.sum() + b2
    return W, b
