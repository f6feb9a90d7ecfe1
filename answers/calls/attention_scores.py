"""Small calls of `attention_scores`, for questions about one's own code."""

attention_scores(tensor([[1., 0., 0., 0.]]), tensor([[4., 9., 9., 9.]]))
attention_scores(tensor([[2.]]), tensor([[1.], [3.]]))
attention_scores(tensor([[1.], [2.]]), tensor([[3.], [4.]]))
attention_scores(tensor([[1., 1., 1., 1.], [0., 0., 0., 2.]]), tensor([[2., 0., 0., 4.]]))
attention_scores(tensor([[[1., 1., 1., 1.]]]), tensor([[[1., 1., 1., 1.], [2., 0., 0., 0.]]]))
attention_scores(tensor([[2., 0., 0., 0.], [0., 2., 0., 0.]]), tensor([[1., 0., 0., 0.], [3., 5., 0., 0.]]))
