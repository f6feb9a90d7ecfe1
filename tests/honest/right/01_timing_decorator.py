# assignment: 01-vectors
# what: a decorator with functools.wraps measures every answer

# %% before embed
import time
from functools import wraps

TIMINGS = {}

def timed(f):
    @wraps(f)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        try:
            return f(*args, **kwargs)
        finally:
            TIMINGS.setdefault(f.__name__, []).append(time.perf_counter() - start)
    return wrapper

# %% solution embed
@timed
def embed(token_ids, table):
    return table[token_ids]

# %% solution cosine_similarity
@timed
def cosine_similarity(a, b):
    a, b = torch.broadcast_tensors(a, b)
    dot = torch.linalg.vecdot(a, b)
    n = torch.linalg.vecdot(a, a).sqrt() * torch.linalg.vecdot(b, b).sqrt()
    return torch.where(n > 0, dot / n.clamp_min(1e-25), torch.zeros((), dtype=n.dtype))

# %% last
for name, seconds in TIMINGS.items():
    print(f"{name:20} {len(seconds):3} calls {1e6 * sum(seconds) / len(seconds):8.1f} µs")
