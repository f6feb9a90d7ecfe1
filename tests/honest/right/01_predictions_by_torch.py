# assignment: 01-vectors
# what: asks PyTorch for a shape, and writes letters small

# %% solution predict_integer_mean
predict_integer_mean = "d"

# %% solution predict_difference_shape
predict_difference_shape = torch.tensor((torch.ones(4) - torch.ones(4, 1)).shape)

# %% solution predict_view
predict_view = " c "
