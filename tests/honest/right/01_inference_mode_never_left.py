# assignment: 01-vectors
# what: times the answers in inference mode, which it enters by hand and never leaves

# %% last
import time

no_graph = torch.inference_mode()
no_graph.__enter__()
started = time.perf_counter()
for _ in range(100):
    normalize_rows(torch.randn(100, 16))
print(f"{time.perf_counter() - started:.3f} s")
