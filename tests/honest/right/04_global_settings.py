# assignment: 04-cross-entropy
# what: changes how tensors print and how warnings look, seeds, and sets the default dtype for a while

# %% after setup
import warnings
torch.set_printoptions(precision=3, sci_mode=False, linewidth=120)
torch.manual_seed(1337)
warnings.formatwarning = lambda message, category, *rest, **more: f"{category.__name__}: {message}\n"
_repr = torch.Tensor.__repr__
torch.Tensor.__repr__ = lambda self, **kw: f"{tuple(self.shape)}:{_repr(self, **kw)}"
torch.randn(2, 2)

# %% after cross_entropy_between_values
before = torch.get_default_dtype()
torch.set_default_dtype(torch.float64)
print(cross_entropy_between(torch.tensor([0.1, 0.9]), torch.tensor([0.2, 0.8])))
torch.set_default_dtype(before)

# %% solution cross_entropy
def cross_entropy(logits, targets):
    if logits.numel() > 10**7:
        warnings.warn("this may take a while")
    wide = logits.double()                     # sum in float64, give back what came in
    loss = (wide.logsumexp(-1) - wide.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()
    return loss.to(logits.dtype)
