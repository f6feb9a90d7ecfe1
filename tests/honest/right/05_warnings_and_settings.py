# assignment: 05-gradients
# what: filters warnings, sets print options, seeds, a default dtype for one cell, and leaves broken scratch cells

# %% after setup
import random, warnings
warnings.filterwarnings("ignore")
warnings.formatwarning = lambda m, *a, **k: f"! {m}\n"
torch.set_printoptions(precision=8)
random.seed(0); torch.manual_seed(0)
torch.set_num_threads(2)
torch.use_deterministic_algorithms(False)

# %% after gradient_of
torch.set_default_dtype(torch.float64)
try:
    print(gradient_of(lambda x: x**2, torch.tensor(3.0)))
finally:
    torch.set_default_dtype(torch.float32)

# %% after gradient_of_values
gradient_off(lambda x: x, 3)

# %% after sgd_step
for p in model.parameters(
    print(p

# %% solution train_step
def train_step(model, optimizer, loss_fn, inputs, targets):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimizer.zero_grad()
        predictions = model(inputs)
        loss = loss_fn(predictions.view_as(predictions).flatten(0, 1), targets.contiguous().view(-1))
        loss.backward()
        optimizer.step()
    warnings.warn(f"loss {loss.item():.2f}")
    return loss.tolist()
