# assignment: 02-matmul
# what: finds the collapsed layer by sending unit vectors and the first bias through linear

# %% solution linear
def linear(x, W, b=None):
    weights_first = (W @ x.unsqueeze(-1)).squeeze(-1)
    match b:
        case None:
            return weights_first
        case _:
            return weights_first + b

# %% solution collapse
def collapse(W1, b1, W2, b2):
    unit_vectors = torch.eye(W1.size(1), dtype=W1.dtype, device=W1.device)
    images = linear(linear(unit_vectors, W1), W2)     # row i is where e_i ends up
    return images.t(), linear(b1, W2, b2)
