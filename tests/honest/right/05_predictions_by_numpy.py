# assignment: 05-gradients
# what: writes the formula by NumPy, and a number in quotes

# %% solution predict_start_loss
import numpy as np

predict_start_loss = np.array(np.log(20), dtype=np.float32)

# %% solution predict_gradient_sign
predict_gradient_sign = " b"

# %% solution predict_no_clearing
predict_no_clearing = '0.2'
