# assignment: 04-cross-entropy
# what: tries asyncio with a top-level await, a thread pool, subprocess and multiprocessing between the answers

# %% after cross_entropy
import asyncio
from concurrent.futures import ThreadPoolExecutor

async def slow_loss(n):
    await asyncio.sleep(0.01)
    return cross_entropy(torch.zeros(n, 4), torch.zeros(n, dtype=torch.int64)).item()

print(await asyncio.gather(slow_loss(1), slow_loss(2)))
with ThreadPoolExecutor(max_workers=2) as pool:
    print(list(pool.map(uniform_loss if "uniform_loss" in globals() else math.log, [2, 3, 4])))

# %% after cross_entropy_confident
try:
    import subprocess, sys
    print(subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True, timeout=20).stdout)
    import multiprocessing as mp
    print(mp.cpu_count(), mp.current_process().name)
except Exception as e:
    print("not here:", e)

# %% solution perplexity
from threading import Lock, current_thread
lock = Lock()

def perplexity(logits, targets):
    with lock:
        print(current_thread().name)
        return cross_entropy(logits, targets).exp()
