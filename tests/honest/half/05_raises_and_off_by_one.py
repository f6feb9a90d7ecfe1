# assignment: 05-gradients
# what: forgets the start in the path, and train_step asks for an attribute that is not there
# loses: gradient_descent train_step

# %% solution gradient_descent
def gradient_descent(f, start, lr, steps):
    path, x = [], start.detach().clone()
    for _ in range(steps):
        x = x - lr * gradient_of(f, x)
        path.append(x)
    return torch.stack(path)

# %% solution train_step
def train_step(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_gradients()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()
