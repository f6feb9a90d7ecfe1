"""Small calls of `generate`, for questions about one's own code."""

# after 0 comes 1, after 1 comes 2, after 2 comes 0
model = nn.Embedding.from_pretrained(tensor([[0., 90., 0.], [0., 0., 90.], [90., 0., 0.]]))
g = torch.Generator().manual_seed(0)

generate(model, tensor([0]), 3, 1., g)
generate(model, tensor([2, 1]), 2, 1., g)
generate(model, tensor([1]), 0, 1., g)
generate(model, tensor([0, 0]), 1, 1., g)
generate(model, tensor([1, 2]), 4, 0.5, g)
generate(model, tensor([1, 2, 0]), 5, 2., g).shape
