# assignment: 03-softmax
# what: draws tokens in threads and coroutines, each with a generator of its own

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    last = logits[:, -1]
    probs = softmax_with_temperature(last, temperature)
    draws = torch.multinomial(probs, num_samples=1, replacement=True, generator=generator)
    return draws[:, 0]

# %% after sample_next_token
import asyncio, queue
from concurrent.futures import ThreadPoolExecutor, as_completed

def draw(seed):
    return sample_next_token(torch.zeros(3, 2, 5), 1.0, torch.Generator().manual_seed(seed)).tolist()

with ThreadPoolExecutor(2) as pool:
    jobs = {pool.submit(draw, s): s for s in range(4)}
    for job in as_completed(jobs):
        print(jobs[job], job.result())

# %% after sample_next_token_ids
async def producer(q):
    for s in range(3):
        await q.put(draw(s))
    await q.put(None)

q = asyncio.Queue()
task = asyncio.ensure_future(producer(q))
while (item := await q.get()) is not None:
    print(item)
