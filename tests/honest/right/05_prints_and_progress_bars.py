# assignment: 05-gradients
# what: prints in every answer, and a tqdm bar in each loop

# %% after setup
from tqdm.auto import tqdm, trange

# %% solution numerical_gradient
def numerical_gradient(f, x, eps=1e-6):
    x = x.detach().clone()
    print("measuring", x.numel(), "slopes")
    g = torch.zeros(x.numel(), dtype=x.dtype)
    for i in tqdm(range(x.numel()), leave=False):
        e = torch.zeros(x.numel(), dtype=x.dtype)
        e[i] = eps
        e = e.view(x.shape)
        g[i] = (f(x + e) - f(x - e)).item() / (2 * eps)
    return g.view(x.shape)

# %% solution gradient_descent
def gradient_descent(f, start, lr, steps):
    points = [start.detach().clone()]
    for step in trange(steps, desc="descent"):
        points.append(points[-1] - lr * gradient_of(f, points[-1]))
        if step % 10 == 0:
            tqdm.write(f"{step}: {points[-1]}")
    return torch.stack(points)

# %% solution train_step
def train_step(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    B, T, V = logits.shape
    loss = loss_fn(logits.reshape(B * T, V), targets.reshape(B * T))
    print("loss", loss)
    loss.backward()
    optimizer.step()
    return float(loss)
