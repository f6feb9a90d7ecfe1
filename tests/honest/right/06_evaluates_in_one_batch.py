# assignment: 06-training-loop
# what: runs all full windows as one batch and the rest as a second one

# %% solution evaluate
def evaluate(model, data, seq_len):
    states = [(m, m.training) for m in model.modules()]
    model.eval()
    n = len(data) - 1
    full = n // seq_len * seq_len
    parts = []
    if full:
        parts.append((data[:full].reshape(-1, seq_len), data[1 : full + 1].reshape(-1, seq_len)))
    if full < n:
        parts.append((data[full:n].reshape(1, -1), data[full + 1 :].reshape(1, -1)))
    with torch.no_grad():
        total = sum(F.cross_entropy(model(x).flatten(0, 1), y.flatten(), reduction="sum").item() for x, y in parts)
    for m, state in states:
        m.training = state
    return total / n

# %% solution build_vocab
from collections import Counter

def build_vocab(text):
    counts = Counter(text)
    return sorted(counts)

# %% after evaluate_mode
import copy, gc, sys
twin = copy.deepcopy(model)
print(evaluate(twin, tokens, 3), evaluate(model, tokens, 3), sys.getsizeof(twin), gc.collect())
del twin
