# assignment: 02-matmul
# what: psutil, tracemalloc, gc, subprocess and multiprocessing in try blocks

# %% after setup
import gc, multiprocessing, os, platform, subprocess, sys, tracemalloc
try:
    import psutil
    print(psutil.virtual_memory().percent, psutil.Process(os.getpid()).memory_info().rss)
except Exception as e:
    print(e)
try:
    print(subprocess.run(["uname", "-a"], capture_output=True, text=True, timeout=5).stdout)
except Exception as e:
    print("no subprocess:", e)
try:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map(math.sqrt, range(4)))
except Exception as e:
    print("no pool:", e)

# %% solution matmul
def matmul(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("sizes")
    big = A[..., None] * B
    small = big.sum(-2)
    del big
    gc.collect(0)
    return small

# %% after matmul_gradients
tracemalloc.start()
matmul(torch.ones(9, 9), torch.ones(9, 9))
print(tracemalloc.get_traced_memory(), sys.getsizeof(matmul), platform.python_version(), os.cpu_count())
tracemalloc.stop()
