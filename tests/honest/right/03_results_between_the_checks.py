# assignment: 03-softmax
# what: keeps results under the functions' names, one of them between the checks of that function

# %% after softmax_gradients
softmax = softmax(torch.tensor([2.0, 1.0]), 0)

# %% after next_token_probs_values
next_token_probs = next_token_probs(torch.randn(2, 3, 4))
