# assignment: 05-gradients
# what: a while loop in gradient_descent whose counter never moves
# loses: gradient_descent

# %% solution gradient_descent
def gradient_descent(f, start, lr, steps):
    path = [start.detach().clone()]
    k = 0
    while k < steps:
        x = path[-1]
        x = x - lr * gradient_of(f, x)
    return torch.stack(path + [x])

# %% solution train_step
def train_step(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    print("stepped")
    return loss.item()
