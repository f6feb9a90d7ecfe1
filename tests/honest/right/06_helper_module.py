# assignment: 06-training-loop
# what: keeps the tokenizer and the sampler in two files beside the notebook, one written by %%writefile

# %% file sampling.py
import torch
import torch.nn.functional as F


def draw(logits, temperature, generator):
    return torch.multinomial(F.softmax(logits / temperature, dim=-1), 1, generator=generator)

# %% before encode_decode
%%writefile chartok.py
import torch

class CharTokenizer:
    def __init__(self, vocab):
        self._ids = {c: i for i, c in enumerate(vocab)}
        self._chars = list(vocab)

    def encode(self, text):
        return torch.tensor([self._ids[c] for c in text], dtype=torch.int64)

    def decode(self, ids):
        return "".join(self._chars[i] for i in ids.tolist())

# %% solution encode_decode
from chartok import CharTokenizer

def encode(text, vocab):
    return CharTokenizer(vocab).encode(text)


def decode(ids, vocab):
    return CharTokenizer(vocab).decode(ids)

# %% solution generate
import sampling

def generate(model, prompt, max_new_tokens, temperature, generator):
    with torch.no_grad():
        ids = prompt.clone().unsqueeze(0)
        for _ in range(max_new_tokens):
            ids = torch.cat([ids, sampling.draw(model(ids)[:, -1], temperature, generator)], dim=1)
    return ids.squeeze(0)

# %% last
import inspect, pickle
print(inspect.getsource(sampling.draw))
pickle.loads(pickle.dumps(CharTokenizer(vocab)))._chars[:3]
