"""Small calls of `fit`, for questions about one's own code."""

model = nn.Embedding(2, 2)
nn.init.zeros_(model.weight)
sgd = torch.optim.SGD(model.parameters(), lr=2.)
x = tensor([[0, 1]])
y = tensor([[1, 0]])

fit(model, sgd, F.cross_entropy, x, y, 1)
fit(model, sgd, F.cross_entropy, x, y, 3)
fit(model, sgd, F.cross_entropy, x, y, 0)
(fit(model, sgd, F.cross_entropy, x, y, 1), model.weight.tolist())[1]
(fit(model, sgd, F.cross_entropy, x, y, 2), model.weight.tolist())[1]
fit(model, sgd, F.cross_entropy, x, x, 2)
