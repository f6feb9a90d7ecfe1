# assignment: 03-softmax
# what: subtracts the largest allowed score, takes exp, cuts the future off with tril, divides by the rest

# %% solution causal_attention_weights
def causal_attention_weights(scores):
    T = scores.shape[-1]
    keep = torch.ones(T, T, device=scores.device).tril().bool()
    # the maximum of what row t may see only
    top = scores.masked_fill(~keep, -math.inf).amax(-1, keepdim=True)
    e = (scores - top).masked_fill(~keep, -math.inf).exp()
    assert (e.triu(1) == 0).all()
    return e / e.sum(-1, keepdim=True)

# %% after causal_attention_weights_masking
s = torch.randn(5, 5)
plt.imshow(causal_attention_weights(s)); plt.colorbar(); plt.show()
print(causal_attention_weights(s).sum(-1))
