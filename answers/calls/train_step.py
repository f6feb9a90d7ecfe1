"""Small calls of `train_step`, for questions about one's own code."""

model = nn.Embedding(2, 2)
nn.init.zeros_(model.weight)
sgd = torch.optim.SGD(model.parameters(), lr=2.)
x = tensor([[0, 1]])
y = tensor([[1, 0]])

train_step(model, sgd, F.cross_entropy, x, y)
[train_step(model, sgd, F.cross_entropy, x, y) for _ in range(3)]
(train_step(model, sgd, F.cross_entropy, x, y), model.weight.tolist())[1]
(train_step(model, sgd, F.cross_entropy, x, y), model.weight.grad.tolist())[1]
(train_step(model, sgd, F.cross_entropy, x, x), model.weight.tolist())[1]
[train_step(model, sgd, F.cross_entropy, x, x) for _ in range(2)]
