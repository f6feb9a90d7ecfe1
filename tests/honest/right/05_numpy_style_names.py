# assignment: 05-gradients
# what: shadows list, type, input, mock and discover, and keeps a wrong first try under another name

# %% solution gradient_of
def gradient_of_old(f, x):
    # changes x.requires_grad, bad
    x.requires_grad_()
    f(x).backward()
    return x.grad


def gradient_of(f, x):
    type = x.dtype
    input = x.detach().clone().requires_grad_()
    mock = f(input)
    list = [torch.zeros(input.shape, dtype=type)]
    if mock.requires_grad:
        list += [g for g in torch.autograd.grad(mock, input, allow_unused=True) if g is not None]
    return list[-1]

# %% solution numerical_gradient
def numerical_gradient_autograd(f, x, eps=1e-6):
    return torch.autograd.grad(f(x), x)[0]   # not allowed, only to compare


def numerical_gradient(f, x, eps=1e-6):
    discover = lambda input: f(input.reshape(x.shape)).detach()
    type, input = [], x.detach().reshape(-1)
    for i in range(len(input)):
        mask = torch.arange(len(input)) == i
        list = torch.where(mask, input + eps, input), torch.where(mask, input - eps, input)
        type.append((discover(list[0]) - discover(list[1])) / 2 / eps)
    return torch.stack(type).reshape(x.shape)

# %% after numerical_gradient_values
v = torch.randn(3, dtype=torch.float64, requires_grad=True)
print(numerical_gradient_autograd(lambda t: (t**2).sum(), v) - numerical_gradient(lambda t: (t**2).sum(), v))
