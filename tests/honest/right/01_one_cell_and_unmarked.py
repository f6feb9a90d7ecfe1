# assignment: 01-vectors
# what: two answers in one cell, above the imports of the notebook, and nothing of what nbgrader notes of cells

# %% first
import torch
from torch.nn import functional as F

def embed(token_ids, table):
    return table[token_ids]

def last_token(hidden):
    return hidden[:, -1]

# %% delete embed

# %% delete last_token

# %% forget
