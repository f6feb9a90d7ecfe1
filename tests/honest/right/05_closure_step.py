# assignment: 05-gradients
# what: knows optimizers with a closure and lets step() call it

# %% solution train_step
def train_step(model, optimizer, loss_fn, inputs, targets):
    def closure():
        optimizer.zero_grad()
        out = model(inputs)
        loss = loss_fn(out.reshape(-1, out.shape[-1]), targets.reshape(-1))
        loss.backward()
        return loss

    return optimizer.step(closure).item()

# %% after train_step_clearing
net = nn.Sequential(nn.Embedding(5, 8), nn.Linear(8, 5))
lbfgs = torch.optim.LBFGS(net.parameters(), max_iter=3)
print([round(train_step(net, lbfgs, F.cross_entropy, torch.tensor([[0, 1, 2]]), torch.tensor([[1, 2, 3]])), 3) for _ in range(3)])
