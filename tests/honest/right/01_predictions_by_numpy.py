# assignment: 01-vectors
# what: predicts by NumPy, with what its arrays hold

# %% solution predict_integer_mean
import numpy as np

predict_integer_mean = np.array(["A", "B", "C", "D"])[-1]

# %% solution predict_difference_shape
predict_difference_shape = np.full(2, 4.0)

# %% solution predict_view
predict_view = "C\n"
