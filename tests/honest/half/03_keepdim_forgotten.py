# assignment: 03-softmax
# what: softmax forgets keepdim; all the others call it and are right
# loses: softmax

# %% solution softmax
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / e.sum(dim)

# %% solution causal_attention_weights
def causal_attention_weights(scores):
    T = scores.shape[-1]
    allowed = torch.ones(T, T).tril() > 0
    return softmax(torch.where(allowed, scores, -math.inf), dim=-1)

# %% solution next_token_probs
def next_token_probs(logits):
    print("B, T, V =", *logits.shape)
    return softmax(logits[:, -1, :], dim=-1)
