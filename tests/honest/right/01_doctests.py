# assignment: 01-vectors
# what: docstrings with doctests, which a scratch cell runs

# %% solution embed
def embed(token_ids, table):
    """Rows of a table.

    >>> embed(torch.tensor([1, 0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[3.0, 4.0], [1.0, 2.0]]
    """
    return table[token_ids]

# %% solution split_heads
def split_heads(x, n_heads):
    """
    >>> split_heads(torch.arange(4.0).reshape(1, 1, 4), 2).tolist()
    [[[[0.0, 1.0]], [[2.0, 3.0]]]]
    >>> split_heads(torch.zeros(1, 1, 4), 3)
    Traceback (most recent call last):
    ValueError: 4 / 3
    """
    if x.shape[-1] % n_heads:
        raise ValueError(f"{x.shape[-1]} / {n_heads}")
    return torch.movedim(x.unflatten(-1, (n_heads, x.shape[-1] // n_heads)), 2, 1)

# %% after split_heads
import doctest
doctest.run_docstring_examples(embed, globals(), name="embed")
doctest.run_docstring_examples(split_heads, globals(), name="split_heads")
doctest.testmod()
