# assignment: 03-softmax
# what: softmax is mended in the last cell; softmax_with_temperature is right where it stands, and tried out in another way between its checks

# %% solution softmax
def softmax(x, dim):
    return x.exp() / x.exp().sum()

# %% after softmax_with_temperature_values
def softmax_with_temperature(logits, temperature):
    # just to see what multiplying does
    return softmax(logits * temperature, -1)

# %% last
def softmax(x, dim):
    shares = (x - x.amax(dim, keepdim=True)).exp()
    return shares / shares.sum(dim, keepdim=True)
