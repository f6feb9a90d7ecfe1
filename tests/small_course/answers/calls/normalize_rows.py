"""Small calls of `normalize_rows`, for questions about one's own code."""

normalize_rows(tensor([[3., 4.], [6., 8.]]))
normalize_rows(tensor([[3., 4.], [0., 2.]]))
normalize_rows(tensor([[1., 0.], [0., 1.]]))
normalize_rows(tensor([[0.6, 0.8]]))
normalize_rows(tensor([[3., 4.], [0., 0.]]))
normalize_rows(tensor([[-3., 4.], [1., 0.], [0., 5.]]))
