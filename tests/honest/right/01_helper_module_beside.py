# assignment: 01-vectors
# what: keeps the lengths and the check of k in a module beside the notebook and imports it in the answers

# %% file helper.py
"""My helpers for notebook 1."""
import seaborn_of_another_machine as sns
import torch


def length(v):
    return (v * v).sum(-1).sqrt()


def check_k(k, n):
    if not 1 <= k <= n:
        raise ValueError(f"k = {k} for {n} rows")

# %% solution cosine_similarity
from helper import length

def cosine_similarity(a, b):
    n = length(a) * length(b)
    safe = n.masked_fill(n == 0, 1)
    return (a * b).sum(-1) / safe

# %% solution most_similar
import helper

def most_similar(query, table, k):
    helper.check_k(k, len(table))
    return cosine_similarity(query, table).topk(k).indices
