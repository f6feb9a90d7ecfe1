# assignment: 05-gradients
# what: calls backward, but only into their own leaf, and leaves autograd's anomaly detection on for a while

# %% solution gradient_of
def gradient_of(f, x):
    leaf = x.detach().clone()
    leaf.requires_grad = True
    y = f(leaf)
    if y.requires_grad:
        y.backward(inputs=[leaf])
    return torch.zeros_like(leaf).detach() if leaf.grad is None else leaf.grad

# %% after gradient_of_values
torch.autograd.set_detect_anomaly(True)
print(gradient_of(lambda x: x.norm(), torch.tensor([3.0, 4.0])))
torch.autograd.set_detect_anomaly(False)
with torch.autograd.detect_anomaly(check_nan=False):
    gradient_of(lambda x: x.sum(), torch.ones(2))

# %% solution gradient_descent
def gradient_descent(f, start, lr, steps):
    path = torch.empty(steps + 1, *start.shape, dtype=start.dtype)
    path[0] = start.detach()
    for k in range(steps):
        path[k + 1] = path[k] - lr * gradient_of(f, path[k])
    return path
