# assignment: 02-matmul
# what: a bracket is missing in linear, collapse is blank with a scratch cell below
# loses: linear, collapse

# %% solution linear
def linear(x, W, b=None):
    y = torch.matmul(x, W.T
    return y if b is None else y + b

# %% solution collapse
def collapse(
    W1: torch.Tensor, b1: torch.Tensor, W2: torch.Tensor, b2: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The weight and the bias of the one linear layer that equals two.

    W1: (H, in), b1: (H,)      the first layer
    W2: (out, H), b2: (out,)   the second layer
    Returns W (out, in) and b (out,).
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% after collapse
collapse(torch.ones(2, 2), torch.ones(2), torch.ones(2, 2), torch.ones(2))

# %% solution attention_scores
def attention_scores(q, k):
    return (q / q.shape[-1] ** 0.5) @ k.mT
