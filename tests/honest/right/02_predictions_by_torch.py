# assignment: 02-matmul
# what: predicts in tensors of one dimension and of none

# %% solution predict_projected_shape
predict_projected_shape = torch.tensor([6, 16])

# %% solution predict_parameters
predict_parameters = torch.tensor(8 * 32 + 32)

# %% solution predict_reshaped_row
predict_reshaped_row = torch.arange(8).reshape(4, 2)[0]
