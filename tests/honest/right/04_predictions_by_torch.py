# assignment: 04-cross-entropy
# what: predicts in tensors without a dimension, one of them in float32 with its rounding

# %% solution predict_gap
predict_gap = torch.tensor(3)

# %% solution predict_softmax_first
predict_softmax_first = "b"

# %% solution predict_perplexity
predict_perplexity = torch.tensor([1 / 2, 1 / 8]).log().mean().neg().exp()
