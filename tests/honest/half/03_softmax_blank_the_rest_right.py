# assignment: 03-softmax
# what: softmax is an untouched stub, the other four are right and call it
# loses: softmax

# %% solution softmax
def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    """Turn logits into shares that sum to 1 along `dim`.

    x: logits of any shape, e.g. `(B, T, V)`
    dim: the dimension whose entries compete, e.g. -1 for the last
    Returns a tensor with the shape and dtype of `x`.
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% solution next_token_probs
def next_token_probs(logits):
    return softmax(logits[:, -1], -1)

# %% after next_token_probs
print(next_token_probs(torch.zeros(1, 1, 3)))
