# assignment: 02-matmul
# what: a memoised helper on ints, global constants and asserts on shapes in the answers

# %% before attention_scores
from functools import lru_cache

@lru_cache(maxsize=None)
def scale_of(width: int) -> float:
    return 1.0 / math.sqrt(width)

LAST, SECOND_LAST = -1, -2

# %% solution attention_scores
def attention_scores(q, k):
    assert q.shape[LAST] == k.shape[LAST], "queries and keys must have the same width"
    keys = k.transpose(SECOND_LAST, LAST)
    result = (q @ keys) * scale_of(q.shape[LAST])
    assert result.shape[-2:] == (q.shape[-2], k.shape[-2])
    return result

# %% after attention_scores_values
print(scale_of.cache_info())
