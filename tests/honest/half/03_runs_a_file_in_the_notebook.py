# assignment: 03-softmax
# what: softmax sums over everything; %run -i takes another answer, which calls it, from a file
# loses: softmax

# %% file answers.py
def next_token_probs(logits):
    return softmax(logits[:, -1], -1)

# %% solution softmax
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / e.sum()

# %% solution next_token_probs
%run -i answers.py
