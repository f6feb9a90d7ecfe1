"""Small calls of `evaluate`, for questions about one's own code."""

# the next token has 9 more than the other
model = nn.Embedding.from_pretrained(tensor([[0., 9.], [9., 0.]]))
even = nn.Embedding.from_pretrained(torch.zeros(2, 2))

evaluate(model, tensor([0, 1, 0, 1, 0]), 2)
evaluate(model, tensor([0, 0, 0, 0, 0]), 2)
evaluate(model, tensor([0, 1, 1]), 2)
evaluate(model, tensor([0, 1, 0, 0]), 2)
evaluate(even, tensor([0, 1, 0, 1]), 2)
evaluate(even, tensor([0, 1, 1]), 10)
(evaluate(model.train(), tensor([0, 1, 0]), 1), model.training)[1]
