# assignment: 05-gradients
# what: empties train_step below fit, to see what its checks then say

# %% after fit
def train_step(*args):
    pass
