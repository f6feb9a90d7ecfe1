# assignment: 01-vectors
# what: builds answers with functools.partial and reduce, and an operator.itemgetter

# %% solution last_token
import functools
import operator

_pick = operator.itemgetter((slice(None), -1))

def last_token(hidden):
    return _pick(hidden)

# %% solution split_heads
def _split(x, n_heads, order):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError(f"{D} features do not split into {n_heads} heads")
    return x.reshape(B, T, n_heads, -1).permute(order)

split_heads = functools.partial(_split, order=(0, 2, 1, 3))

# %% after split_heads_values
total = functools.reduce(operator.mul, split_heads(torch.zeros(2, 3, 4), 2).shape)
print(total, split_heads)
