# assignment: 02-matmul
# what: predicts by NumPy, which has integers of its own

# %% solution predict_projected_shape
import numpy as np

predict_projected_shape = np.array((6, 16))

# %% solution predict_parameters
predict_parameters = np.prod((8, 32)) + 32

# %% solution predict_reshaped_row
predict_reshaped_row = (0.0, 1.0)
