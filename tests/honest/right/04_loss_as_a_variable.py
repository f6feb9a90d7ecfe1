# assignment: 04-cross-entropy
# what: keeps a loss in a variable that is called like the function

# %% before perplexity
cross_entropy = cross_entropy(torch.zeros(3, 5), torch.tensor([0, 1, 2]))
print(cross_entropy)
