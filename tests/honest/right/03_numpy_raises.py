# assignment: 03-softmax
# what: writes softmax in NumPy with its own backward pass, and looks for overflows by np.seterr at the end

# %% solution softmax
import numpy as np

class NumpySoftmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        rows = x.detach().numpy()
        e = np.exp(rows - rows.max(axis=dim, keepdims=True))
        p = torch.from_numpy(e / e.sum(axis=dim, keepdims=True))
        ctx.save_for_backward(p)
        ctx.dim = dim
        return p

    @staticmethod
    def backward(ctx, grad):
        (p,) = ctx.saved_tensors
        return p * (grad - (grad * p).sum(ctx.dim, keepdim=True)), None

def softmax(x, dim):
    return NumpySoftmax.apply(x, dim)

# %% last
np.seterr(all="raise")
try:
    np.exp(np.array([1000.0, 0.0]))
except FloatingPointError as error:
    print(error)
