# assignment: 05-gradients
# what: writes gradient_of and sgd_step a second time further down, in another way, and both times rightly

# %% last
# cleaner versions, now that I understand it
def gradient_of(f, x):
    with torch.enable_grad():
        v = torch.autograd.Variable(x.detach().clone(), requires_grad=True)
        y = f(v)
        grads = torch.autograd.grad([y], [v], materialize_grads=True) if y.requires_grad else [torch.zeros_like(x).detach()]
    return grads[0].detach()

def sgd_step(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            p.grad is not None and p.sub_(lr * p.grad)

# %% last
m = nn.Linear(3, 1)
m(torch.ones(3)).backward()
sgd_step(m.parameters(), 0.1)
gradient_of(lambda x: (x * m.weight).sum(), torch.ones(1, 3))
