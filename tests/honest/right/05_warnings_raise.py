# assignment: 05-gradients
# what: turns a loss into a float without detach, and turns warnings into errors at the end

# %% solution train_step
def train_step(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    loss = loss_fn(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    return float(loss)

# %% last
import warnings
warnings.simplefilter("error")
