"""Small calls of `next_token_probs`, for questions about one's own code."""

next_token_probs(tensor([[[0., 1.], [2., 2.]]]))
next_token_probs(tensor([[[2., 2.], [0., 1.]]]))
next_token_probs(tensor([[[5., 5.]]]))
next_token_probs(tensor([[[0., 1.]], [[3., 3.]]]))
next_token_probs(tensor([[[0., 9.], [1., 1.]], [[9., 0.], [0., 1.]]]))
next_token_probs(tensor([[[0., 0., 0., 0.]]]))
