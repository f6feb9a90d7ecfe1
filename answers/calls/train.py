"""Small calls of `train`, for questions about one's own code."""

data = torch.tensor([0, 1, 0, 1, 0, 1])
g = torch.Generator().manual_seed(0)
model = nn.Embedding(2, 2)
nn.init.zeros_(model.weight)

len(train(model, data, 3, 2, 2, 0.1, g))
train(model, data, 0, 2, 2, 0.1, g)
train(model, data, 1, 1, 1, 0.1, g)
train(model, data, 3, 4, 2, 1., g)
train(model, data, 3, 4, 2, 0., g)
(train(model, data, 1, 4, 4, 0.1, g), model.weight.tolist())[1]
(model.eval(), train(model, data, 1, 1, 1, 0.1, g), model.training)[2]
