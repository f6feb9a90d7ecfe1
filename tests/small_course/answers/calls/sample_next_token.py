"""Small calls of `sample_next_token`, for questions about one's own code."""

sample_next_token(tensor([[[0., 90.]]]), 1., torch.Generator().manual_seed(0))
sample_next_token(tensor([[[90., 0.], [0., 90.]]]), 1., torch.Generator().manual_seed(0))
sample_next_token(tensor([[[0., 90.]], [[90., 0.]]]), 1., torch.Generator().manual_seed(0))
sample_next_token(tensor([[[0., 0., 90.], [0., 90., 0.]], [[90., 0., 0.], [0., 0., 90.]]]), 0.5, torch.Generator().manual_seed(0))
sample_next_token(torch.zeros(3, 2, 5), 1., torch.Generator().manual_seed(0)).shape
