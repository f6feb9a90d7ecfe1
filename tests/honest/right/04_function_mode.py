# assignment: 04-cross-entropy
# what: writes a TorchFunctionMode that counts which torch functions are called, also for PyTorch's own loss

# %% after cross_entropy
from collections import Counter
from torch.overrides import TorchFunctionMode

class CountCalls(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.counts[getattr(func, "__name__", str(func))] += 1
        return func(*args, **(kwargs or {}))

with CountCalls() as mine:
    cross_entropy(torch.randn(4, 5), torch.tensor([0, 1, 2, 3]))
with CountCalls() as theirs:
    F.cross_entropy(torch.randn(4, 5), torch.tensor([0, 1, 2, 3]))
print(mine.counts, theirs.counts)

# %% solution cross_entropy_between
def cross_entropy_between(p, q):
    terms = p * q.log()
    terms = torch.where(p == 0, torch.zeros_like(terms), terms)
    return -terms.sum(-1)

# %% solution negative_log_likelihood
def negative_log_likelihood(probs, target):
    return -torch.log2(probs[target]) * math.log(2)
