# assignment: 02-matmul
# what: xp = torch if there's a GPU, else np, in scratch, and device strings in the answers

# %% after setup
import numpy as np
gpu = torch.cuda.is_available()
device = torch.device("cuda" if gpu else "cpu")
xp = torch if gpu else np
print(xp.__name__, xp.ones((2, 2)).sum())
!nvidia-smi
for m in (torch, F):
    print(m.__name__, hasattr(m, "linear"), hasattr(m, "matmul"))

# %% solution matmul
def matmul(A, B):
    B = B.to(A.device)
    if A.shape[1] != B.shape[0]:
        raise ValueError("wrong sizes")
    out = torch.zeros(A.shape[0], B.shape[1]).to(A.device).to(A.dtype)
    for i in range(A.shape[0]):
        out[i] = (A[i].reshape(-1, 1) * B).sum(dim=0)
    return out

# %% solution attention_scores
def attention_scores(q, k):
    D = torch.tensor(q.shape[-1]).to(q.device, q.dtype)
    return (q @ k.to(q.device).transpose(-1, -2)).div(D.sqrt())
