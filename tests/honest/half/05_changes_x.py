# assignment: 05-gradients
# what: sets requires_grad on x itself and leaves it with a gradient; gradient_descent calls that and is right itself
# loses: gradient_of

# %% solution gradient_of
def gradient_of(f, x):
    x.requires_grad_(True)
    y = f(x)
    y.backward()
    return x.grad

# %% solution gradient_descent
def gradient_descent(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        path.append(path[-1] - lr * gradient_of(f, path[-1].clone()))
    return torch.stack(path)
