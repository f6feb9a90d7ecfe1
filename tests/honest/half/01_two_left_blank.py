# assignment: 01-vectors
# what: two stubs left as they were, the rest right and logged
# loses: embed, split_heads

# %% solution embed
def embed(token_ids: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """Look up the vector of each token.

    token_ids: (...) int64, any shape
    table: (V, D)
    returns: (..., D), the row of `table` for each id
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% solution last_token
import logging

def last_token(hidden):
    logging.warning("hidden %s", hidden.shape)
    return hidden[:, -1, ...]

# %% solution split_heads
def split_heads(x: torch.Tensor, n_heads: int) -> torch.Tensor:
    """Cut each token's vector into heads.

    x: (B, T, D)
    returns: (B, n_heads, T, D // n_heads)
    raises: ValueError where D is not a multiple of n_heads
    """
    # YOUR CODE HERE
    raise NotImplementedError()
