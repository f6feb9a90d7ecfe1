# assignment: 04-cross-entropy
# what: predicts by NumPy and by fractions

# %% solution predict_gap
import numpy as np

predict_gap = np.log(np.exp(np.float32(3)))

# %% solution predict_softmax_first
predict_softmax_first = np.str_(" B")

# %% solution predict_perplexity
from fractions import Fraction

predict_perplexity = 1 / Fraction(1, 4)
