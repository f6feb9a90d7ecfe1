# assignment: 03-softmax
# what: attend takes a helper that is called softmax and works on the last dimension alone; later ones want the first again

# %% after causal_attention_weights_masking
def softmax(scores):
    e = torch.exp(scores - scores.max(-1, keepdim=True).values)
    return e / e.sum(-1, keepdim=True)

# %% solution attend
def attend(q, k, v):
    return softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5) @ v
