# assignment: 03-softmax
# what: tries an answer, in the cell of the next one, on the `weights` that an example made

# %% solution attend
print(causal_attention_weights(weights))


def attend(q, k, v):
    weights = softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), dim=-1)
    return weights @ v

# %% last
scores = torch.randn(3, 3)
print(causal_attention_weights(scores))
