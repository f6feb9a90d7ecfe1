# assignment: 05-gradients
# what: watches memory with tracemalloc, psutil and sys.getsizeof, and prints the platform

# %% first
import gc, os, platform, sys, tracemalloc
print(platform.platform(), sys.version, os.getcwd())
tracemalloc.start()

# %% solution gradient_of
def gradient_of(f, x):
    leaf = torch.empty_like(x, memory_format=torch.contiguous_format).copy_(x.detach()).requires_grad_()
    y = f(leaf)
    grad = torch.autograd.grad(y, leaf, allow_unused=True)[0] if y.requires_grad else None
    del y
    if tracemalloc.is_tracing():
        print("peak", tracemalloc.get_traced_memory()[1])
    return grad if grad is not None else torch.zeros(x.shape, dtype=x.dtype, device=x.device)

# %% after gradient_of_values
try:
    import psutil
    print(psutil.Process().memory_info().rss >> 20, "MiB", sys.getsizeof(torch.ones(3)), gc.get_count())
finally:
    tracemalloc.stop()

# %% solution train_step
def train_step(model, optimizer, loss_fn, inputs, targets):
    try:
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        return loss.item()
    finally:
        gc.collect(0)
