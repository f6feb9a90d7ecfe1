# assignment: 04-cross-entropy
# what: writes two answers in cells above the given ones and leaves the stubs as they came

# %% before negative_log_likelihood
def negative_log_likelihood(probs, target):
    return -probs[target].log()

# %% solution negative_log_likelihood
def negative_log_likelihood(probs: torch.Tensor, target: int) -> torch.Tensor:
    """The surprise at one token.

    probs: (V,), the probability of each token
    target: the id of the right token
    returns: 0-d
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% before uniform_loss
def uniform_loss(vocab_size):
    if vocab_size < 1:
        raise ValueError(vocab_size)
    return float(torch.tensor(vocab_size, dtype=torch.float64).log())

# %% solution uniform_loss
def uniform_loss(vocab_size: int) -> float:
    """The loss of a model that knows nothing.

    vocab_size: V, at least 1
    returns: a Python float
    """
    # YOUR CODE HERE
    raise NotImplementedError()
