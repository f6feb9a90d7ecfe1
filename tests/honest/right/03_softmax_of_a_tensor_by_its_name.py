# assignment: 03-softmax
# what: keeps a result under the name of the function that gave it, below that one's checks

# %% after softmax_values
softmax = softmax(torch.tensor([1.0, 2.0]), 0)
softmax
