"""Small calls of `cosine_similarity`, for questions about one's own code."""

cosine_similarity(tensor([3., 4.]), tensor([3., 4.]))
cosine_similarity(tensor([1., 0.]), tensor([0., 2.]))
cosine_similarity(tensor([1., 0.]), tensor([-2., 0.]))
cosine_similarity(tensor([3., 4.]), tensor([[6., 8.], [0., 1.]]))
cosine_similarity(tensor([[1., 0.], [0., 2.]]), tensor([[1., 0.], [0., 3.]]))
cosine_similarity(tensor([[1., 0.], [0.6, 0.8]]), tensor([1., 0.]))
cosine_similarity(tensor([[0., 1.]]), tensor([[3., 4.], [4., 3.]]))
