# assignment: 05-gradients
# what: differentiates by autograd in numerical_gradient, and steps by torch.optim.SGD in sgd_step
# loses: numerical_gradient sgd_step

# %% solution numerical_gradient
def numerical_gradient(f, x, eps=1e-6):
    return gradient_of(f, x)

# %% solution sgd_step
def sgd_step(parameters, lr):
    torch.optim.SGD(list(parameters), lr=lr).step()

# %% after train_step_update
print(torch.autograd.grad(sum(p.sum() for p in model.parameters()), list(model.parameters()))[0].shape)
