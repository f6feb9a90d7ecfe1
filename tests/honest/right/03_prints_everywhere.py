# assignment: 03-softmax
# what: a print at the head of every answer, and of a loop between them

# %% solution softmax
def softmax(x, dim):
    print("softmax of", x.shape, "over", dim)
    x = x - x.max(dim, keepdim=True).values
    e = torch.exp(x)
    print(e)
    return e / e.sum(dim, keepdim=True)

# %% after softmax
for i in range(3):
    print(i, softmax(torch.randn(2, 3), 1))

# %% solution next_token_probs
def next_token_probs(logits):
    print("next_token_probs:", logits.shape)
    return softmax(logits[:, -1], dim=-1)
