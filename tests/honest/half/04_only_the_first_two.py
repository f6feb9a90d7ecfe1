# assignment: 04-cross-entropy
# what: ran out of time after two exercises and left the others as they came
# loses: cross_entropy uniform_loss perplexity

# %% solution negative_log_likelihood
def negative_log_likelihood(probs, target):
    print("target", target)
    return -torch.log(probs[target])

# %% solution cross_entropy
def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean over all tokens of the surprise at the right one.

    logits: (..., V), for example (B, T, V)
    targets: (...) int64, for example (B, T)
    returns: 0-d
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% solution uniform_loss
def uniform_loss(vocab_size: int) -> float:
    """The loss of a model that knows nothing.

    vocab_size: V, at least 1
    returns: a Python float
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% solution perplexity
def perplexity(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Among how many equally likely tokens the model seems to choose.

    logits: (..., V), for example (B, T, V)
    targets: (...) int64, for example (B, T)
    returns: 0-d
    """
    # YOUR CODE HERE
    raise NotImplementedError()
