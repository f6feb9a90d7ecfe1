# assignment: 05-gradients
# what: writes the slopes of the logits in place under no_grad, calls autograd beside them, and asks for them in a scratch cell

# %% before logits_gradient
z = torch.randn(3, 4, requires_grad=True)
t = torch.tensor([1, 1, 0])
F.cross_entropy(z, t).backward()
z.grad

# %% solution logits_gradient
@torch.no_grad()
def logits_gradient(logits, targets):
    d = F.softmax(logits, 1)
    d[range(len(d)), targets] -= 1
    d /= len(d)
    return d

# %% after logits_gradient
print((logits_gradient(z, t) - z.grad).abs().max(), gradient_of(lambda l: F.cross_entropy(l, t), z) - z.grad)
logits_gradient(z, t).sum(1)
