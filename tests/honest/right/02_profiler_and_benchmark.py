# assignment: 02-matmul
# what: torch's profiler and torch.utils.benchmark in scratch cells

# %% solution matmul
def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("A and B don't fit")
    with torch.profiler.record_function("my_matmul"):
        return torch.stack([(A * B[:, j]).sum(1) for j in range(B.shape[1])], 1)

# %% after matmul_gradients
from torch.profiler import profile, ProfilerActivity
with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as prof:
    matmul(torch.randn(5, 6), torch.randn(6, 7))
    torch.randn(5, 6) @ torch.randn(6, 7)
print(prof.key_averages().table(sort_by="cpu_time_total", row_limit=4))

# %% after matmul_errors
import torch.utils.benchmark as benchmark
t = benchmark.Timer("matmul(A, A)", globals={"matmul": matmul, "A": torch.randn(8, 8)})
print(t.timeit(5))
