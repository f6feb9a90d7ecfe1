# assignment: 03-softmax
# what: F.normalize with p=1 after exp, torch.narrow for the last position

# %% solution softmax
def softmax(x, dim):
    highest = x.amax(dim, keepdim=True)
    return F.normalize(torch.exp(x - highest), p=1, dim=dim)

# %% solution next_token_probs
def next_token_probs(logits):
    last = logits.narrow(1, logits.shape[1] - 1, 1)
    return softmax(last, dim=-1).squeeze(1)

# %% before sample_next_token
%who function
%time softmax(torch.randn(1000), 0)
