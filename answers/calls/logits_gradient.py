"""Small calls of `logits_gradient`, for questions about one's own code."""

logits_gradient(tensor([[0., 0.]]), tensor([0]))
logits_gradient(tensor([[0., 0.]]), tensor([1]))
logits_gradient(tensor([[9., 0.], [0., 0.]]), tensor([0, 1]))
logits_gradient(tensor([[0., 0., 0., 0.]]), tensor([2]))
logits_gradient(tensor([[0., 9.]]), tensor([0]))
