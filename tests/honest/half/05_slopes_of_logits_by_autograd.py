# assignment: 05-gradients
# what: has autograd find the slopes of the logits, and leaves a large logit to overflow in a cell of their own
# loses: logits_gradient

# %% solution logits_gradient
def logits_gradient(logits, targets):
    return gradient_of(lambda z: F.cross_entropy(z, targets), logits)

# %% after logits_gradient_stability
torch.tensor([1e4]).exp() / torch.tensor([1e4]).exp()
