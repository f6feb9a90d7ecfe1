# assignment: 03-softmax
# what: has PyTorch compute the predictions

# %% solution predict_row_sum
predict_row_sum = torch.softmax(torch.zeros(2, 4), 0)[0].sum()

# %% solution predict_scores_shape
predict_scores_shape = torch.Size([2, 8, 5, 7])

# %% solution predict_temperature_ratio
predict_temperature_ratio = torch.tensor(4.0) ** (1 / 0.5)
