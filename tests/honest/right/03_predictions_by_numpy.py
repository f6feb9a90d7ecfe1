# assignment: 03-softmax
# what: predicts by NumPy, in float32 and in a list of its integers

# %% solution predict_row_sum
import numpy as np

predict_row_sum = np.float32(2)

# %% solution predict_scores_shape
predict_scores_shape = [np.int64(n) for n in (2, 8, 5, 7)]

# %% solution predict_temperature_ratio
predict_temperature_ratio = np.square(4)
