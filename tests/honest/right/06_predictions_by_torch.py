# assignment: 06-training-loop
# what: predicts in tensors, whole floats among them

# %% solution predict_fresh_perplexity
predict_fresh_perplexity = torch.tensor(45.0).log().exp()

# %% solution predict_windows
predict_windows = torch.tensor(12.0)

# %% solution predict_same_ending
predict_same_ending = "a"
