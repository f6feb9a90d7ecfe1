# assignment: 05-gradients
# what: turns anomaly detection on at the top, to find out where nan comes from

# %% after setup
torch.autograd.set_detect_anomaly(True)
