# assignment: 02-matmul
# what: puts predictions in quotes, as the letters of others are

# %% solution predict_projected_shape
predict_projected_shape = "(6, 16)"

# %% solution predict_parameters
predict_parameters = ' 288 '

# %% solution predict_reshaped_row
predict_reshaped_row = ['0', '1']
