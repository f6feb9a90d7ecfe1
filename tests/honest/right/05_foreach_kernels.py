# assignment: 05-gradients
# what: reads the optimizer's source and uses torch._foreach_add_ on lists, with no_grad as a decorator

# %% before sgd_step
import inspect
print(inspect.getsource(torch.optim.SGD.step)[:200])
print(inspect.signature(torch.optim.AdamW))

# %% solution sgd_step
@torch.no_grad()
def sgd_step(parameters, lr):
    todo = [p for p in parameters if p.grad is not None]
    if todo:
        torch._foreach_add_(todo, [p.grad for p in todo], alpha=-lr)

# %% solution train_step
def train_step(model, optimizer, loss_fn, inputs, targets):
    logits = model(inputs).flatten(end_dim=-2)
    loss = loss_fn(logits, targets.flatten())
    optimizer.zero_grad(set_to_none=True)      # after the forward pass is fine too
    loss.backward()
    optimizer.step()
    return loss.detach().cpu().item()
