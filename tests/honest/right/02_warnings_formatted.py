# assignment: 02-matmul
# what: replaces warnings.formatwarning, filters warnings, and warns in an answer

# %% first
import warnings
warnings.formatwarning = lambda msg, cat, *args, **kwargs: f"⚠ {cat.__name__}: {msg}\n"
warnings.filterwarnings("ignore", category=DeprecationWarning)
warnings.simplefilter("once")

# %% solution matmul
def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("the inner sizes differ")
    if A.shape[0] > 10:
        warnings.warn("this will be slow")
    C = 0
    for p in range(A.shape[1]):
        C = C + A[:, p:p + 1] * B[p:p + 1, :]
    return C

# %% solution attention_scores
def attention_scores(q, k):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return q @ k.transpose(-2, -1) / (q.shape[-1] ** (1 / 2))
