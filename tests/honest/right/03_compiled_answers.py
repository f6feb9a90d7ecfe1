# assignment: 03-softmax
# what: two answers are compiled

# %% solution softmax
@torch.compile
def softmax(x, dim):
    shares = (x - x.amax(dim, keepdim=True)).exp()
    return shares / shares.sum(dim, keepdim=True)

# %% solution next_token_probs
def probs_of(last):
    return softmax(last, -1)

fast = torch.compile(probs_of, fullgraph=True)

def next_token_probs(logits):
    return fast(logits[:, -1])
