"""Small calls of `last_token`, for questions about one's own code."""

last_token(tensor([[[1, 2], [3, 4]]]))
last_token(tensor([[[1, 2, 3], [4, 5, 6]]]))
last_token(tensor([[[1, 2]], [[3, 4]]]))
last_token(tensor([[[1], [2]], [[3], [4]]]))
last_token(tensor([[[1], [2], [3]]]))
last_token(tensor([[[7]]]))
