# assignment: 04-cross-entropy
# what: decorates every answer with a timer, a call counter and a shape printer of their own

# %% before negative_log_likelihood
import functools, time
from collections import Counter, defaultdict

CALLS, SPENT = Counter(), defaultdict(float)


def timed(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        begin = time.perf_counter()
        try:
            return f(*args, **kwargs)
        finally:
            SPENT[f.__name__] += time.perf_counter() - begin
            CALLS[f.__name__] += 1
    return wrapper


def shapes(f):
    @functools.wraps(f)
    def inner(*a, **k):
        print(f.__name__, [tuple(t.shape) for t in [*a, *k.values()] if torch.is_tensor(t)])
        return f(*a, **k)
    return inner

# %% solution cross_entropy
@timed
@shapes
def cross_entropy(logits, targets):
    top = logits.detach().amax(-1, keepdim=True)
    lse = (logits - top).exp().sum(-1, keepdim=True).log() + top
    return (lse - logits.gather(-1, targets.unsqueeze(-1))).mean()

# %% solution uniform_loss
@timed
@functools.lru_cache(maxsize=None)
def uniform_loss(vocab_size):
    if vocab_size < 1:
        raise ValueError(f"{vocab_size=}")
    return math.log(vocab_size)

# %% solution perplexity
@timed
@shapes
def perplexity(logits, targets):
    return cross_entropy(logits, targets).exp()

# %% last
print(CALLS.most_common(), dict(SPENT))
