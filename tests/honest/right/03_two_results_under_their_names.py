# assignment: 03-softmax
# what: keeps two results under the names of the functions, of which one calls the other

# %% after softmax_gradients
softmax = softmax(torch.tensor([2.0, 1.0]), 0)

# %% after softmax_with_temperature_errors
softmax_with_temperature = softmax_with_temperature(torch.tensor([2.0, 1.0]), 0.5)
