# assignment: 01-vectors
# what: sets seeds, print options and the default dtype in scratch cells, and puts the dtype back

# %% after setup
import random
import numpy as np
SEED = 42
random.seed(SEED); np.random.seed(SEED); torch.manual_seed(SEED)
torch.set_printoptions(precision=2, sci_mode=False, linewidth=120)
torch.use_deterministic_algorithms(False)

# %% after cosine_similarity_zero
torch.set_default_dtype(torch.float64)
x = torch.rand(4)
print(x.dtype, cosine_similarity(x, x))
torch.set_default_dtype(torch.float32)

# %% solution split_heads
def split_heads(x, n_heads):
    B, T, D = x.size()
    d = D // n_heads
    if d * n_heads != D:
        raise ValueError("D % n_heads != 0")
    index = torch.arange(D).reshape(n_heads, d)
    return x[:, :, index].transpose(2, 1)

# %% after split_heads
torch.set_printoptions(profile="default")
torch.set_num_threads(1)
