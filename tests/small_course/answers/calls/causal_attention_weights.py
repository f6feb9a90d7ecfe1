"""Small calls of `causal_attention_weights`, for questions about one's own code."""

causal_attention_weights(tensor([[0., 0.], [0., 0.]]))
causal_attention_weights(tensor([[1., 2.], [1., 2.]]))
causal_attention_weights(tensor([[5., 0.], [0., 5.]]))
causal_attention_weights(tensor([[0., 9.], [0., 0.]]))
causal_attention_weights(tensor([[0., 0., 0.], [0., 0., 0.], [0., 0., 0.]]))
causal_attention_weights(tensor([[7.]]))
