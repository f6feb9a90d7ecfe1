# assignment: 01-vectors
# what: writes a shape as two whole floats, and letters with blanks

# %% solution predict_integer_mean
predict_integer_mean = " D"

# %% solution predict_difference_shape
predict_difference_shape = (4.0, 4.0)

# %% solution predict_view
predict_view = "c "
