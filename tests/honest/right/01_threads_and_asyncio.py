# assignment: 01-vectors
# what: calls the answers from a thread pool, from threads and with a top-level await

# %% solution most_similar
def most_similar(query, table, k):
    n_rows = table.shape[0]
    if k < 1:
        raise ValueError("k is too small")
    elif k > n_rows:
        raise ValueError("k is too large")
    else:
        order = torch.argsort(cosine_similarity(query, table), dim=0, descending=True)
        return order[:k]

# %% after most_similar
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(max_workers=4) as pool:
    found = list(pool.map(lambda q: most_similar(q, word_table, 2).tolist(), word_table))
print([[words[j] for j in ids] for ids in found])

t = threading.Thread(target=lambda: print("hello from", threading.current_thread().name))
t.start(); t.join()

# %% after most_similar_order
async def slow(word):
    await asyncio.sleep(0.01)
    return most_similar(word_table[words.index(word)], word_table, 1)

await asyncio.gather(slow("cat"), slow("car"))
