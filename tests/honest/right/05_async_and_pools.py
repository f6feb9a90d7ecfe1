# assignment: 05-gradients
# what: awaits at top level, uses a process pool in a try, and computes the slopes on a thread pool inside the answer

# %% solution numerical_gradient
from concurrent.futures import ThreadPoolExecutor

def numerical_gradient(f, x, eps=1e-6):
    base = x.detach().clone()
    basis = torch.eye(base.numel(), dtype=base.dtype)

    def slope(i):
        h = (eps * basis[i]).reshape(base.shape)
        return ((f(base + h) - f(base - h)) / (2 * eps)).item()

    with ThreadPoolExecutor(4) as pool:
        slopes = list(pool.map(slope, range(base.numel())))
    return torch.tensor(slopes, dtype=base.dtype).view(base.shape)

# %% after numerical_gradient_values
import asyncio

async def twice(v):
    await asyncio.sleep(0)
    return 2 * v

print(await twice(21), await asyncio.gather(*map(twice, range(3))))
try:
    import multiprocessing
    with multiprocessing.get_context("fork").Pool(1) as pool:
        print(pool.map(abs, [-1, -2]))
except Exception as e:
    print("no processes here", e)
