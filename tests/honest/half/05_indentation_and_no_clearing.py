# assignment: 05-gradients
# what: sgd_step does not parse, train_step never clears
# loses: sgd_step train_step

# %% solution sgd_step
def sgd_step(parameters, lr):
    for p in parameters:
    with torch.no_grad():
        p -= lr * p.grad

# %% solution train_step
def train_step(model, optimizer, loss_fn, inputs, targets):
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return loss.item()

# %% after train_step
import pandas as pd
