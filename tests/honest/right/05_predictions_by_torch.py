# assignment: 05-gradients
# what: writes the formula by PyTorch, and reads a parameter that asks for gradients

# %% solution predict_start_loss
predict_start_loss = torch.log(torch.tensor(20.))

# %% solution predict_gradient_sign
predict_gradient_sign = "b "

# %% solution predict_no_clearing
predict_no_clearing = nn.Parameter(torch.tensor(0.2))
