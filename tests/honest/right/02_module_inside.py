# assignment: 02-matmul
# what: an nn.Module of its own computes linear, and collapse goes through nn.Sequential of them

# %% solution linear
class Affine(nn.Module):
    def __init__(self, W, b):
        super().__init__()
        self.W, self.b = W, b

    def forward(self, x):
        y = (x.unsqueeze(-2) * self.W).sum(-1)
        return y if self.b is None else y + self.b

def linear(x, W, b=None):
    return Affine(W, b)(x)

# %% solution collapse
def collapse(W1, b1, W2, b2):
    both = nn.Sequential(Affine(W1, None), Affine(W2, None))
    W = both(torch.eye(W1.shape[1], dtype=W1.dtype)).T
    b = Affine(W2, b2)(b1)
    return W, b

# %% after linear_leading
net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
print(net, sum(p.numel() for p in net.parameters()))
