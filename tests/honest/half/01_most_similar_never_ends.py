# assignment: 01-vectors
# what: most_similar loops for ever, as its counter is never moved on; a lambda and tqdm elsewhere
# loses: most_similar

# %% solution last_token
last_token = lambda hidden: hidden[:, hidden.size(1) - 1]

# %% after last_token
from tqdm import tqdm
for t in tqdm(range(3)):
    last_token(torch.randn(2, t + 1, 4))

# %% solution most_similar
def most_similar(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k")
    sims = cosine_similarity(query, table)
    found = []
    while len(found) < k:
        best = sims.argmax()
        if best not in found:
            found.append(best)
    return torch.stack(found)
