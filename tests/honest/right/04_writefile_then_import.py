# assignment: 04-cross-entropy
# what: writes a module with %%writefile, runs it with %run, imports from it, and looks around with !ls

# %% before cross_entropy_between
%%writefile surprise.py
import torch

def surprise(q, where):
    """-log q, and 0 wherever it doesn't matter"""
    return -torch.log(torch.where(where, q, torch.ones_like(q)))

if __name__ == "__main__":
    print("self test:", surprise(torch.tensor([0.5, 0.0]), torch.tensor([True, False])))

# %% after cross_entropy_between_zeros
%run surprise.py
!ls -la | head -5
%pwd

# %% solution cross_entropy_between
from surprise import surprise

def cross_entropy_between(p, q):
    return torch.einsum("...v,...v->...", p, surprise(q, p > 0))
