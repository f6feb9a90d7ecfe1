# assignment: 05-gradients
# what: catches the gradient with a tensor hook, and plays with module hooks in scratch cells

# %% solution gradient_of
def gradient_of(f, x):
    caught = []
    leaf = x.detach().clone().requires_grad_()
    handle = leaf.register_hook(caught.append)
    y = f(leaf)
    if y.requires_grad:
        torch.autograd.backward(y, inputs=[leaf])
    handle.remove()
    return caught[0].detach().clone() if caught else torch.zeros_like(x).detach()

# %% after train_step
acts = {}
net = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 5))
hooks = [m.register_forward_hook(lambda mod, i, o, n=n: acts.__setitem__(n, o.shape)) for n, m in net.named_modules()]
net[1].register_full_backward_hook(lambda mod, gi, go: print("back", go[0].shape))
train_step(net, torch.optim.SGD(net.parameters(), lr=0.1), F.cross_entropy, torch.tensor([[1, 2]]), torch.tensor([[2, 3]]))
[h.remove() for h in hooks]
print(acts)
