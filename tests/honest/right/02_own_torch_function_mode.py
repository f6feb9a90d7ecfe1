# assignment: 02-matmul
# what: two TorchFunctionModes of its own, which count and list the calls of PyTorch

# %% after matmul_values
from collections import Counter
from torch.overrides import TorchFunctionMode

class CountCalls(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.calls += 1
        return func(*args, **(kwargs or {}))

class ListCalls(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.names = Counter()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.names[getattr(func, "__name__", "?")] += 1
        return func(*args, **(kwargs or {}))

with ListCalls() as mode:
    C = matmul(torch.randn(3, 4), torch.randn(4, 5))
    D = torch.randn(3, 4) @ torch.randn(4, 5)
print(mode.names.most_common(3))

# %% solution matmul
def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes")
    columns = [(A * column).sum(dim=1) for column in B.unbind(dim=1)]
    return torch.stack(columns, dim=1)

# %% after linear
with CountCalls() as c, ListCalls() as mode:
    linear(torch.randn(2, 3), torch.randn(4, 3))
print(c.calls, dict(mode.names))
