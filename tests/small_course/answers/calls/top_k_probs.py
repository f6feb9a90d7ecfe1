"""Small calls of `top_k_probs`, for questions about one's own code."""

top_k_probs(tensor([1., 2., 0.]), 1)
top_k_probs(tensor([1., 2., 0.]), 2)
top_k_probs(tensor([1., 2., 0.]), 3)
top_k_probs(tensor([[2., 2., 0.]]), 2)
top_k_probs(tensor([[3., 1.], [0., 2.]]), 1)
top_k_probs(tensor([[0., 1.], [0., 0.]]), 2)
