# assignment: 02-matmul
# what: replaces torch.Tensor.__repr__ so that tensors show their shapes, and never puts it back

# %% after setup
_old_repr = torch.Tensor.__repr__

def short_repr(self, *, tensor_contents=None):
    return f"<{tuple(self.shape)} {str(self.dtype)[6:]}>" if self.numel() > 20 else _old_repr(self)

torch.Tensor.__repr__ = short_repr
torch.randn(5, 6)

# %% solution linear
def linear(x, W, b=None):
    y = x @ W.t()
    if b is None: return y
    return torch.add(y, b)

# %% after linear
torch.Tensor.shape_list = lambda self: list(self.shape)
print(linear(torch.randn(30, 2), torch.randn(3, 2)), torch.ones(2, 3).shape_list())
