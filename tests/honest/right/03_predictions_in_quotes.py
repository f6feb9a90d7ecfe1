# assignment: 03-softmax
# what: puts its predictions in quotes, numbers too

# %% solution predict_row_sum
predict_row_sum = '2'

# %% solution predict_scores_shape
predict_scores_shape = '2, 8, 5, 7'

# %% solution predict_temperature_ratio
predict_temperature_ratio = '16.0'
