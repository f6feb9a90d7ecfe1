# assignment: 06-training-loop
# what: predicts by NumPy, and a number in quotes

# %% solution predict_fresh_perplexity
import numpy as np

predict_fresh_perplexity = np.exp(np.log(45))

# %% solution predict_windows
predict_windows = '12'

# %% solution predict_same_ending
predict_same_ending = "a "
