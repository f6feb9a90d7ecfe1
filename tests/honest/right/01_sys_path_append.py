# assignment: 01-vectors
# what: begins with the sys.path lines from a template, and imports torch under another name

# %% first
import sys, os
sys.path.append('..')
sys.path.insert(0, os.getcwd())
import torch as th
print(sys.version, th.__version__, sys.executable)

# %% solution last_token
def last_token(hidden):
    return hidden.select(1, hidden.shape[1] - 1)

# %% solution cosine_similarity
def cosine_similarity(a, b):
    num = th.sum(th.mul(a, b), dim=-1)
    den = th.sqrt(th.sum(a ** 2, dim=-1)) * th.sqrt(th.sum(b ** 2, dim=-1))
    return num / den.clamp(min=1e-20)
