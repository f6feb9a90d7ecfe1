# assignment: 04-cross-entropy
# what: reads the remark on the gradient first, and writes a torch.autograd.Function with a backward pass by hand

# %% solution cross_entropy
class _CE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, targets):
        lse = torch.logsumexp(logits, dim=-1, keepdim=True)
        ctx.save_for_backward(logits, lse, targets)
        return (lse - logits.gather(-1, targets.unsqueeze(-1))).mean()

    @staticmethod
    def backward(ctx, grad_out):
        logits, lse, targets = ctx.saved_tensors
        grad = (logits - lse).exp()
        grad = grad.scatter_add(-1, targets.unsqueeze(-1), -torch.ones_like(lse))
        return grad_out * grad / targets.numel(), None


def cross_entropy(logits, targets):
    return _CE.apply(logits, targets)

# %% after cross_entropy
from torch.autograd import gradcheck

x = torch.randn(2, 3, 5, dtype=torch.float64, requires_grad=True)
print(gradcheck(cross_entropy, (x, torch.randint(5, (2, 3)))))
